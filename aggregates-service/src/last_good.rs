//! The last good answer of each backend, in Spin's key-value store, for a time when the backend fails.
//!
//! The store may be slow, full, or not there at all, and it is never in the way: a dashboard without a
//! failure does not wait for it, one with a failure does so for [`PATIENCE`] at most. Spin's own stores have
//! no timeout.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, anyhow, ensure};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use service_chassis::{Log, Request, TimeVariable, within};
use spin_sdk::key_value::Store;

mod schedule;

/// How old an answer may be that stands in for a failed call; zero for none.
pub static STALE_IF_ERROR: TimeVariable = TimeVariable::seconds("stale_if_error_s", 0..=86_400, 0);

/// How long a dashboard waits for the store.
const PATIENCE: Duration = Duration::from_millis(50);

/// How long the store may take once the response has been sent.
const BACKGROUND_PATIENCE: Duration = Duration::from_secs(2);

/// How far the clock of another machine may be ahead.
const CLOCK_DIFFERENCE: Duration = Duration::from_secs(5);

/// The form of a value. Any other is as good as none.
const VERSION: u32 = 1;

/// A value in the store.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kept<T> {
    version: u32,
    /// When the answer was read, in milliseconds since 1970.
    read_at: u64,
    answer: T,
}

/// An answer from a while ago.
pub struct LastGood<T> {
    pub answer: T,
    pub age: Duration,
}

/// Spin's store for Redis has no prefix of its own.
fn key(service: &str) -> String {
    format!("aggregate-pattern/last-good/{service}")
}

/// The last good answer of `service`, if there is one that is not too old and can be had at once.
pub async fn read<T: DeserializeOwned>(service: &str, log: &Log) -> Option<LastGood<T>> {
    if STALE_IF_ERROR.get().is_zero() || schedule::store_has_failed() {
        return None;
    }
    match limited(PATIENCE, get(service)).await {
        Ok(value) => {
            let kept = value.map(|value| parse(&value)).transpose();
            let kept = kept.unwrap_or_else(|cause| {
                log.failure(&cause.context(format!("the last good answer of {service} is of no use")));
                None
            });
            let age = age(kept.as_ref()?.read_at, SystemTime::now())?;
            (age <= STALE_IF_ERROR.get()).then_some(LastGood { answer: kept?.answer, age })
        }
        Err(cause) => {
            schedule::failed();
            log.failure(&cause.context(format!("the last good answer of {service} cannot be read")));
            None
        }
    }
}

/// Keeps the answer of `service` once the response has been sent, unless the store has it already.
pub fn keep(service: &'static str, body: Vec<u8>, request: &Request) {
    if STALE_IF_ERROR.get().is_zero() || !schedule::is_due(service, &body) {
        return;
    }
    let (read_at, log) = (SystemTime::now(), request.log.clone());
    request.after_response(async move {
        match limited(BACKGROUND_PATIENCE, put(service, &body, read_at)).await {
            Ok(kept_at) => schedule::kept(service, body, kept_at),
            Err(cause) => {
                schedule::failed();
                log.failure(&cause.context(format!("the last good answer of {service} cannot be kept")));
            }
        }
    });
}

async fn limited<T>(patience: Duration, work: impl Future<Output = Result<T>>) -> Result<T> {
    within(patience, work)
        .await
        .unwrap_or_else(|| Err(anyhow!("the store has not answered within {patience:?}")))
}

async fn get(service: &str) -> Result<Option<Vec<u8>>> {
    let store = Store::open_default().await.context("cannot open the store")?;
    store.get(key(service)).await.context("cannot read from the store")
}

/// Writes the value, unless another instance has just done so. Says when what is there now was read.
async fn put(service: &str, body: &[u8], read_at: SystemTime) -> Result<SystemTime> {
    let store = Store::open_default().await.context("cannot open the store")?;
    let present = store.get(key(service)).await.context("cannot read from the store")?;
    if let Some(kept_at) = present.and_then(|present| still_good(&present, body, read_at)) {
        return Ok(kept_at);
    }
    let value = value(body, read_at);
    store.set(key(service), value).await.context("cannot write to the store")?;
    Ok(read_at)
}

fn value(body: &[u8], read_at: SystemTime) -> Vec<u8> {
    let read_at = since_1970(read_at).as_millis();
    [format!(r#"{{"version":{VERSION},"readAt":{read_at},"answer":"#).as_bytes(), body, b"}"].concat()
}

/// When the answer that is there was read, if it does not have to be written anew: because another instance
/// has read a later one, or the same a moment ago.
fn still_good(present: &[u8], body: &[u8], read_at: SystemTime) -> Option<SystemTime> {
    let present_read_at = parse::<IgnoredAny>(present).ok()?.read_at;
    let age = age(present_read_at, read_at)?;
    let is_later = Duration::from_millis(present_read_at) > since_1970(read_at);
    let is_the_same = present.strip_suffix(b"}").is_some_and(|present| present.ends_with(body));
    (is_later || is_the_same && age < schedule::REWRITTEN_AFTER).then(|| read_at - age)
}

fn parse<T: DeserializeOwned>(value: &[u8]) -> Result<Kept<T>> {
    let kept: Kept<T> = serde_json::from_slice(value)?;
    ensure!(kept.version == VERSION, "version {}", kept.version);
    Ok(kept)
}

/// How long ago that was, `None` if it is in the future by more than clocks differ.
fn age(read_at: u64, now: SystemTime) -> Option<Duration> {
    let (read_at, now) = (Duration::from_millis(read_at), since_1970(now));
    (read_at <= now + CLOCK_DIFFERENCE).then(|| now.saturating_sub(read_at))
}

fn since_1970(time: SystemTime) -> Duration {
    time.duration_since(UNIX_EPOCH).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: SystemTime = UNIX_EPOCH;

    fn at(seconds: u64) -> SystemTime {
        NOW + Duration::from_secs(1000 + seconds)
    }

    #[test]
    fn a_value_carries_its_version_the_time_and_the_answer() {
        let value = value(br#"{"count":1}"#, at(0));
        assert_eq!(
            String::from_utf8(value.clone()).expect("UTF-8"),
            r#"{"version":1,"readAt":1000000,"answer":{"count":1}}"#
        );
        let kept = parse::<serde_json::Value>(&value).expect("what was written");
        assert_eq!((kept.read_at, kept.answer["count"].as_u64()), (1_000_000, Some(1)));
    }

    #[test]
    fn a_key_says_whose_it_is() {
        assert_eq!(key("a-service"), "aggregate-pattern/last-good/a-service");
    }

    #[test]
    fn rubbish_and_other_versions_are_of_no_use() {
        for rubbish in [
            "",
            "rubbish",
            "{}",
            r#"{"version":2,"readAt":1000000,"answer":{}}"#,
            r#"{"version":0,"readAt":1000000,"answer":{}}"#,
            r#"{"version":1,"readAt":-1,"answer":{}}"#,
            r#"{"version":1,"readAt":"now","answer":{}}"#,
            r#"{"version":1,"readAt":1000000}"#,
            r#"{"version":1,"readAt":1000000,"answer":{}"#,
        ] {
            assert!(parse::<IgnoredAny>(rubbish.as_bytes()).is_err(), "{rubbish}");
        }
        assert!(parse::<IgnoredAny>(b"\xff").is_err());
    }

    #[test]
    fn a_clock_may_be_five_seconds_ahead_and_no_more() {
        assert_eq!(age(1_000_000, at(42)), Some(Duration::from_secs(42)));
        assert_eq!(age(1_005_000, at(0)), Some(Duration::ZERO));
        assert_eq!(age(1_005_001, at(0)), None);
        assert_eq!(age(u64::MAX, at(0)), None);
    }

    #[test]
    fn what_another_instance_has_just_written_is_not_written_again() {
        let present = value(b"[1]", at(0));
        assert_eq!(still_good(&present, b"[1]", at(4)), Some(at(0)));
        assert_eq!(still_good(&present, b"[1]", at(5)), None, "it is getting old");
        assert_eq!(still_good(&present, b"[2]", at(1)), None, "another answer");
        assert_eq!(still_good(&value(b"[2]", at(3)), b"[1]", at(1)), Some(at(1)), "a later answer");
        assert_eq!(still_good(&value(b"[1]", at(9)), b"[1]", at(1)), None, "from the future");
        assert_eq!(still_good(&value(b"[2]", at(1)), b"[1]", at(1)), None, "another answer of that moment");
        assert_eq!(still_good(b"rubbish", b"[1]", at(1)), None);
    }
}
