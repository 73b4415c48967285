//! `GET /aggregates/dashboard`, the aggregate pattern: fetch from all backends concurrently, wait no longer than the
//! deadline, and build one dashboard from the results.

use anyhow::Context;
use futures::join;
use http::StatusCode;
use serde::Serialize;
use service_chassis::{Error, Request, Response, json};

use crate::backends::client::{BackendResult, CallReport, Client, Outcome, Reason};
use crate::backends::customers::{self, CustomersSummary, TopCustomer};
use crate::backends::incidents::{self, IncidentCount, IncidentVolume, IncidentsSummary};
use crate::content_negotiation::{Format, preferred_format};
use crate::query::Query;
use crate::{caching, page, response_cache};

/// Answers a request from the response cache or by a fan-out, as JSON or as a page.
pub async fn get(request: &Request) -> Result<Response, Error> {
    let query = Query::parse(request.query())?;
    let (dashboard, age) = match response_cache::get(request) {
        Some((dashboard, age)) => (dashboard, Some(age)),
        None => (response_cache::put(fetch(request).await), None),
    };
    let response = match preferred_format(request, &query) {
        Format::Json => dashboard.to_json(&query)?,
        Format::Html => page::render(&dashboard, age, request, &query)?,
    };
    Ok(caching::apply(response, &dashboard, age, request))
}

/// The fan-out: one call to each backend, all of them concurrently and under one deadline.
async fn fetch(request: &Request) -> Dashboard {
    let client = Client::new(request);
    let (customers, incidents) = join!(customers::summary(&client), incidents::summary(&client));
    Dashboard::new(customers, incidents)
}

/// The dashboard as it is sent. A section is `null` if its backend is unavailable.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Dashboard {
    pub customer_count: Option<u64>,
    pub top_customers: Option<Vec<TopCustomer>>,
    pub customers_with_most_incidents: Option<Vec<IncidentCount>>,
    pub customers_with_highest_incident_volume: Option<Vec<IncidentVolume>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unavailable: Vec<Unavailable>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stale: Vec<Stale>,
    /// The calls in the order of their sections. They decide status and completeness.
    #[serde(skip)]
    pub calls: Vec<CallReport>,
}

/// A backend whose sections are missing.
#[derive(Serialize)]
pub struct Unavailable {
    service: &'static str,
    reason: Reason,
}

/// A backend whose sections come from a stale entry.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Stale {
    service: &'static str,
    reason: Reason,
    age_seconds: u64,
}

/// The JSON of an error: no section is there, or the request required all of them.
#[derive(Serialize)]
struct Failure<'a> {
    message: &'static str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    unavailable: &'a [Unavailable],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    stale: &'a [Stale],
}

impl Dashboard {
    pub fn new(
        customers: BackendResult<CustomersSummary>,
        incidents: BackendResult<IncidentsSummary>,
    ) -> Self {
        let mut calls = Vec::new();
        let customers = customers.record(&mut calls);
        let incidents = incidents.record(&mut calls);
        let (unavailable, stale) = failures(&calls);
        let (customer_count, top_customers) = customers.map(|summary| (summary.count, summary.top)).unzip();
        let (customers_with_most_incidents, customers_with_highest_incident_volume) =
            incidents.map(|summary| (summary.most_incidents, summary.highest_volume)).unzip();
        Self {
            customer_count,
            top_customers,
            customers_with_most_incidents,
            customers_with_highest_incident_volume,
            unavailable,
            stale,
            calls,
        }
    }

    /// Whether all sections are there and fresh.
    pub fn is_complete(&self) -> bool {
        self.calls.iter().all(|call| call.outcome == Outcome::Fresh)
    }

    /// 200 with any section, otherwise 504 if every call timed out, or 502. 503 if `?require=complete` fails.
    pub fn status(&self, query: &Query) -> StatusCode {
        let timed_out = |call: &CallReport| call.outcome.reason() == Some(Reason::Timeout);
        if query.require_complete && !self.is_complete() {
            StatusCode::SERVICE_UNAVAILABLE
        } else if self.unavailable.len() < self.calls.len() {
            StatusCode::OK
        } else if self.calls.iter().all(timed_out) {
            StatusCode::GATEWAY_TIMEOUT
        } else {
            StatusCode::BAD_GATEWAY
        }
    }

    fn to_json(&self, query: &Query) -> Result<Response, Error> {
        let status = self.status(query);
        let failure = |message| Failure { message, unavailable: &self.unavailable, stale: &self.stale };
        let body = match status {
            StatusCode::OK => serde_json::to_vec(self),
            StatusCode::SERVICE_UNAVAILABLE => serde_json::to_vec(&failure("The dashboard is not complete")),
            _ => serde_json::to_vec(&failure("The dashboard is not available: every backend failed")),
        };
        Ok(json(status, body.context("cannot serialize the dashboard")?))
    }
}

/// The failed calls without and with a stale entry, each list sorted by service.
fn failures(calls: &[CallReport]) -> (Vec<Unavailable>, Vec<Stale>) {
    let (mut unavailable, mut stale) = (Vec::new(), Vec::new());
    for &CallReport { service, outcome, .. } in calls {
        match outcome {
            Outcome::Fresh => {}
            Outcome::Unavailable { reason } => unavailable.push(Unavailable { service, reason }),
            Outcome::Stale { reason, age } => {
                stale.push(Stale { service, reason, age_seconds: age.as_secs() })
            }
        }
    }
    unavailable.sort_unstable_by_key(|entry| entry.service);
    stale.sort_unstable_by_key(|entry| entry.service);
    (unavailable, stale)
}

#[cfg(test)]
pub mod tests;
