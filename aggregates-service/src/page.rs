//! The dashboard as a page for people, made from the same payload as the JSON.

use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use askama::Template;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, REFRESH};
use http::{Response, StatusCode};
use service_chassis::Body;
use sha2::{Digest, Sha256};

use self::minute::Minute;
use self::panel::Panel;
use crate::http::Query;
use crate::payload::Payload;

mod chart;
mod minute;
mod number;
mod panel;

const STYLE: &str = include_str!("../templates/page.css");

/// Nothing may be loaded or run, but for the page's own style and the icon in its head.
fn policy() -> Result<HeaderValue> {
    static STYLE_HASH: LazyLock<String> = LazyLock::new(|| BASE64_STANDARD.encode(Sha256::digest(STYLE)));
    let style_hash = &*STYLE_HASH;
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style_hash}'; img-src data:; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    policy.parse().context("the policy is no field value")
}

#[derive(Template)]
#[template(path = "page.html", whitespace = "minimize")]
struct Page<'a> {
    style: &'static str,
    made: Minute,
    /// After how many seconds the page loads itself again.
    refresh: Option<u16>,
    /// What to say first if something is missing or not from now.
    notice: Option<&'static str>,
    panels: Vec<Panel<'a>>,
}

/// Answers with the page, which says that it was made `now`.
///
/// It does so to the minute, because the entity tag is made from every byte of the page: the same page
/// asked for twice in a minute is the same, and no tag ever stands for two pages that differ.
///
/// # Errors
/// If the template cannot be filled in, which is a mistake in the program.
pub fn response(payload: &Payload, now: SystemTime, query: &Query) -> Result<Response<Body>> {
    let status = payload.status(query.complete);
    let panels = payload.0.iter().map(|part| Panel::of(part.as_ref(), now)).collect();
    let notice = match status {
        StatusCode::OK if payload.is_complete() => None,
        StatusCode::OK if payload.0.iter().any(|part| part.is_missing()) => {
            Some("A part of this dashboard is missing")
        }
        StatusCode::OK => Some("A part of this dashboard is from a while ago"),
        StatusCode::SERVICE_UNAVAILABLE => Some("This dashboard is not complete at the moment"),
        _ => Some("The dashboard is not available at the moment"),
    };
    let page = Page { style: STYLE, made: Minute::of(now), refresh: query.refresh, notice, panels };
    let html = page.render().context("cannot write the dashboard as a page")?;

    let mut response = Response::new(Body::Whole(html.into_bytes()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CONTENT_SECURITY_POLICY, policy()?);
    if let Some(seconds) = query.refresh {
        headers.insert(REFRESH, HeaderValue::from(seconds));
    }
    Ok(response)
}

/// So long before `now`, or the beginning of 1970 for a clock that is near it.
pub fn before(now: SystemTime, age: Duration) -> SystemTime {
    now.checked_sub(age).unwrap_or(SystemTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests;
