//! The aggregate: asks both services at once, and answers with what came in time.

use std::time::SystemTime;

use anyhow::Context;
use futures::join;
use http::Response;
use http::header::{ACCEPT, HeaderName, HeaderValue, IF_NONE_MATCH, VARY};
use json_service::{Answer, Body, Log, Request, json_response};

use crate::payload::{self, RANKING_LENGTH};
use crate::query::Query;
use crate::upstream::{self, Deadline, Failure, Reason};
use crate::{CUSTOMERS_SERVICE, INCIDENTS_SERVICE, caching, negotiation, page};

/// Whether the body is the whole dashboard, for clients that do not want to read it.
const X_AGGREGATE_COMPLETE: HeaderName = HeaderName::from_static("x-aggregate-complete");

/// `GET /aggregates/dashboard`
pub async fn answer(request: &Request, log: &Log) -> Answer {
    let query = match Query::parse(&request.query) {
        Ok(query) => query,
        Err(error) => return Ok(varying(error.to_response())),
    };
    let deadline = Deadline::after(upstream::timeout(log).await);
    let customers_path = format!("/customers/summary/{RANKING_LENGTH}");
    let incidents_path = format!("/incidents/summary/{RANKING_LENGTH}");
    let (customers, incidents) = join!(
        upstream::get(CUSTOMERS_SERVICE, &customers_path, deadline.clone()),
        upstream::get(INCIDENTS_SERVICE, &incidents_path, deadline),
    );
    let report = |Failure { reason, cause }: Failure| -> Reason {
        log.failure(&cause);
        reason
    };
    let payload = payload::assemble(customers.map_err(report), incidents.map_err(report));

    let mut response = if !query.json && negotiation::prefers_html(&request.header(&ACCEPT)) {
        page::response(&payload, SystemTime::now(), query.refresh)?
    } else {
        json_response(payload.status(), payload.to_json().context("cannot write the dashboard as JSON")?)
    };
    let complete = HeaderValue::from_static(if payload.is_complete() { "true" } else { "false" });
    response.headers_mut().insert(X_AGGREGATE_COMPLETE, complete);
    Ok(varying(caching::apply(response, payload.is_complete(), &request.header(&IF_NONE_MATCH))))
}

/// Tells caches that the answer depends on what the client accepts.
fn varying(mut response: Response<Body>) -> Response<Body> {
    response.headers_mut().insert(VARY, HeaderValue::from_static("accept"));
    response
}
