//! The dashboard as an HTML page: its headers, and failures.

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
    let mut directives: Vec<_> =
        policy.split("; ").map(|part| part.split("sha256-").next().unwrap()).collect();
    directives.sort_unstable();
    let none = ["base-uri 'none'", "default-src 'none'", "form-action 'none'", "frame-ancestors 'none'"];
    assert_eq!(directives, [&none[..], &["img-src data:", "style-src '"]].concat(), "{policy}");
    assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
    assert!(!policy.contains("unsafe") && !reply.text().contains("<script"), "{policy}");
}

#[test]
fn refresh_reloads_the_page_only() {
    let app = App::start();
    for (query, seconds) in [("", None), ("?refresh=1", Some("1")), ("?refresh=3600", Some("3600"))] {
        let path = format!("{PATH}{query}");
        assert_eq!(page(&app, &path).header("refresh"), seconds, "{query}");
        assert_eq!(app.get(&path).header("refresh"), None, "{query}");
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
        assert_eq!(reply.status, status, "{fault}");
        assert_eq!(reply.header("content-type"), Some("text/html; charset=utf-8"));
        assert_incomplete(&reply);
        assert!(services.iter().all(|service| reply.text().contains(service)), "{}", reply.text());
    }
}
