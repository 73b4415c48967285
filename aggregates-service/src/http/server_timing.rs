//! How long what took, by the W3C's Server Timing.

use anyhow::{Context, Result};
use http::HeaderValue;

use crate::payload::Payload;

/// Such as `customers-service;dur=3.2, incidents-service;dur=1000.1;desc="timeout"`: each call with its
/// milliseconds, and why it failed. A dashboard from memory has taken no call.
///
/// # Errors
/// If the name of a service cannot stand in a header, which is a mistake in the program.
pub fn of(payload: &Payload, from_memory: bool) -> Result<HeaderValue> {
    if from_memory {
        return Ok(HeaderValue::from_static("memory;dur=0.0"));
    }
    let calls = payload.0.iter().map(|part| {
        let (service, milliseconds) = (part.service(), part.took().as_secs_f64() * 1000.0);
        let reason = part.failure().map(|reason| format!(";desc=\"{}\"", reason.name()));
        format!("{service};dur={milliseconds:.1}{}", reason.unwrap_or_default())
    });
    let calls: Vec<_> = calls.collect();
    calls.join(", ").try_into().context("a service's name is no token")
}
