//! Stale-if-error: the last good response of each backend, in Spin's key-value store `default`.
//!
//! The store may be slow, full or down, and Spin's stores have no timeouts. So a complete dashboard never waits for
//! the store, and one with a failed call waits [`READ_TIMEOUT`] at most.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, anyhow, ensure};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use service_chassis::{CircuitBreaker, DurationVariable, Log, Request, timeout};
use spin_sdk::key_value::Store;

/// The largest age of a stale entry that may replace a failed call. Zero switches stale-if-error off.
pub static STALE_IF_ERROR: DurationVariable = DurationVariable::seconds("stale_if_error_s", 0..=86_400, 0);

/// How long a dashboard waits for the store.
const READ_TIMEOUT: Duration = Duration::from_millis(50);

/// How long the background task that writes an entry waits for the store.
const WRITE_TIMEOUT: Duration = Duration::from_secs(2);

/// The time between two writes of an instance for one backend. Entries younger than this are not overwritten.
const WRITE_INTERVAL: Duration = Duration::from_secs(5);

/// How far the clock of the machine that wrote an entry may be ahead of this one.
const MAX_CLOCK_SKEW: Duration = Duration::from_secs(5);

/// The version of the entries. Entries of other versions are ignored.
const VERSION: u32 = 1;

thread_local! {
    static CIRCUIT: CircuitBreaker = const { CircuitBreaker::closed() };

    /// When this instance last tried to write the entry of each backend.
    static LAST_WRITES: RefCell<HashMap<&'static str, Instant>> = RefCell::default();
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry<T> {
    version: u32,
    /// When the response was read, in milliseconds since 1970.
    read_at: u64,
    response: T,
}

/// Begins with the name of the app, because other apps may use the same Redis.
fn key(service: &str) -> String {
    format!("aggregate-pattern/stale/{service}")
}

/// The stale entry of `service` with its age, if it is not too old. An error of the store counts as a miss.
pub async fn read<T: DeserializeOwned>(service: &str, log: &Log) -> Option<(T, Duration)> {
    let max_age = STALE_IF_ERROR.get();
    if max_age.is_zero() || CIRCUIT.with(CircuitBreaker::is_open) {
        return None;
    }
    let value = within(READ_TIMEOUT, async { get(&open().await?, service).await }).await;
    let value = value.inspect_err(|error| fail(log, error, "read", service)).ok()??;
    let entry: Entry<T> = parse(&value)
        .inspect_err(|error| log.error(&format!("invalid stale entry of {service}: {error:#}")))
        .ok()?;
    let age = age(entry.read_at, SystemTime::now())?;
    (age <= max_age).then_some((entry.response, age))
}

/// Writes the response of `service` in the background, unless this instance did so within [`WRITE_INTERVAL`].
pub fn write(service: &'static str, response: Vec<u8>, request: &Request) {
    if STALE_IF_ERROR.get().is_zero() {
        return;
    }
    let (read_at, log) = (SystemTime::now(), request.log.clone());
    request.after_response(async move {
        // Another call of this dashboard may have opened the circuit in the meantime.
        if CIRCUIT.with(CircuitBreaker::is_open) || !is_due(service) {
            return;
        }
        if let Err(error) = within(WRITE_TIMEOUT, put(service, &response, read_at)).await {
            fail(&log, &error, "written", service);
        }
    });
}

fn is_due(service: &'static str) -> bool {
    LAST_WRITES.with_borrow_mut(|writes| {
        let is_due = writes.get(service).is_none_or(|written| written.elapsed() >= WRITE_INTERVAL);
        if is_due {
            writes.insert(service, Instant::now());
        }
        is_due
    })
}

fn fail(log: &Log, error: &anyhow::Error, action: &str, service: &str) {
    CIRCUIT.with(|circuit| circuit.open(()));
    log.error(&format!("stale entry of {service} cannot be {action}: {error:#}"));
}

async fn within<T>(limit: Duration, work: impl Future<Output = Result<T>>) -> Result<T> {
    timeout(limit, work).await.unwrap_or_else(|| Err(anyhow!("no response of the store within {limit:?}")))
}

async fn open() -> Result<Store> {
    Store::open_default().await.context("cannot open the store")
}

async fn get(store: &Store, service: &str) -> Result<Option<Vec<u8>>> {
    store.get(key(service)).await.context("cannot read from the store")
}

async fn put(service: &str, response: &[u8], read_at: SystemTime) -> Result<()> {
    let store = open().await?;
    let current = get(&store, service).await?;
    if current.is_some_and(|current| is_recent(&current, read_at)) {
        return Ok(()); // Another instance wrote it.
    }
    store.set(key(service), value(response, read_at)).await.context("cannot write to the store")
}

fn value(response: &[u8], read_at: SystemTime) -> Vec<u8> {
    let read_at = since_1970(read_at).as_millis();
    let start = format!(r#"{{"version":{VERSION},"readAt":{read_at},"response":"#);
    [start.as_bytes(), response, b"}"].concat()
}

fn is_recent(value: &[u8], now: SystemTime) -> bool {
    let age = parse::<IgnoredAny>(value).ok().and_then(|entry| age(entry.read_at, now));
    age.is_some_and(|age| age < WRITE_INTERVAL)
}

fn parse<T: DeserializeOwned>(value: &[u8]) -> Result<Entry<T>> {
    let entry: Entry<T> = serde_json::from_slice(value)?;
    ensure!(entry.version == VERSION, "version {}", entry.version);
    Ok(entry)
}

/// The age of a response that was read at `read_at`, `None` if that is too far in the future.
fn age(read_at: u64, now: SystemTime) -> Option<Duration> {
    let (read_at, now) = (Duration::from_millis(read_at), since_1970(now));
    (read_at <= now + MAX_CLOCK_SKEW).then(|| now.saturating_sub(read_at))
}

fn since_1970(time: SystemTime) -> Duration {
    time.duration_since(UNIX_EPOCH).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1000 + seconds)
    }

    #[test]
    fn an_entry_holds_a_version_the_time_of_reading_and_the_response() {
        let value = value(br#"{"count":1}"#, at(0));
        let expected = br#"{"version":1,"readAt":1000000,"response":{"count":1}}"#;
        assert_eq!(value, expected);
        let entry: Entry<serde_json::Value> = parse(&value).expect("a valid entry");
        assert_eq!((entry.read_at, entry.response["count"].as_u64()), (1_000_000, Some(1)));
    }

    #[test]
    fn keys_start_with_the_name_of_the_app() {
        assert_eq!(key("a-service"), "aggregate-pattern/stale/a-service");
    }

    #[test]
    fn garbage_and_other_versions_are_invalid() {
        for invalid in [
            &b""[..],
            b"garbage",
            b"\xff",
            b"{}",
            br#"{"version":2,"readAt":1000000,"response":{}}"#,
            br#"{"version":0,"readAt":1000000,"response":{}}"#,
            br#"{"version":1,"readAt":-1,"response":{}}"#,
            br#"{"version":1,"readAt":"now","response":{}}"#,
            br#"{"version":1,"readAt":1000000}"#,
            br#"{"version":1,"readAt":1000000,"response":{}"#,
        ] {
            assert!(parse::<IgnoredAny>(invalid).is_err(), "{}", String::from_utf8_lossy(invalid));
        }
    }

    #[test]
    fn an_entry_may_be_five_seconds_in_the_future() {
        assert_eq!(age(1_000_000, at(42)), Some(Duration::from_secs(42)));
        assert_eq!(age(1_005_000, at(0)), Some(Duration::ZERO));
        assert_eq!(age(1_005_001, at(0)), None);
        assert_eq!(age(u64::MAX, at(0)), None);
    }

    #[test]
    fn an_entry_younger_than_five_seconds_is_not_overwritten() {
        let entry = value(b"[1]", at(10));
        assert!(is_recent(&entry, at(10)) && is_recent(&entry, at(14)));
        assert!(!is_recent(&entry, at(15)));
        assert!(is_recent(&entry, at(5)), "the clock of the writer may be ahead");
        assert!(!is_recent(&entry, at(4)), "too far ahead");
        assert!(!is_recent(b"garbage", at(10)));
    }

    #[test]
    fn an_instance_tries_to_write_once_in_five_seconds_per_backend() {
        assert!(is_due("a") && !is_due("a") && is_due("b"));
        let before = Instant::now().checked_sub(WRITE_INTERVAL).expect("the clock is past five seconds");
        LAST_WRITES.with_borrow_mut(|writes| writes.insert("a", before));
        assert!(is_due("a") && !is_due("a"));
    }
}
