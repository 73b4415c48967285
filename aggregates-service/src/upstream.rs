//! One call to another component: bounded in time and size, and checked before anything of it is used.

use std::pin::pin;
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::{Result, anyhow};
use futures::FutureExt;
use futures::future::{self, Either, LocalBoxFuture, Shared};
use json_service::Log;
use serde::Serialize;
use serde::de::DeserializeOwned;
use spin_sdk::time::sleep;
use spin_sdk::variables;
use spin_sdk::wasip3::http::client;
use spin_sdk::wasip3::http::types::{Fields, Request, Response, Scheme};
use spin_sdk::wasip3::wit_future;
use spin_sdk::wit_bindgen::StreamResult;

/// What is read of a body at most, in bytes.
const BODY_LIMIT: usize = 1024 * 1024;

/// What is read of it at once, in bytes.
const CHUNK: usize = 4096;

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

/// The moment from which on no answer is waited for. Clones share one timer.
#[derive(Clone)]
pub struct Deadline {
    timeout: Duration,
    over: Shared<LocalBoxFuture<'static, ()>>,
}

impl Deadline {
    /// The host applies no timeout to a call between components, so the deadline has to be kept here.
    pub fn after(timeout: Duration) -> Self {
        Self { timeout, over: sleep(timeout).boxed_local().shared() }
    }
}

/// Gets the JSON at `path` of the component `service`, from its first byte to its last before `deadline`.
///
/// # Errors
/// See [`Reason`].
pub async fn get<T: DeserializeOwned>(service: &str, path: &str, deadline: Deadline) -> Result<T, Failure> {
    let answer = match future::select(pin!(body(service, path)), deadline.over).await {
        Either::Left((body, _)) => body.and_then(|body| {
            serde_json::from_slice(&body).map_err(|error| (Reason::InvalidResponse, anyhow!(error)))
        }),
        Either::Right(((), _)) => {
            Err((Reason::Timeout, anyhow!("no whole answer within {:?}", deadline.timeout)))
        }
    };
    answer.map_err(|(reason, cause)| Failure {
        reason,
        cause: cause.context(format!("{service}{path} failed")),
    })
}

/// Speaks WASI HTTP itself: `spin_sdk::http::get` would also make an empty body and send it, and copy the
/// headers of the response, which took a tenth of the time of a dashboard.
async fn body(service: &str, path: &str) -> Result<Vec<u8>, (Reason, anyhow::Error)> {
    let unreachable = |error| (Reason::Unreachable, error);
    let request = request(service, path).map_err(unreachable)?;
    let response = client::send(request).await.map_err(|error| unreachable(error.into()))?;
    let status = response.get_status_code();
    if status != 200 {
        return Err((Reason::ErrorStatus, anyhow!("status {status}")));
    }
    let length = content_length(&response.get_headers());
    let (_, processed) = wit_future::new(|| Ok(()));
    let (mut contents, trailers) = Response::consume_body(response, processed);
    let mut body = Vec::new();
    let mut result = StreamResult::Complete(0);
    while result != StreamResult::Dropped {
        body.reserve(CHUNK);
        (result, body) = contents.read(body).await;
        if body.len() > BODY_LIMIT {
            return Err((Reason::TooLarge, anyhow!("a body of more than {BODY_LIMIT} bytes")));
        }
        if Some(body.len()) == length {
            return Ok(body); // To hear of the end would take the host two more turns.
        }
    }
    let broken = |cause: anyhow::Error| (Reason::InvalidResponse, cause.context("the body broke off"));
    trailers.await.map_err(|error| broken(error.into()))?;
    match length {
        Some(length) => Err(broken(anyhow!("it has {} bytes and not {length}", body.len()))),
        None => Ok(body),
    }
}

fn content_length(headers: &Fields) -> Option<usize> {
    let length = headers.get("content-length").pop()?;
    std::str::from_utf8(&length).ok()?.parse().ok()
}

/// A GET without a body.
fn request(service: &str, path: &str) -> Result<Request> {
    let (_, trailers) = wit_future::new(|| Ok(None));
    let (request, _) = Request::new(Fields::new(), None, trailers, None);
    request.set_scheme(Some(&Scheme::Http)).map_err(|()| anyhow!("the scheme was refused"))?;
    request
        .set_authority(Some(&format!("{service}.spin.internal")))
        .map_err(|()| anyhow!("the name of the service was refused"))?;
    request.set_path_with_query(Some(path)).map_err(|()| anyhow!("the path was refused"))?;
    Ok(request)
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
