//! The dashboard as an HTML page.

use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use askama::Template;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::StatusCode;
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, REFRESH};
use service_chassis::{Body, Request, Response};
use sha2::{Digest, Sha256};

use self::chart::{Chart, group_thousands};
use self::panel::Panel;
use self::timestamp::Timestamp;
use crate::backends::client::Outcome;
use crate::backends::{customers, incidents};
use crate::dashboard::Dashboard;
use crate::query::Query;

mod chart;
mod panel;
mod timestamp;

const STYLE: &str = include_str!("../templates/page.css");

/// Allows only the style of the page and the icon in its head.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let style_hash = BASE64_STANDARD.encode(Sha256::digest(STYLE));
    format!(
        "default-src 'none'; style-src 'sha256-{style_hash}'; img-src data:; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
});

/// The fields of the template. `page.html` names the sections of the dashboard.
#[derive(Template)]
#[template(path = "page.html", whitespace = "minimize")]
struct Page<'a> {
    style: &'static str,
    query: Query,
    /// The relative path from the page to the root of the app, which may have a prefix.
    root: &'static str,
    created: Timestamp,
    /// The heading of the notice above an incomplete dashboard.
    notice: Option<&'static str>,
    /// The backends whose calls failed.
    failed: Vec<Panel>,
    customers: Panel,
    customer_count: Option<u64>,
    top_customers: Option<Chart<'a>>,
    incidents: Panel,
    most_incidents: Option<Chart<'a>>,
    highest_volume: Option<Chart<'a>>,
}

impl Page<'_> {
    fn json_link(&self) -> String {
        Query { json: true, ..self.query }.to_link()
    }

    fn refresh_link(&self, seconds: Option<u16>) -> String {
        Query { refresh: seconds, ..self.query }.to_link()
    }
}

/// The page for a dashboard. `age` is `Some` if it comes from the response cache.
///
/// # Errors
/// If the template cannot be rendered, which is a bug.
pub fn render(
    dashboard: &Dashboard,
    age: Option<Duration>,
    request: &Request,
    query: &Query,
) -> Result<Response> {
    let root = if request.path().ends_with('/') { "../../" } else { "../" };
    respond(dashboard, before(SystemTime::now(), age.unwrap_or_default()), root, *query)
}

fn respond(dashboard: &Dashboard, created: SystemTime, root: &'static str, query: Query) -> Result<Response> {
    // No `..` here: a new section does not compile until it is named, so it cannot be missing on the page.
    let Dashboard {
        customer_count,
        top_customers,
        customers_with_most_incidents,
        customers_with_highest_incident_volume,
        unavailable,
        stale: _,
        calls,
    } = dashboard;
    let panel = |service| {
        let call = calls.iter().find(|call| call.service == service);
        call.map(|call| Panel::new(call, created)).with_context(|| format!("no call to {service}"))
    };
    let status = dashboard.status(&query);
    let page = Page {
        style: STYLE,
        query,
        root,
        // Shown to the minute, so the validator of an unchanged page changes once a minute at most.
        created: Timestamp::new(created),
        notice: match status {
            StatusCode::OK if dashboard.is_complete() => None,
            StatusCode::OK if unavailable.is_empty() => Some("Part of this dashboard is stale"),
            StatusCode::OK => Some("Part of this dashboard is missing"),
            StatusCode::SERVICE_UNAVAILABLE => Some("This dashboard is not complete"),
            _ => Some("The dashboard is not available"),
        },
        failed: calls
            .iter()
            .filter(|call| call.outcome != Outcome::Fresh)
            .map(|call| Panel::new(call, created))
            .collect(),
        customers: panel(customers::SERVICE)?,
        customer_count: *customer_count,
        top_customers: top_customers
            .as_ref()
            .map(|list| Chart::new(list, |entry| (&entry.customer_name, entry.scoring.into()))),
        incidents: panel(incidents::SERVICE)?,
        most_incidents: customers_with_most_incidents
            .as_ref()
            .map(|list| Chart::new(list, |entry| (&entry.customer_name, entry.number_of_incidents.into()))),
        highest_volume: customers_with_highest_incident_volume
            .as_ref()
            .map(|list| Chart::new(list, |entry| (&entry.customer_name, entry.incident_volume.clone()))),
    };
    let html = page.render().context("cannot render the page")?;

    let mut response = Response::new(Body::Whole(html.into_bytes()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CONTENT_SECURITY_POLICY, POLICY.parse().context("the policy is no header value")?);
    if let Some(seconds) = query.refresh {
        headers.insert(REFRESH, seconds.into());
    }
    Ok(response)
}

/// The time that is `age` before `now`.
fn before(now: SystemTime, age: Duration) -> SystemTime {
    now.checked_sub(age).unwrap_or(SystemTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests;
