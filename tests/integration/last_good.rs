//! The last good answer: what stands in for a call that failed, and that the store is never in the way.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use harness::{App, Options, Reply, State};
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::faults::{self, CUSTOMERS, FAULTS, INCIDENTS};

mod embedded;
mod redis;

/// Where the services' last good answers are.
const KEYS: [&str; 2] =
    ["aggregate-pattern/last-good/customers-service", "aggregate-pattern/last-good/incidents-service"];

const TIMEOUT: &str = "500";

/// The app with last good answers of up to ten minutes.
fn options() -> Options {
    Options::default().migrated().variable("stale_if_error_s", "600").variable("backend_timeout_ms", TIMEOUT)
}

/// Waits until `holds` does, which may take a moment, since nobody waits for the store.
fn eventually(what: &str, holds: impl Fn() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < Duration::from_secs(20), "{what} did not come true");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Holds if `reply` shows the sections of `healthy`, and says of `service` that its are from a while ago.
fn assert_stale(reply: &Reply, service: &str, reason: &str, healthy: &Value) {
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(reply.header("x-aggregate-complete"), Some("false"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!(reply.header("etag"), None);
    let mut json = reply.json();
    let stale = json.as_object_mut().unwrap().remove("stale").unwrap_or_else(|| panic!("{}", reply.text()));
    assert_eq!(&json, healthy);
    let age = stale[0]["ageSeconds"].as_u64().expect("an age");
    assert_eq!(stale, json!([{ "service": service, "reason": reason, "ageSeconds": age }]));
    assert_eq!(reply.header("age"), Some(age.to_string().as_str()));
    let status = format!("aggregates-service; fwd=stale; ttl=-{age}; key=\"{service}\"; detail={reason}");
    assert_eq!(reply.header("cache-status"), Some(status.as_str()));
}
