//! The last complete dashboard that this instance has made, for as long as `cache_max_age_s` says.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use http::header::CACHE_CONTROL;
use service_chassis::{Request, TimeVariable};

use crate::payload::Payload;

/// For how long anybody may answer with a complete dashboard; zero for not at all.
pub static CACHE_MAX_AGE: TimeVariable = TimeVariable::seconds("cache_max_age_s", 0..=86_400, 0);

thread_local! {
    static LAST: RefCell<Option<(Instant, Rc<Payload>)>> = const { RefCell::new(None) };
}

/// The kept dashboard with its age, unless it is too old or the request wants a new one.
pub fn recall(request: &Request) -> Option<(Rc<Payload>, Duration)> {
    let (made, payload) = LAST.with_borrow(Option::clone)?;
    let age = made.elapsed();
    let is_wanted = || !wants_new(&request.header(&CACHE_CONTROL).unwrap_or_default());
    (age < CACHE_MAX_AGE.get() && is_wanted()).then_some((payload, age))
}

/// Keeps a new dashboard if it is complete and there is a time for which it may be kept.
pub fn keep(payload: Payload) -> Rc<Payload> {
    let payload = Rc::new(payload);
    if payload.is_complete() && !CACHE_MAX_AGE.get().is_zero() {
        LAST.set(Some((Instant::now(), payload.clone())));
    }
    payload
}

/// Whether a `Cache-Control` (RFC 9111, section 5.2.1) says that no answer from before will do.
fn wants_new(cache_control: &str) -> bool {
    let mut directives = cache_control.split(',').map(str::trim);
    directives.any(|directive| {
        directive.eq_ignore_ascii_case("no-cache") || directive.eq_ignore_ascii_case("max-age=0")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_may_want_a_new_dashboard() {
        for wanting in ["no-cache", "max-age=0", "No-Cache", "no-store, MAX-AGE=0", "x=\"a\",no-cache"] {
            assert!(wants_new(wanting), "{wanting}");
        }
        for content in ["", "max-age=10", "max-age=00x", "max-stale", "no-cached", "no-store"] {
            assert!(!wants_new(content), "{content}");
        }
    }
}
