//! Whom this instance has waited for in vain. Spin goes on with a call that was given up, and a backend with
//! what it was asked for, so what relieves them is to be asked less.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use super::Reason;

/// How long a backend is not asked again.
const PAUSE: Duration = Duration::from_secs(1);

struct Pause {
    service: &'static str,
    until: Instant,
    reason: Reason,
}

thread_local! {
    static PAUSES: RefCell<Vec<Pause>> = const { RefCell::new(Vec::new()) };
}

/// Does not ask `service` again for a while.
pub fn begin(service: &'static str, reason: Reason) {
    PAUSES.with_borrow_mut(|pauses| {
        pauses.retain(|pause| pause.service != service);
        pauses.push(Pause { service, until: Instant::now() + PAUSE, reason });
    });
}

/// Why `service` is not asked at the moment, `None` if it may be.
pub fn reason(service: &str) -> Option<Reason> {
    PAUSES.with_borrow_mut(|pauses| {
        if !pauses.is_empty() {
            let now = Instant::now();
            pauses.retain(|pause| now < pause.until);
        }
        pauses.iter().find(|pause| pause.service == service).map(|pause| pause.reason)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_service_that_was_waited_for_is_left_alone_and_no_other() {
        assert_eq!(reason("a"), None);
        begin("a", Reason::Timeout);
        assert_eq!((reason("a"), reason("b")), (Some(Reason::Timeout), None));
        begin("a", Reason::ErrorStatus);
        assert_eq!(reason("a"), Some(Reason::ErrorStatus));
    }

    #[test]
    fn a_pause_ends() {
        begin("a", Reason::Timeout);
        PAUSES.with_borrow_mut(|pauses| pauses[0].until = Instant::now());
        assert_eq!(reason("a"), None);
    }
}
