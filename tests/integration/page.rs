//! The dashboard as an HTML page: its headers, and failures.

use std::collections::BTreeSet;

use harness::{App, Reply};

use crate::faults::{assert_incomplete, names, with_fault};

mod browser;
pub mod chromium;

pub const PATH: &str = "/aggregates/dashboard";

/// The `accept` of Chromium.
pub const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7";

fn page(app: &App, path: &str) -> Reply {
    app.send("GET", path, &[("accept", BROWSER)])
}

#[test]
fn the_content_security_policy_allows_the_style_of_the_page_and_nothing_else() {
    let reply = page(&App::start(), PATH);
    let policy = reply.header("content-security-policy").unwrap();
    let directives: BTreeSet<_> =
        policy.split("; ").filter(|part| !part.starts_with("style-src 'sha256-")).collect();
    let expected = [
        "base-uri 'none'",
        "default-src 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "img-src data:",
    ];
    assert_eq!(directives, expected.into(), "{policy}");
    assert!(policy.contains("style-src 'sha256-") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
    assert!(!reply.text().contains("<script"));
}

#[test]
fn refresh_reloads_the_page_only() {
    let app = App::start();
    for (query, html, json) in
        [("", None, None), ("?refresh=1", Some("1"), None), ("?refresh=3600", Some("3600"), None)]
    {
        let path = format!("{PATH}{query}");
        assert_eq!(
            (page(&app, &path).header("refresh"), app.get(&path).header("refresh")),
            (html, json),
            "{query}"
        );
    }
}

#[test]
fn a_failed_page_has_the_status_and_headers_of_the_json() {
    for (fault, services, status) in [
        ("stall_in_body", &names()[..1], 200),
        ("status_500", &names()[..], 502),
        ("stall_before_headers", &names()[..], 504),
    ] {
        let app = with_fault(fault, services).variable("backend_timeout_ms", "500").start();
        let reply = page(&app, PATH);
        assert_eq!((reply.status.as_u16(), app.dashboard().status.as_u16()), (status, status), "{fault}");
        assert_eq!(reply.header("content-type"), Some("text/html; charset=utf-8"));
        assert_incomplete(&reply);
        assert!(services.iter().all(|service| reply.text().contains(service)), "{}", reply.text());
    }
}
