//! The aggregate: asks every backend at once, and answers with what came in time.

use std::time::SystemTime;

use anyhow::Context;
use futures::join;
use http::Response;
use http::header::{ACCEPT, HeaderName, HeaderValue, IF_NONE_MATCH, VARY};
use service_chassis::{Answer, Body, Request, json_response};

use crate::backends::{Backend, Customers, Incidents};
use crate::http::{Query, caching, negotiation, server_timing};
use crate::memory;
use crate::outcome::{Failed, Outcome};
use crate::payload::Payload;
use crate::upstream::{self, Deadline};
use crate::{last_good, page};

/// Whether the body is the whole dashboard, for clients that do not want to read it.
const X_AGGREGATE_COMPLETE: HeaderName = HeaderName::from_static("x-aggregate-complete");

const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// `GET /aggregates/dashboard`
pub async fn answer(request: &Request) -> Answer {
    let query = match Query::parse(&request.query) {
        Ok(query) => query,
        Err(error) => return Ok(varying(error.to_response())),
    };
    let (payload, age) = match memory::recall(request) {
        Some((payload, age)) => (payload, Some(age)),
        None => (memory::keep(ask_all(request).await), None),
    };

    let mut response = if !query.json && negotiation::prefers_html(request.header(&ACCEPT)) {
        page::response(&payload, page::before(SystemTime::now(), age.unwrap_or_default()), &query)?
    } else {
        let json = payload.to_json(query.complete).context("cannot write the dashboard as JSON")?;
        json_response(payload.status(query.complete), json)
    };
    let headers = response.headers_mut();
    let complete = HeaderValue::from_static(if payload.is_complete() { "true" } else { "false" });
    headers.insert(X_AGGREGATE_COMPLETE, complete);
    headers.insert(SERVER_TIMING, server_timing::of(&payload, age.is_some())?);
    Ok(varying(caching::apply(response, &payload, age, request.header(&IF_NONE_MATCH))))
}

/// Calls the backends side by side, each once.
async fn ask_all(request: &Request) -> Payload {
    let deadline = Deadline::start();
    let (customers, incidents) =
        join!(ask::<Customers>(request, deadline.clone()), ask::<Incidents>(request, deadline));
    Payload(vec![Box::new(customers), Box::new(incidents)])
}

/// What comes of asking a backend. Why it has failed is for the log, and the reason for the client.
async fn ask<B: Backend>(request: &Request, deadline: Deadline) -> Outcome<B> {
    let started = deadline.started;
    let answer = upstream::get(B::SERVICE, &B::path(), request, deadline).await;
    let took = started.elapsed();
    match answer {
        Ok(answered) => {
            last_good::keep(B::SERVICE, answered.body, request);
            Outcome { answer: Ok(answered.answer), took }
        }
        Err(failure) => {
            request.log.failure(&failure.cause);
            // What refuses a request has answered it.
            let last_good = match failure.refused {
                true => None,
                false => last_good::read(B::SERVICE, &request.log).await,
            };
            Outcome { answer: Err(Failed { reason: failure.reason, last_good }), took }
        }
    }
}

/// Tells caches that the answer depends on what the client accepts.
fn varying(mut response: Response<Body>) -> Response<Body> {
    response.headers_mut().insert(VARY, HeaderValue::from_static("accept"));
    response
}
