//! The headers of a dashboard: completeness, timings, and those for caches and conditional requests.

use std::time::Duration;

use http::StatusCode;
use http::header::{AGE, CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, IF_NONE_MATCH, VARY};
use service_chassis::{Body, Request, Response};
use sha2::{Digest, Sha256};

use crate::backends::client::{CallReport, Outcome};
use crate::dashboard::Dashboard;
use crate::response_cache::CACHE_MAX_AGE;

const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");
const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");
const X_AGGREGATE_COMPLETE: HeaderName = HeaderName::from_static("x-aggregate-complete");

/// Adds the headers of a dashboard. `age` is `Some` if it comes from the response cache.
///
/// A complete dashboard becomes a 304 without body if the client already has it.
pub fn apply(
    mut response: Response,
    dashboard: &Dashboard,
    age: Option<Duration>,
    request: &Request,
) -> Response {
    let etag = match response.body() {
        Body::Whole(body) if dashboard.is_complete() => Some(etag(body)),
        _ => None,
    };
    let if_none_match = request.header(&IF_NONE_MATCH).unwrap_or_default();
    if etag.as_ref().is_some_and(|etag| is_match(&if_none_match, etag)) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        *response.body_mut() = Body::Whole(Vec::new());
        response.headers_mut().remove(CONTENT_TYPE);
    }
    for (name, value) in headers(&dashboard.calls, etag, age) {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// The headers of a dashboard. It is complete if it has an `etag`.
fn headers(calls: &[CallReport], etag: Option<String>, age: Option<Duration>) -> Vec<(HeaderName, String)> {
    let mut headers = vec![
        (X_AGGREGATE_COMPLETE, etag.is_some().to_string()),
        (SERVER_TIMING, server_timing(calls, age.is_some())),
        (VARY, "accept".to_owned()),
    ];
    let Some(etag) = etag else {
        headers.push((CACHE_CONTROL, "no-store".to_owned()));
        if let Some(age) = calls.iter().filter_map(|call| call.outcome.stale_age()).max() {
            headers.extend([(AGE, age.as_secs().to_string()), (CACHE_STATUS, stale_status(calls))]);
        }
        return headers;
    };
    let max_age = CACHE_MAX_AGE.get().as_secs();
    let cache_control = match max_age {
        0 => "no-cache".to_owned(),
        _ => format!("public, max-age={max_age}"),
    };
    headers.extend([(ETAG, etag), (CACHE_CONTROL, cache_control)]);
    if let Some(age) = age.map(|age| age.as_secs()) {
        let status = format!("aggregates-service; hit; ttl={}", max_age.saturating_sub(age));
        headers.extend([(AGE, age.to_string()), (CACHE_STATUS, status)]);
    }
    headers
}

/// The stale entries for `cache-status` (RFC 9211). A negative time to live means that an entry is stale.
fn stale_status(calls: &[CallReport]) -> String {
    let entries = calls.iter().filter_map(|call| match call.outcome {
        Outcome::Stale { reason, age } => {
            let (service, reason, age) = (call.service, reason.name(), age.as_secs());
            Some(format!("aggregates-service; fwd=stale; ttl=-{age}; key=\"{service}\"; detail={reason}"))
        }
        Outcome::Fresh | Outcome::Unavailable { .. } => None,
    });
    entries.collect::<Vec<_>>().join(", ")
}

/// The duration of each call in milliseconds, and why it failed (W3C Server Timing).
fn server_timing(calls: &[CallReport], is_cached: bool) -> String {
    if is_cached {
        return "response-cache;dur=0.0".to_owned();
    }
    let calls = calls.iter().map(|call| {
        let (service, milliseconds) = (call.service, call.duration.as_secs_f64() * 1000.0);
        let description = call.outcome.reason().map(|reason| format!(";desc=\"{}\"", reason.name()));
        format!("{service};dur={milliseconds:.1}{}", description.unwrap_or_default())
    });
    calls.collect::<Vec<_>>().join(", ")
}

/// A strong validator: 128 bits of the body's SHA-256.
fn etag(body: &[u8]) -> String {
    let digest = Sha256::digest(body);
    let digits: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("\"{digits}\"")
}

/// Whether `if-none-match` (RFC 9110, section 13.1.2) has `etag`. The comparison is weak.
fn is_match(if_none_match: &str, etag: &str) -> bool {
    let mut tags = if_none_match.split(',').map(str::trim);
    if_none_match.trim() == "*" || tags.any(|tag| tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backends::client::Reason;

    const STALE: Outcome = Outcome::Stale { reason: Reason::Timeout, age: Duration::from_secs(42) };

    fn call(service: &'static str, outcome: Outcome) -> CallReport {
        CallReport { service, duration: Duration::from_micros(3249), outcome }
    }

    fn value(headers: &[(HeaderName, String)], name: HeaderName) -> Option<&str> {
        headers.iter().find(|header| header.0 == name).map(|header| header.1.as_str())
    }

    #[test]
    fn a_complete_dashboard_has_a_validator_and_an_age_if_it_is_cached() {
        let calls = [call("a-service", Outcome::Fresh)];
        let fresh = headers(&calls, Some("\"x\"".to_owned()), None);
        assert_eq!(value(&fresh, X_AGGREGATE_COMPLETE), Some("true"));
        assert_eq!(value(&fresh, ETAG), Some("\"x\""));
        assert_eq!(value(&fresh, CACHE_CONTROL), Some("no-cache"));
        assert_eq!(value(&fresh, VARY), Some("accept"));
        assert_eq!((value(&fresh, AGE), value(&fresh, CACHE_STATUS)), (None, None));
        let cached = headers(&calls, Some("\"x\"".to_owned()), Some(Duration::from_secs(7)));
        assert_eq!(value(&cached, AGE), Some("7"));
        assert_eq!(value(&cached, CACHE_STATUS), Some("aggregates-service; hit; ttl=0"));
        assert_eq!(value(&cached, SERVER_TIMING), Some("response-cache;dur=0.0"));
    }

    #[test]
    fn an_incomplete_dashboard_must_not_be_stored() {
        let unavailable = call("a-service", Outcome::Unavailable { reason: Reason::Timeout });
        let partial = headers(&[unavailable], None, None);
        assert_eq!(value(&partial, X_AGGREGATE_COMPLETE), Some("false"));
        assert_eq!(value(&partial, CACHE_CONTROL), Some("no-store"));
        for absent in [ETAG, AGE, CACHE_STATUS] {
            assert_eq!(value(&partial, absent), None);
        }
    }

    #[test]
    fn a_stale_dashboard_has_the_age_of_its_oldest_section() {
        let newer = Outcome::Stale { reason: Reason::ErrorStatus, age: Duration::from_secs(7) };
        let calls = [call("a-service", newer), call("b-service", STALE), call("c-service", Outcome::Fresh)];
        let stale = headers(&calls, None, None);
        assert_eq!(value(&stale, AGE), Some("42"));
        let status = concat!(
            r#"aggregates-service; fwd=stale; ttl=-7; key="a-service"; detail=error_status, "#,
            r#"aggregates-service; fwd=stale; ttl=-42; key="b-service"; detail=timeout"#
        );
        assert_eq!(value(&stale, CACHE_STATUS), Some(status));
        assert_eq!(value(&stale, CACHE_CONTROL), Some("no-store"));
        assert_eq!(value(&stale, ETAG), None);
    }

    #[test]
    fn server_timing_has_the_duration_and_the_reason_of_each_call() {
        let calls = [call("a-service", Outcome::Fresh), call("b-service", STALE)];
        let expected = r#"a-service;dur=3.2, b-service;dur=3.2;desc="timeout""#;
        assert_eq!(server_timing(&calls, false), expected);
    }

    #[test]
    fn if_none_match_is_a_list_of_tags_that_is_compared_weakly() {
        for matching in ["\"abc\"", "W/\"abc\"", "\"x\", \"abc\"", "\"x\" ,\tW/\"abc\",", "*", " * "] {
            assert!(is_match(matching, "\"abc\""), "{matching}");
        }
        for other in
            ["", "*, *", "\"x\"", "\"ABC\"", "\"abcd\"", "abc", "\"abc", "w/\"abc\"", "\"x\", \"abcd\""]
        {
            assert!(!is_match(other, "\"abc\""), "{other}");
        }
    }

    #[test]
    fn the_validator_depends_on_the_body() {
        assert_eq!(etag(b""), "\"e3b0c44298fc1c149afbf4c8996fb924\"");
        assert_ne!(etag(b"{\"customerCount\":1}"), etag(b"{\"customerCount\":2}"));
    }
}
