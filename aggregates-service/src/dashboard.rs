//! The aggregate: asks both services at once, and answers with what came in time.

use std::time::Instant;

use anyhow::Context;
use futures::join;
use http::header::{HeaderName, HeaderValue};
use json_service::{Answer, json_response, log};
use spin_sdk::http::Request;

use crate::payload::{self, RANKING_LENGTH};
use crate::upstream::{self, Failure, Reason};
use crate::{CUSTOMERS_SERVICE, INCIDENTS_SERVICE, SERVICE, caching};

/// Whether the body is the whole dashboard, for clients that do not want to read it.
const X_AGGREGATE_COMPLETE: HeaderName = HeaderName::from_static("x-aggregate-complete");

/// `GET /aggregates/dashboard`
pub async fn answer(request: &Request) -> Answer {
    let started = Instant::now();
    let timeout = upstream::timeout().await;
    let customers_path = format!("/customers/summary/{RANKING_LENGTH}");
    let incidents_path = format!("/incidents/summary/{RANKING_LENGTH}");
    let (customers, incidents) = join!(
        upstream::get(CUSTOMERS_SERVICE, &customers_path, timeout),
        upstream::get(INCIDENTS_SERVICE, &incidents_path, timeout),
    );
    let report = |Failure { reason, cause }: Failure| -> Reason {
        log::failure(SERVICE, &log::request_line(request), &cause, started.elapsed());
        reason
    };
    let payload = payload::assemble(customers.map_err(report), incidents.map_err(report));

    let json = payload.to_json().context("cannot write the dashboard as JSON")?;
    let mut response = json_response(payload.status(), json);
    let complete = HeaderValue::from_static(if payload.is_complete() { "true" } else { "false" });
    response.headers_mut().insert(X_AGGREGATE_COMPLETE, complete);
    Ok(caching::apply(response, payload.is_complete(), request.headers()))
}
