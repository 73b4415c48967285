//! One call to a backend: bounded in time and size, and checked before anything of it is used.

use std::pin::pin;
use std::time::{Duration, Instant};

use anyhow::{Error, anyhow};
use futures::FutureExt;
use futures::future::{self, Either, LocalBoxFuture, Shared};
use serde::de::DeserializeOwned;
use serde::ser::{Serialize, Serializer};
use service_chassis::{Request, TimeVariable, call};
use spin_sdk::time::sleep;

mod pause;

/// How long all calls for one dashboard may take.
pub static BACKEND_TIMEOUT: TimeVariable = TimeVariable::milliseconds("backend_timeout_ms", 1..=60_000, 1000);

/// What is read of a body at most, in bytes.
const BODY_LIMIT: usize = 1024 * 1024;

/// The status of a service that has waited in vain itself.
const SERVICE_UNAVAILABLE: u16 = 503;

/// Why a service's part of the dashboard could not be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

impl Reason {
    /// What clients call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Unreachable => "unreachable",
            Self::ErrorStatus => "error_status",
            Self::InvalidResponse => "invalid_response",
            Self::TooLarge => "too_large",
        }
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.name().serialize(serializer)
    }
}

/// What a backend has answered.
pub struct Answered<T> {
    pub answer: T,
    /// The JSON that it was read from.
    pub body: Vec<u8>,
}

/// A failed call: the reason is for the client, the cause for the log.
#[derive(Debug)]
pub struct Failure {
    pub reason: Reason,
    pub cause: Error,
    /// Whether the backend has refused the request as such, by a status of 400 to 499.
    pub refused: bool,
}

/// The moment from which on no answer is waited for. Clones share one timer.
#[derive(Clone)]
pub struct Deadline {
    pub started: Instant,
    timeout: Duration,
    over: Shared<LocalBoxFuture<'static, ()>>,
}

impl Deadline {
    /// So far from now as [`BACKEND_TIMEOUT`] says. The host applies no timeout to a call between
    /// components, so the deadline has to be kept here.
    pub fn start() -> Self {
        let timeout = BACKEND_TIMEOUT.get();
        Self { started: Instant::now(), timeout, over: sleep(timeout).boxed_local().shared() }
    }
}

/// Gets the JSON at `path` of the component `service`, from its first byte to its last before `deadline`.
///
/// A backend that was waited for in vain is not asked again for a second: until then it fails as before.
///
/// # Errors
/// See [`Reason`].
pub async fn get<T: DeserializeOwned>(
    service: &'static str,
    path: &str,
    request: &Request,
    deadline: Deadline,
) -> Result<Answered<T>, Failure> {
    let answer = match pause::reason(service) {
        Some(reason) => Err(Failure::new(reason, anyhow!("it is not asked, having been waited for in vain"))),
        None => ask(service, path, request, deadline).await,
    };
    answer.map_err(|failure| Failure {
        cause: failure.cause.context(format!("{service}{path} failed")),
        ..failure
    })
}

async fn ask<T: DeserializeOwned>(
    service: &'static str,
    path: &str,
    request: &Request,
    deadline: Deadline,
) -> Result<Answered<T>, Failure> {
    let body = match future::select(pin!(body(service, path, request)), deadline.over).await {
        Either::Left((body, _)) => body,
        Either::Right(((), _)) => {
            pause::begin(service, Reason::Timeout);
            let cause = anyhow!("no whole answer within {:?}", deadline.timeout);
            return Err(Failure::new(Reason::Timeout, cause));
        }
    };
    let body = body.map_err(|failure| {
        if matches!(failure, call::Failure::Status(SERVICE_UNAVAILABLE)) {
            pause::begin(service, Reason::ErrorStatus);
        }
        Failure::from(failure)
    })?;
    match serde_json::from_slice(&body) {
        Ok(answer) => Ok(Answered { answer, body }),
        Err(error) => Err(Failure::new(Reason::InvalidResponse, anyhow!(error))),
    }
}

/// An instance that dies takes with it all requests that it has. Such a call is made once more.
async fn body(service: &str, path: &str, request: &Request) -> Result<Vec<u8>, call::Failure> {
    match call::get(service, path, request, BODY_LIMIT).await {
        Err(call::Failure::Died | call::Failure::NoResponse(_)) => {
            call::get(service, path, request, BODY_LIMIT).await
        }
        answer => answer,
    }
}

impl Failure {
    fn new(reason: Reason, cause: Error) -> Self {
        Self { reason, cause, refused: false }
    }
}

impl From<call::Failure> for Failure {
    fn from(failure: call::Failure) -> Self {
        match failure {
            call::Failure::Denied(cause) | call::Failure::NoResponse(cause) => {
                Self::new(Reason::Unreachable, cause)
            }
            call::Failure::Died => {
                Self::new(Reason::ErrorStatus, anyhow!("status 500 without a body, twice"))
            }
            call::Failure::Status(status) => Self {
                refused: (400..500).contains(&status),
                ..Self::new(Reason::ErrorStatus, anyhow!("status {status}"))
            },
            call::Failure::BrokenOff(cause) => {
                Self::new(Reason::InvalidResponse, cause.context("the body broke off"))
            }
            call::Failure::TooLarge => {
                Self::new(Reason::TooLarge, anyhow!("a body of more than {BODY_LIMIT} bytes"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_has_its_reason_and_a_4xx_is_an_answer() {
        let cause = || anyhow!("a cause");
        for (failure, reason, refused) in [
            (call::Failure::Denied(cause()), Reason::Unreachable, false),
            (call::Failure::NoResponse(cause()), Reason::Unreachable, false),
            (call::Failure::Died, Reason::ErrorStatus, false),
            (call::Failure::Status(399), Reason::ErrorStatus, false),
            (call::Failure::Status(400), Reason::ErrorStatus, true),
            (call::Failure::Status(499), Reason::ErrorStatus, true),
            (call::Failure::Status(500), Reason::ErrorStatus, false),
            (call::Failure::BrokenOff(cause()), Reason::InvalidResponse, false),
            (call::Failure::TooLarge, Reason::TooLarge, false),
        ] {
            let text = format!("{failure:?}");
            let failure = Failure::from(failure);
            assert_eq!((failure.reason, failure.refused), (reason, refused), "{text}");
        }
    }

    #[test]
    fn a_body_may_have_a_mebibyte() {
        assert_eq!(BODY_LIMIT, 1_048_576);
    }
}
