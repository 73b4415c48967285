//! One call to a backend: bounded in time and size, and checked before anything of it is used.

use std::pin::pin;
use std::time::Duration;

use anyhow::anyhow;
use futures::FutureExt;
use futures::future::{self, Either, LocalBoxFuture, Shared};
use serde::Serialize;
use serde::de::DeserializeOwned;
use service_chassis::{Log, TimeVariable, call};
use spin_sdk::time::sleep;

/// What is read of a body at most, in bytes.
const BODY_LIMIT: usize = 1024 * 1024;

/// How long all calls for one dashboard may take.
static BACKEND_TIMEOUT: TimeVariable = TimeVariable::milliseconds("backend_timeout_ms", 1..=60_000, 1000);

/// Why a service's part of the dashboard is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
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
    /// So far from now as `backend_timeout_ms` says. The host applies no timeout to a call between
    /// components, so the deadline has to be kept here.
    pub async fn start(log: &Log) -> Self {
        let timeout = BACKEND_TIMEOUT.get(log).await;
        Self { timeout, over: sleep(timeout).boxed_local().shared() }
    }
}

/// Gets the JSON at `path` of the component `service`, from its first byte to its last before `deadline`.
///
/// # Errors
/// See [`Reason`].
pub async fn get<T: DeserializeOwned>(service: &str, path: &str, deadline: Deadline) -> Result<T, Failure> {
    let answer = match future::select(pin!(call::get(service, path, BODY_LIMIT)), deadline.over).await {
        Either::Left((Ok(body), _)) => {
            serde_json::from_slice(&body).map_err(|error| (Reason::InvalidResponse, anyhow!(error)))
        }
        Either::Left((Err(failure), _)) => Err(reason(failure)),
        Either::Right(((), _)) => {
            Err((Reason::Timeout, anyhow!("no whole answer within {:?}", deadline.timeout)))
        }
    };
    answer.map_err(|(reason, cause)| Failure {
        reason,
        cause: cause.context(format!("{service}{path} failed")),
    })
}

fn reason(failure: call::Failure) -> (Reason, anyhow::Error) {
    match failure {
        call::Failure::Unreachable(cause) => (Reason::Unreachable, cause),
        call::Failure::Status(status) => (Reason::ErrorStatus, anyhow!("status {status}")),
        call::Failure::BrokenOff(cause) => (Reason::InvalidResponse, cause.context("the body broke off")),
        call::Failure::TooLarge => (Reason::TooLarge, anyhow!("a body of more than {BODY_LIMIT} bytes")),
    }
}
