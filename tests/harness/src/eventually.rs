use std::thread;
use std::time::{Duration, Instant};

/// Polls until `holds` is true, for effects of background tasks.
///
/// # Panics
/// If it is not true within 20 s.
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < Duration::from_secs(20), "not within 20 s: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}
