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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::backends::{Customers, Incidents};
    use crate::outcome::{Failed, Outcome};
    use crate::upstream::Reason;

    #[test]
    fn each_call_has_its_milliseconds_and_why_it_failed() {
        let answer = serde_json::from_str(r#"{"count":1,"top":[]}"#).expect("well-formed");
        let customers = Outcome::<Customers> { answer: Ok(answer), took: Duration::from_micros(3249) };
        let failed = Failed { reason: Reason::Timeout, last_good: None };
        let incidents = Outcome::<Incidents> { answer: Err(failed), took: Duration::from_millis(1000) };
        let payload = Payload(vec![Box::new(customers), Box::new(incidents)]);
        let expected = r#"customers-service;dur=3.2, incidents-service;dur=1000.0;desc="timeout""#;
        assert_eq!(of(&payload, false).expect("a header"), expected);
        assert_eq!(of(&payload, true).expect("a header"), "memory;dur=0.0");
    }
}
