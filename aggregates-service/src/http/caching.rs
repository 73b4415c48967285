//! Validators and conditional requests, by RFC 9110.

use std::time::Duration;

use http::header::{AGE, CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use service_chassis::Body;
use sha2::{Digest, Sha256};

use crate::memory::CACHE_MAX_AGE;
use crate::payload::Payload;

const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");

/// Adds what caches have to know. A complete answer gets a strong validator, and shrinks to a 304 where
/// the client has it already, by its `If-None-Match`; anything else must not be kept.
///
/// A complete payload with an `age` is one that this instance has kept.
pub fn apply(
    mut response: Response<Body>,
    payload: &Payload,
    age: Option<Duration>,
    if_none_match: Option<String>,
) -> Response<Body> {
    let Body::Whole(body) = response.body() else {
        return response; // Nothing that is sent in pages has a validator.
    };
    if !payload.is_complete() {
        say_what_is_stale(response.headers_mut(), payload);
        return response;
    }
    let etag = etag(body);
    let unchanged = if_none_match.is_some_and(|list| none_match_fails(&list, &etag));
    let headers = response.headers_mut();
    let max_age = CACHE_MAX_AGE.get().as_secs();
    insert(
        headers,
        CACHE_CONTROL,
        &match max_age {
            0 => "no-cache".to_owned(),
            _ => format!("public, max-age={max_age}"),
        },
    );
    insert(headers, ETAG, &etag);
    if let Some(age) = age.map(|age| age.as_secs()) {
        headers.insert(AGE, age.into());
        insert(
            headers,
            CACHE_STATUS,
            &format!("aggregates-service; hit; ttl={}", max_age.saturating_sub(age)),
        );
    }
    if unchanged {
        headers.remove(CONTENT_TYPE);
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        *response.body_mut() = Body::Whole(Vec::new());
    }
    response
}

/// By RFC 9211, each answer that stands in for a failed call was selected from a cache though it was stale,
/// which is what its negative time to live says.
fn say_what_is_stale(headers: &mut HeaderMap, payload: &Payload) {
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(age) = payload.age() {
        headers.insert(AGE, age.as_secs().into());
    }
    let stale = payload.0.iter().filter_map(|part| {
        let (service, reason, age) = (part.service(), part.failure()?.name(), part.age()?.as_secs());
        Some(format!("aggregates-service; fwd=stale; ttl=-{age}; key=\"{service}\"; detail={reason}"))
    });
    let stale: Vec<_> = stale.collect();
    if !stale.is_empty() {
        insert(headers, CACHE_STATUS, &stale.join(", "));
    }
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// A strong entity tag: 128 bits of the body's SHA-256 in hexadecimal digits, in quotes.
fn etag(body: &[u8]) -> String {
    let digest = Sha256::digest(body);
    let digits: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("\"{digits}\"")
}

/// Whether `If-None-Match` (RFC 9110, section 13.1.2) names `etag`, so that a GET is answered with 304.
///
/// A field that is not of its grammar is ignored as a whole. The crate `headers` (0.4) would pass over the
/// part that it cannot read and take the rest, and asserts on a space in a tag.
fn none_match_fails(list: &str, etag: &str) -> bool {
    if list.trim_matches(OPTIONAL_WHITESPACE) == "*" {
        return true;
    }
    // The comparison is weak: whether a tag says W/ does not matter.
    opaque_tags(list).is_some_and(|tags| tags.contains(&etag))
}

const OPTIONAL_WHITESPACE: [char; 2] = [' ', '\t'];

/// The quoted parts of a list of entity tags, `None` if it is none. A tag may hold a comma, but no quote
/// and no space.
fn opaque_tags(list: &str) -> Option<Vec<&str>> {
    let mut tags = Vec::new();
    let mut rest = list;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        if rest.is_empty() {
            return Some(tags);
        }
        rest = rest.strip_prefix("W/").unwrap_or(rest);
        let end = rest.strip_prefix('"')?.find('"')? + 2;
        let (tag, after) = rest.split_at(end);
        if tag.bytes().any(|byte| byte <= b' ' || byte == 0x7f) {
            return None;
        }
        tags.push(tag);
        rest = after.trim_start_matches(OPTIONAL_WHITESPACE);
        if !rest.is_empty() && !rest.starts_with(',') {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backends::Customers;
    use crate::last_good::LastGood;
    use crate::outcome::{Failed, Outcome};
    use crate::upstream::Reason;

    fn fails(fields: &[&str]) -> bool {
        none_match_fails(&fields.join(","), "\"abc\"")
    }

    fn answer(last_good: Option<LastGood<Customers>>, fresh: Option<Customers>) -> Payload {
        let reason = Reason::Timeout;
        let answer = fresh.ok_or(Failed { reason, last_good });
        Payload(vec![Box::new(Outcome { answer, took: Duration::ZERO })])
    }

    fn customers() -> Customers {
        serde_json::from_str(r#"{"count":1,"top":[]}"#).expect("well-formed")
    }

    fn applied(payload: &Payload, age: Option<u64>) -> Response<Body> {
        apply(Response::new(Body::Whole(b"{}".to_vec())), payload, age.map(Duration::from_secs), None)
    }

    #[test]
    fn a_complete_answer_has_a_tag_and_from_memory_an_age() {
        let new = applied(&answer(None, Some(customers())), None);
        assert_eq!(new.headers()[CACHE_CONTROL], "no-cache");
        assert_eq!(new.headers()[ETAG], etag(b"{}"));
        assert!(!new.headers().contains_key(AGE) && !new.headers().contains_key(CACHE_STATUS));
        let kept = applied(&answer(None, Some(customers())), Some(7));
        assert_eq!(kept.headers()[AGE], "7");
        assert_eq!(kept.headers()[CACHE_STATUS], "aggregates-service; hit; ttl=0");
    }

    #[test]
    fn what_is_missing_or_stale_is_not_to_be_kept() {
        let missing = applied(&answer(None, None), None);
        assert_eq!(missing.headers()[CACHE_CONTROL], "no-store");
        assert!(!missing.headers().contains_key(ETAG) && !missing.headers().contains_key(CACHE_STATUS));
        let last_good = LastGood { answer: customers(), age: Duration::from_secs(42) };
        let stale = applied(&answer(Some(last_good), None), None);
        assert_eq!(stale.headers()[CACHE_CONTROL], "no-store");
        assert_eq!(stale.headers()[AGE], "42");
        let status = r#"aggregates-service; fwd=stale; ttl=-42; key="customers-service"; detail=timeout"#;
        assert_eq!(stale.headers()[CACHE_STATUS], status);
        assert!(!stale.headers().contains_key(ETAG));
    }

    #[test]
    fn who_has_it_already_gets_nothing_but_that() {
        let body = Body::Whole(b"{}".to_vec());
        let response =
            apply(Response::new(body), &answer(None, Some(customers())), None, Some("*".to_owned()));
        assert_eq!(response.status(), StatusCode::NOT_MODIFIED);
        assert!(matches!(response.body(), Body::Whole(body) if body.is_empty()));
    }

    #[test]
    fn a_list_matches_if_any_tag_does_weak_or_strong() {
        assert!(fails(&["\"abc\""]));
        assert!(fails(&["W/\"abc\""]));
        assert!(fails(&["\"x\", \"abc\""]));
        assert!(fails(&["\"x,y\" ,\tW/\"abc\","]));
        assert!(fails(&[" ,, \"abc\""]));
        assert!(fails(&["\"x\"", "\"abc\""]));
        assert!(fails(&["*"]));
        assert!(fails(&[" * "]));
    }

    #[test]
    fn other_tags_do_not_match() {
        assert!(!fails(&[]));
        assert!(!fails(&[""]));
        assert!(!fails(&["\"x\""]));
        assert!(!fails(&["\"ABC\""]));
        assert!(!fails(&["\"x,\"", "\"abcd\""]));
    }

    #[test]
    fn a_malformed_field_is_ignored_as_a_whole() {
        for malformed in [
            "abc",
            "\"abc",
            "abc\"",
            "\"abc\" \"x\"",
            "w/\"abc\"",
            "W/ \"abc\"",
            "*, \"abc\"",
            "\"abc\"; q=1",
            "\"a b\", \"abc\"",
            "\"abc\", x",
        ] {
            assert!(!fails(&[malformed]), "{malformed}");
        }
        assert!(!fails(&["\"abc\"", "rubbish"]));
        assert!(!fails(&["\"abc\", \"\u{e9}\" x"]));
    }

    #[test]
    fn the_tag_depends_on_every_byte_and_on_nothing_else() {
        assert_eq!(etag(b""), "\"e3b0c44298fc1c149afbf4c8996fb924\"");
        assert_ne!(etag(b"{\"customerCount\":1}"), etag(b"{\"customerCount\":2}"));
    }
}
