use std::thread;
use std::time::{Duration, Instant};

/// Polls until `holds` returns true.
///
/// # Panics
/// If it does not within a minute.
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < Duration::from_secs(60), "not within 60 s: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}
