//! `etag` and `if-none-match` of the dashboard.

use harness::{App, Options, Reply};
use nix::sys::signal::Signal;

use crate::faults::{assert_incomplete, by_request, names};
use crate::page::PATH;

fn etag(reply: &Reply) -> String {
    reply.header("etag").unwrap_or_else(|| panic!("no etag: {reply:?}")).to_owned()
}

#[test]
fn the_etag_is_strong_depends_on_the_body_only_and_survives_a_restart() {
    let app = App::start();
    let first = app.dashboard();
    assert!(etag(&first).starts_with('"') && etag(&first).ends_with('"'));
    assert_eq!(first.header("cache-control"), Some("no-cache"));
    assert_eq!(etag(&App::start().dashboard()), etag(&first));
    let app = Options::default().state(app.stop(Signal::SIGINT).state).start();
    let mut seen = vec![etag(&app.dashboard())];
    assert_eq!(seen, [etag(&first)]);
    for change in [
        "UPDATE Customers SET Name = Name || '!' WHERE Scoring = 10",
        "DELETE FROM Customers WHERE Scoring = 1",
        "UPDATE Incidents SET Amount = Amount + 0.5",
    ] {
        app.sql(change);
        let changed = etag(&app.dashboard());
        assert!(!seen.contains(&changed), "{change}");
        seen.push(changed);
    }
}

#[test]
fn a_matching_validator_gets_a_304_without_a_body() {
    let app = App::start();
    let etag = etag(&app.dashboard());
    let list = format!("\"a,b\" , W/\"c\",{etag} ,");
    for matching in [&etag, &format!("W/{etag}"), &list, "*"] {
        for method in ["GET", "HEAD"] {
            let reply = app.send(method, PATH, &[("if-none-match", matching)]);
            assert_eq!((reply.status.as_u16(), reply.text()), (304, ""), "{matching}");
            let headers = ["etag", "cache-control", "vary", "content-type"].map(|name| reply.header(name));
            assert_eq!(headers, [Some(&*etag), Some("no-cache"), Some("accept"), None], "{matching}");
        }
    }
    for other in ["\"other\"", "W/\"other\"", etag.trim_matches('"'), "\"", "*, *", &format!("{etag} x"), ""]
    {
        assert_eq!(app.send("GET", PATH, &[("if-none-match", other)]).status, 200, "{other:?}");
    }
}

#[test]
fn an_incomplete_dashboard_is_never_a_304() {
    let app = by_request().start();
    for service in names() {
        let id = format!("{service}.html");
        for (query, status) in [("", 200), ("?require=complete", 503)] {
            let headers = [("if-none-match", "*"), ("x-request-id", &*id)];
            let reply = app.send("GET", &format!("{PATH}{query}"), &headers);
            assert_eq!(reply.status, status);
            assert_incomplete(&reply);
        }
    }
}
