//! Calls to backends, with a deadline, a retry, a circuit breaker and stale-if-error.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::pin::pin;
use std::rc::Rc;
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::{Either, LocalBoxFuture, Shared, select};
use serde::Serialize;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error};
use service_chassis::{CircuitBreaker, DurationVariable, Request};
use spin_sdk::time::sleep;

use super::call::{self, BODY_LIMIT};
use super::stale_cache;

/// How long the calls for one dashboard may take, from the start of the fan-out.
pub static BACKEND_TIMEOUT: DurationVariable =
    DurationVariable::milliseconds("backend_timeout_ms", 1..=60_000, 1000);

/// The largest number of entries in a list of the dashboard.
pub const RANKING_LENGTH: usize = 5;

/// Calls backends for one dashboard.
pub struct Client<'a> {
    request: &'a Request,
    started: Instant,
    /// One timer for all calls. It is needed because Spin applies no timeout to chained calls.
    deadline: Shared<LocalBoxFuture<'static, ()>>,
}

/// The result of a call: a report, and the data unless the outcome is [`Outcome::Unavailable`].
pub struct BackendResult<T> {
    report: CallReport,
    data: Option<T>,
}

impl<T> BackendResult<T> {
    #[cfg(test)]
    pub fn new(service: &'static str, outcome: Outcome, data: T) -> Self {
        let data = Some(data).filter(|_| !matches!(outcome, Outcome::Unavailable { .. }));
        Self { report: CallReport { service, duration: Duration::ZERO, outcome }, data }
    }

    /// Adds the report to `calls` and returns the data. Nothing else returns the data, so every call is reported.
    pub fn record(self, calls: &mut Vec<CallReport>) -> Option<T> {
        calls.push(self.report);
        self.data
    }
}

pub struct CallReport {
    /// The component that was called.
    pub service: &'static str,
    pub duration: Duration,
    pub outcome: Outcome,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Outcome {
    /// The call succeeded.
    Fresh,
    /// The call failed, and a stale entry replaces its response.
    Stale { reason: Reason, age: Duration },
    /// The call failed.
    Unavailable { reason: Reason },
}

impl Outcome {
    /// Why the call failed, `None` if it succeeded.
    pub fn reason(&self) -> Option<Reason> {
        match *self {
            Self::Fresh => None,
            Self::Stale { reason, .. } | Self::Unavailable { reason } => Some(reason),
        }
    }

    pub fn stale_age(&self) -> Option<Duration> {
        match *self {
            Self::Stale { age, .. } => Some(age),
            Self::Fresh | Self::Unavailable { .. } => None,
        }
    }
}

/// Why a call failed, as in the JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(into = "&'static str")]
pub enum Reason {
    /// The whole body had not arrived by the deadline.
    Timeout,
    /// There was no response, or the manifest does not allow the call.
    Unreachable,
    /// The status was not 200.
    ErrorStatus,
    /// The body was not the expected JSON.
    InvalidResponse,
    /// The body was larger than 1 MiB.
    TooLarge,
}

impl Reason {
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

impl From<Reason> for &'static str {
    fn from(reason: Reason) -> Self {
        reason.name()
    }
}

impl<'a> Client<'a> {
    /// A client whose deadline is [`BACKEND_TIMEOUT`] from now.
    pub fn new(request: &'a Request) -> Self {
        let deadline = sleep(BACKEND_TIMEOUT.get()).boxed_local().shared();
        Self { request, started: Instant::now(), deadline }
    }

    /// Gets the JSON at `path` of the component `service`.
    pub async fn get<T: DeserializeOwned>(&self, service: &'static str, path: &str) -> BackendResult<T> {
        let result = self.body_within_deadline(service, path).await;
        let result = result.and_then(|body| match serde_json::from_slice(&body) {
            Ok(data) => Ok((data, body)),
            Err(error) => Err(CallError::InvalidJson(error)),
        });
        let duration = self.started.elapsed();
        let (outcome, data) = match result {
            Ok((data, body)) => {
                stale_cache::write(service, body, self.request);
                (Outcome::Fresh, Some(data))
            }
            Err(error) => {
                self.request.log.error(&format!("call to {service}{path} failed: {error}"));
                let reason = error.reason();
                // After a 4xx there is nothing to replace: the backend works and rejected the request.
                let entry = match error {
                    CallError::Status(400..500) => None,
                    _ => stale_cache::read(service, &self.request.log).await,
                };
                match entry {
                    Some((data, age)) => (Outcome::Stale { reason, age }, Some(data)),
                    None => (Outcome::Unavailable { reason }, None),
                }
            }
        };
        BackendResult { report: CallReport { service, duration, outcome }, data }
    }

    async fn body_within_deadline(&self, service: &'static str, path: &str) -> Result<Vec<u8>, CallError> {
        let circuit = circuit(service);
        if let Some(reason) = circuit.reason() {
            return Err(CallError::CircuitOpen(reason));
        }
        let call = pin!(self.body_with_retry(service, path));
        let result = match select(call, self.deadline.clone()).await {
            Either::Left((result, _)) => result,
            Either::Right(((), _)) => Err(CallError::Timeout),
        };
        // A backend sends a 503 after a timeout of its own.
        if let Err(error @ (CallError::Timeout | CallError::Status(503))) = &result {
            circuit.open(error.reason());
        }
        result
    }

    /// A crash ends all requests of an instance, and another request may have caused it. Hence one retry.
    async fn body_with_retry(&self, service: &str, path: &str) -> Result<Vec<u8>, CallError> {
        match call::get(service, path, &self.request.id).await {
            Err(CallError::Crashed | CallError::NoResponse(_)) => {
                call::get(service, path, &self.request.id).await
            }
            result => result,
        }
    }
}

/// The circuit breaker of this instance for a backend.
fn circuit(service: &'static str) -> Rc<CircuitBreaker<Reason>> {
    thread_local! {
        static CIRCUITS: RefCell<HashMap<&'static str, Rc<CircuitBreaker<Reason>>>> = RefCell::default();
    }
    CIRCUITS.with_borrow_mut(|circuits| {
        circuits.entry(service).or_insert_with(|| Rc::new(CircuitBreaker::closed())).clone()
    })
}

/// Why a call failed, in detail. Only [`Self::reason`] reaches a client.
#[derive(Debug)]
pub enum CallError {
    CircuitOpen(Reason),
    Timeout,
    /// The manifest does not allow the call.
    Denied(String),
    NoResponse(String),
    /// The instance crashed. Spin then sends a 500 with an empty body.
    Crashed,
    Status(u16),
    /// The body ended early, or its length differs from `content-length`.
    Incomplete(String),
    TooLarge,
    InvalidJson(serde_json::Error),
}

impl CallError {
    fn reason(&self) -> Reason {
        match self {
            Self::CircuitOpen(reason) => *reason,
            Self::Timeout => Reason::Timeout,
            Self::Denied(_) | Self::NoResponse(_) => Reason::Unreachable,
            Self::Crashed | Self::Status(_) => Reason::ErrorStatus,
            Self::Incomplete(_) | Self::InvalidJson(_) => Reason::InvalidResponse,
            Self::TooLarge => Reason::TooLarge,
        }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CircuitOpen(reason) => {
                write!(formatter, "circuit open after a recent failure ({})", reason.name())
            }
            Self::Timeout => write!(formatter, "no complete response within {:?}", BACKEND_TIMEOUT.get()),
            Self::Denied(cause) => write!(formatter, "the call was denied: {cause}"),
            Self::NoResponse(cause) => write!(formatter, "no response, with one retry: {cause}"),
            Self::Crashed => formatter.write_str("status 500 without a body, with one retry"),
            Self::Status(status) => write!(formatter, "status {status}"),
            Self::Incomplete(cause) => write!(formatter, "incomplete body: {cause}"),
            Self::TooLarge => write!(formatter, "body of more than {BODY_LIMIT} bytes"),
            Self::InvalidJson(error) => write!(formatter, "not the expected JSON: {error}"),
        }
    }
}

impl std::error::Error for CallError {}

/// Reads a list of the dashboard.
///
/// # Errors
/// If it has more than [`RANKING_LENGTH`] entries, which is more than any call requests.
pub fn ranking<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let entries = Vec::deserialize(deserializer)?;
    match entries.len() {
        ..=RANKING_LENGTH => Ok(entries),
        length => Err(D::Error::custom(format!("{length} entries instead of {RANKING_LENGTH}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_error_has_its_reason_and_its_cause_in_the_log() {
        let cause = || "cause".to_owned();
        let json_error = serde_json::from_str::<u64>("").expect_err("no JSON");
        for (error, reason, log) in [
            (CallError::CircuitOpen(Reason::ErrorStatus), "error_status", "circuit open after"),
            (CallError::Timeout, "timeout", "within 1s"),
            (CallError::Denied(cause()), "unreachable", "denied: cause"),
            (CallError::NoResponse(cause()), "unreachable", "one retry: cause"),
            (CallError::Crashed, "error_status", "status 500 without a body"),
            (CallError::Status(404), "error_status", "status 404"),
            (CallError::Incomplete(cause()), "invalid_response", "incomplete body: cause"),
            (CallError::InvalidJson(json_error), "invalid_response", "EOF while parsing"),
            (CallError::TooLarge, "too_large", "more than 1048576 bytes"),
        ] {
            assert_eq!(error.reason().name(), reason, "{error}");
            assert!(error.to_string().contains(log), "{error}");
        }
    }

    #[test]
    fn each_backend_has_a_circuit_of_its_own() {
        circuit("a").open(Reason::Timeout);
        assert_eq!((circuit("a").reason(), circuit("b").reason()), (Some(Reason::Timeout), None));
    }
}
