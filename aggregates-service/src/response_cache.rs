//! The response cache: the last complete dashboard of this instance, for `cache_max_age_s`.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use http::header::CACHE_CONTROL;
use service_chassis::{DurationVariable, Request};

use crate::dashboard::Dashboard;

/// How long a complete dashboard may be answered from a cache. Zero switches caching off.
pub static CACHE_MAX_AGE: DurationVariable = DurationVariable::seconds("cache_max_age_s", 0..=86_400, 0);

thread_local! {
    static ENTRY: RefCell<Option<(Instant, Rc<Dashboard>)>> = const { RefCell::new(None) };
}

/// The cached dashboard with its age, unless it is too old for the variable or for the request.
pub fn get(request: &Request) -> Option<(Rc<Dashboard>, Duration)> {
    let (stored, dashboard) = ENTRY.with_borrow(Option::clone)?;
    let age = stored.elapsed();
    let is_fresh = age < CACHE_MAX_AGE.get();
    (is_fresh && accepts(&request.header(&CACHE_CONTROL)?, age)).then_some((dashboard, age))
}

/// Caches a dashboard if it is complete and caching is on.
pub fn put(dashboard: Dashboard) -> Rc<Dashboard> {
    let dashboard = Rc::new(dashboard);
    if dashboard.is_complete() && !CACHE_MAX_AGE.get().is_zero() {
        ENTRY.set(Some((Instant::now(), dashboard.clone())));
    }
    dashboard
}

/// Whether the `cache-control` of a request accepts a cached response of this age (RFC 9111, section 5.2.1).
fn accepts(cache_control: &str, age: Duration) -> bool {
    cache_control.to_ascii_lowercase().split(',').map(str::trim).all(|directive| {
        let max_age = directive.strip_prefix("max-age=").and_then(|seconds| seconds.parse().ok());
        directive != "no-cache" && max_age.is_none_or(|max_age| age < Duration::from_secs(max_age))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_may_limit_the_age_of_its_response() {
        let age = Duration::from_millis(9500);
        for accepting in
            ["", "max-age=10", "Max-Age=10, x", "max-age=x", "max-stale", "no-cached", "no-store"]
        {
            assert!(accepts(accepting, age), "{accepting}");
        }
        for rejecting in ["no-cache", "No-Cache", "max-age=0", "no-store, MAX-AGE=9", "x=\"a\",no-cache"] {
            assert!(!accepts(rejecting, age), "{rejecting}");
        }
        assert!(!accepts("max-age=0", Duration::ZERO));
    }
}
