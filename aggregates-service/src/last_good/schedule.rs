//! When this instance has to look at the store at all.

use std::cell::RefCell;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::time::{Duration, Instant, SystemTime};

use service_chassis::Pause;

/// How old a value may be before the same is written again, so that its age says when it was last true.
pub const REWRITTEN_AFTER: Duration = Duration::from_secs(5);

/// How much later than that an instance looks at the store at most. The instances do so at different times,
/// so that one of them writes and the others find it written.
const SPREAD_MILLIS: u64 = 1000;

/// For how long nothing is asked of a store that has failed.
const PAUSE: Duration = Duration::from_secs(1);

/// What this instance knows of the store's value for a service.
struct Known {
    service: &'static str,
    body: Vec<u8>,
    /// When to look again, `None` while that is being done.
    due: Option<Instant>,
}

thread_local! {
    static KNOWN: RefCell<Vec<Known>> = const { RefCell::new(Vec::new()) };
    static PAUSED: Pause = const { Pause::none() };
}

/// Whether the store should be told of this answer. If so, either [`kept`] or [`failed`] has to follow.
pub fn is_due(service: &'static str, body: &[u8]) -> bool {
    if store_has_failed() {
        return false;
    }
    KNOWN.with_borrow_mut(|known| match known.iter_mut().find(|known| known.service == service) {
        Some(Known { due: None, .. }) => false,
        Some(Known { due: Some(due), body: present, .. }) if present == body && Instant::now() < *due => {
            false
        }
        Some(Known { due, .. }) => {
            *due = None;
            true
        }
        None => {
            known.push(Known { service, body: Vec::new(), due: None });
            true
        }
    })
}

/// The store has this answer of `service`, read at `kept_at`.
pub fn kept(service: &'static str, body: Vec<u8>, kept_at: SystemTime) {
    let age = kept_at.elapsed().unwrap_or_default();
    let spread = RandomState::new().build_hasher().finish() % SPREAD_MILLIS;
    let due = Instant::now() + REWRITTEN_AFTER.saturating_sub(age) + Duration::from_millis(spread);
    KNOWN.with_borrow_mut(|known| {
        known.retain(|known| known.service != service);
        known.push(Known { service, body, due: Some(due) });
    });
}

/// The store has not done what it was asked for.
pub fn failed() {
    PAUSED.with(|paused| paused.begin(PAUSE));
    KNOWN.with_borrow_mut(Vec::clear);
}

/// Whether the store has failed a moment ago.
pub fn store_has_failed() -> bool {
    PAUSED.with(Pause::is_on)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_answer_is_not_kept_twice_and_another_is() {
        assert!(is_due("a", b"1"));
        assert!(!is_due("a", b"1"), "being written");
        assert!(is_due("b", b"1"), "another service");
        kept("a", b"1".to_vec(), SystemTime::now());
        assert!(!is_due("a", b"1"));
        assert!(is_due("a", b"2"));
    }

    #[test]
    fn an_answer_that_is_getting_old_is_kept_again() {
        assert!(is_due("a", b"1"));
        kept("a", b"1".to_vec(), SystemTime::now());
        KNOWN.with_borrow_mut(|known| known[0].due = Some(Instant::now()));
        assert!(is_due("a", b"1"));
    }

    #[test]
    fn a_store_that_failed_is_left_alone_for_a_while() {
        assert!(is_due("a", b"1"));
        failed();
        assert!(store_has_failed() && !is_due("a", b"1"));
        PAUSED.with(|paused| paused.begin(Duration::ZERO));
        assert!(!store_has_failed() && is_due("a", b"1"));
    }
}
