//! The aggregate: asks every backend at once, and answers with what came in time.

use std::time::SystemTime;

use anyhow::Context;
use futures::join;
use http::Response;
use http::header::{ACCEPT, HeaderName, HeaderValue, IF_NONE_MATCH, VARY};
use service_chassis::{Answer, Body, Log, Request, json_response};

use crate::backends::{Backend, Customers, Incidents};
use crate::http::{Query, caching, negotiation};
use crate::page;
use crate::payload::Payload;
use crate::upstream::{self, Deadline, Reason};

/// Whether the body is the whole dashboard, for clients that do not want to read it.
const X_AGGREGATE_COMPLETE: HeaderName = HeaderName::from_static("x-aggregate-complete");

/// `GET /aggregates/dashboard`
pub async fn answer(request: &Request) -> Answer {
    let query = match Query::parse(&request.query) {
        Ok(query) => query,
        Err(error) => return Ok(varying(error.to_response())),
    };
    let log = &request.log;
    let deadline = Deadline::start(log).await;
    let (customers, incidents) =
        join!(ask::<Customers>(deadline.clone(), log), ask::<Incidents>(deadline, log));
    let payload = Payload(&[&customers, &incidents]);

    let mut response = if !query.json && negotiation::prefers_html(request.header(&ACCEPT)) {
        page::response(&payload, SystemTime::now(), query.refresh)?
    } else {
        json_response(payload.status(), payload.to_json().context("cannot write the dashboard as JSON")?)
    };
    let complete = HeaderValue::from_static(if payload.is_complete() { "true" } else { "false" });
    response.headers_mut().insert(X_AGGREGATE_COMPLETE, complete);
    Ok(varying(caching::apply(response, payload.is_complete(), request.header(&IF_NONE_MATCH))))
}

/// What comes of asking a backend once. Why it has failed is for the log, and the reason for the client.
async fn ask<B: Backend>(deadline: Deadline, log: &Log) -> Result<B, Reason> {
    let answer = upstream::get(B::SERVICE, &B::path(), deadline).await;
    answer.map_err(|failure| {
        log.failure(&failure.cause);
        failure.reason
    })
}

/// Tells caches that the answer depends on what the client accepts.
fn varying(mut response: Response<Body>) -> Response<Body> {
    response.headers_mut().insert(VARY, HeaderValue::from_static("accept"));
    response
}
