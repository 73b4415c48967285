//! `etag` and `if-none-match` of the dashboard.

use harness::{App, Options, Reply};

use crate::faults::{by_request, names};

const PATH: &str = "/aggregates/dashboard";

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
    let state = app.stop(nix::sys::signal::Signal::SIGINT).state;
    let app = Options::default().state(state).start();
    assert_eq!(etag(&app.dashboard()), etag(&first));

    let mut seen = vec![etag(&first)];
    for change in [
        "UPDATE Customers SET Scoring = 11 WHERE Scoring = 10",
        "UPDATE Customers SET Name = Name || '!' WHERE Scoring = 11",
        "DELETE FROM Customers WHERE Scoring = 1",
        "UPDATE Incidents SET Amount = Amount + 0.5",
        "DELETE FROM Incidents WHERE Amount > 1000",
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
    let send = |method: &str, value: &str| app.send(method, PATH, &[("if-none-match", value)]);
    for matching in [
        etag.clone(),
        format!("W/{etag}"),
        format!("\"other\", {etag}"),
        format!("\"a,b\" , W/\"c\",{etag} ,"),
        "*".to_owned(),
    ] {
        for method in ["GET", "HEAD"] {
            let reply = send(method, &matching);
            assert_eq!((reply.status.as_u16(), reply.text()), (304, ""), "{matching}");
            let headers = ["etag", "cache-control", "vary", "content-type"].map(|name| reply.header(name));
            assert_eq!(headers, [Some(&*etag), Some("no-cache"), Some("accept"), None], "{matching}");
        }
    }
    for other in ["\"other\"", "W/\"other\"", etag.trim_matches('"'), "\"", "*, *", &format!("{etag} x"), ""]
    {
        assert_eq!(send("GET", other).status, 200, "{other:?}");
    }
}

#[test]
fn an_incomplete_dashboard_is_never_a_304() {
    let app = by_request().start();
    for service in names() {
        let id = format!("{service}.html");
        for path in [PATH.to_owned(), format!("{PATH}?require=complete")] {
            let reply = app.send("GET", &path, &[("if-none-match", "*"), ("x-request-id", &id)]);
            assert!(matches!(reply.status.as_u16(), 200 | 503), "{reply:?}");
            crate::faults::assert_incomplete(&reply);
        }
    }
}

#[test]
fn json_and_html_have_different_etags() {
    let app = App::start();
    let json = etag(&app.dashboard());
    let html =
        |validator: &str| app.send("GET", PATH, &[("accept", "text/html"), ("if-none-match", validator)]);
    assert_eq!(html(&json).status, 200);
    // The page shows the minute, which may pass between two requests.
    let unchanged = (0..2).any(|_| {
        let etag = etag(&html(""));
        assert_eq!(app.send("GET", PATH, &[("if-none-match", &etag)]).status, 200);
        let again = html(&etag);
        again.status == 304 && again.body.is_empty() && again.header("etag") == Some(&etag)
    });
    assert!(unchanged);
}
