//! The dashboard as an HTML page: its headers, its links, and failures.

use std::collections::BTreeSet;

use harness::{App, Reply};

use crate::faults::{assert_incomplete, names, with_fault};
use crate::routes;

mod browser;
mod chromium;

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
fn the_page_links_to_every_route_that_needs_no_id() {
    let app = App::start();
    let pages = [PATH, &format!("{PATH}?refresh=10")].map(|path| page(&app, path));
    let links = pages.iter().flat_map(|page| page.text().split("href=\"").skip(1));
    let links: BTreeSet<_> = links.map(|rest| rest.split('"').next().unwrap()).collect();
    for link in links.iter().filter(|link| !link.starts_with("data:")) {
        let target = if link.starts_with('?') { format!("{PATH}{link}") } else { (*link).to_owned() };
        assert_eq!(app.get(&target).status, 200, "{link}");
    }
    for (pattern, path) in routes::all() {
        let expected = !pattern.contains("{id}") && !pattern.contains("/summary/");
        assert_eq!(links.contains(path.as_str()), expected, "{path} among {links:?}");
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
