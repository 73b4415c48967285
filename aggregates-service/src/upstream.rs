//! One call to another component: bounded in time and size, and checked before anything of it is used.

use std::pin::pin;
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::{Context, anyhow};
use futures::TryStreamExt;
use futures::future::{self, Either};
use http::StatusCode;
use json_service::Log;
use serde::Serialize;
use serde::de::DeserializeOwned;
use spin_sdk::http::body::IncomingBodyExt;
use spin_sdk::time::sleep;
use spin_sdk::{http, variables};

/// What is read of a body at most, in bytes.
const BODY_LIMIT: usize = 1024 * 1024;

const DEFAULT_TIMEOUT: Duration = Duration::from_millis(1000);

/// Why a service's part of the dashboard is missing. Where several reasons meet, the first counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The whole body was not there in time.
    Timeout,
    /// The call did not come to a response.
    Unreachable,
    /// Any status but 200.
    ErrorStatus,
    /// Not the JSON that was asked for.
    InvalidResponse,
    /// A body of more than 1 MiB.
    TooLarge,
}

/// A failed call: the reason is for the client, the cause for the log.
#[derive(Debug)]
pub struct Failure {
    pub reason: Reason,
    pub cause: anyhow::Error,
}

/// Gets the JSON at `path` of the component `service`, within `timeout` from now to the body's end.
///
/// The host applies no timeout to a call between components, so the deadline has to be kept here.
///
/// # Errors
/// See [`Reason`].
pub async fn get<T: DeserializeOwned>(service: &str, path: &str, timeout: Duration) -> Result<T, Failure> {
    let answer = match future::select(pin!(body(service, path)), pin!(sleep(timeout))).await {
        Either::Left((body, _)) => body.and_then(|body| {
            serde_json::from_slice(&body).map_err(|error| (Reason::InvalidResponse, anyhow!(error)))
        }),
        Either::Right(((), _)) => Err((Reason::Timeout, anyhow!("no whole answer within {timeout:?}"))),
    };
    answer.map_err(|(reason, cause)| Failure {
        reason,
        cause: cause.context(format!("{service}{path} failed")),
    })
}

async fn body(service: &str, path: &str) -> Result<Vec<u8>, (Reason, anyhow::Error)> {
    let url = format!("http://{service}.spin.internal{path}");
    let response = http::get(url).await.map_err(|error| (Reason::Unreachable, anyhow!(error)))?;
    if response.status() != StatusCode::OK {
        return Err((Reason::ErrorStatus, anyhow!("status {}", response.status())));
    }
    let mut body = Vec::new();
    let mut chunks = response.into_body().stream();
    while let Some(chunk) = chunks
        .try_next()
        .await
        .context("the body broke off")
        .map_err(|error| (Reason::InvalidResponse, error))?
    {
        if body.len() + chunk.len() > BODY_LIMIT {
            return Err((Reason::TooLarge, anyhow!("a body of more than {BODY_LIMIT} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The variable `backend_timeout_ms`, read once by each instance.
pub async fn timeout(log: &Log) -> Duration {
    static TIMEOUT: OnceLock<Duration> = OnceLock::new();
    if let Some(timeout) = TIMEOUT.get() {
        return *timeout;
    }
    let timeout = match variables::get("backend_timeout_ms").await {
        Ok(value) => parse_timeout(&value).ok_or_else(|| {
            format!("backend_timeout_ms is {value:?}, which is not a whole number from 1 to 60000")
        }),
        Err(error) => Err(format!("backend_timeout_ms cannot be read: {error}")),
    };
    let timeout = timeout.unwrap_or_else(|problem| {
        log.warning(&format!("{problem}; the default of {DEFAULT_TIMEOUT:?} is used"));
        DEFAULT_TIMEOUT
    });
    *TIMEOUT.get_or_init(|| timeout)
}

fn parse_timeout(value: &str) -> Option<Duration> {
    let milliseconds = value.parse().ok().filter(|milliseconds| (1..=60_000).contains(milliseconds))?;
    Some(Duration::from_millis(milliseconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_is_a_whole_number_of_milliseconds_up_to_a_minute() {
        assert_eq!(parse_timeout("1"), Some(Duration::from_millis(1)));
        assert_eq!(parse_timeout("60000"), Some(Duration::from_secs(60)));
        for invalid in ["", "0", "-1", "60001", "1.5", "1e3", "1000ms", " 1000", "99999999999999999999"] {
            assert_eq!(parse_timeout(invalid), None, "{invalid:?}");
        }
    }

    #[test]
    fn the_first_reason_of_the_contract_counts_most() {
        let mut reasons = [
            Reason::TooLarge,
            Reason::InvalidResponse,
            Reason::ErrorStatus,
            Reason::Unreachable,
            Reason::Timeout,
        ];
        reasons.sort_unstable();
        let names = serde_json::to_string(&reasons).expect("reasons are plain");
        assert_eq!(names, r#"["timeout","unreachable","error_status","invalid_response","too_large"]"#);
    }
}
