//! `cache_max_age_s`: caches, and the instance itself, may repeat a complete dashboard.

use std::thread;
use std::time::Duration;

use harness::{App, Options, Reply, eventually};

use crate::faults::assert_incomplete;
use crate::page::PATH;

fn with_cache(max_age: &str) -> App {
    Options::default().migrated().variable("cache_max_age_s", max_age).start()
}

fn with(app: &App, directive: &str) -> Reply {
    app.send("GET", PATH, &[("cache-control", directive)])
}

#[test]
fn a_complete_dashboard_is_repeated() {
    let app = with_cache("600");
    let first = app.dashboard();
    assert_eq!((first.header("cache-control"), first.header("age")), (Some("public, max-age=600"), None));
    app.sql("DELETE FROM Incidents");

    let cached = app.dashboard();
    assert_eq!((cached.text(), cached.header("etag")), (first.text(), first.header("etag")));
    assert_eq!(cached.header("cache-control"), Some("public, max-age=600"));
    assert!(cached.header("age").is_some_and(|age| age.parse::<u64>().is_ok()), "{cached:?}");
    assert_eq!(cached.header("server-timing"), Some("response-cache;dur=0.0"));
    let etag = first.header("etag").unwrap();
    assert_eq!(app.send("GET", PATH, &[("if-none-match", etag)]).status, 304);
    let html = app.send("GET", PATH, &[("accept", "text/html")]);
    assert!(html.text().contains("Fjordkraft") && html.header("age").is_some());
}

#[test]
fn a_cached_dashboard_expires_after_max_age_of_the_variable_and_of_the_request() {
    for (variable, directive) in [("1", "max-age=600"), ("600", "max-age=1")] {
        let app = with_cache(variable);
        let first = app.dashboard();
        app.sql("DELETE FROM Incidents");
        assert_eq!(with(&app, directive).text(), first.text());
        eventually("the cached dashboard expires", || {
            thread::sleep(Duration::from_millis(100)); // An instance serves only 128 requests.
            let reply = with(&app, directive);
            assert!([None, Some("0"), Some("1")].contains(&reply.header("age")), "{reply:?}");
            reply.text() != first.text()
        });
    }
}

#[test]
fn a_request_with_no_cache_or_max_age_0_is_not_answered_from_the_cache() {
    let app = with_cache("600");
    for (index, directive) in ["no-cache", "max-age=0", "No-Cache, max-age=60"].into_iter().enumerate() {
        let before = app.dashboard();
        app.sql(&format!("DELETE FROM Customers WHERE Scoring = {}", 10 - index));
        assert_eq!(app.dashboard().text(), before.text());
        let fresh = with(&app, directive);
        assert_ne!(fresh.text(), before.text(), "{directive}");
        assert_eq!(fresh.header("age"), None);
        assert_eq!(app.dashboard().text(), fresh.text(), "the fresh response replaces the old one");
    }
}

#[test]
fn an_incomplete_dashboard_is_not_cached() {
    let app = with_cache("600");
    app.sql("ALTER TABLE Customers RENAME TO Elsewhere");
    for _ in 0..2 {
        let partial = app.dashboard();
        assert_incomplete(&partial);
        assert_eq!(partial.header("age"), None);
    }
    app.sql("ALTER TABLE Elsewhere RENAME TO Customers");
    assert_eq!(app.dashboard().header("x-aggregate-complete"), Some("true"));
}

#[test]
fn the_cache_is_off_by_default() {
    let app = App::start();
    let before = app.dashboard();
    app.sql("DELETE FROM Incidents");
    let after = app.dashboard();
    assert_ne!(after.text(), before.text());
    assert_eq!((after.header("age"), after.header("cache-status")), (None, None));
}
