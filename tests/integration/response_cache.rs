//! `cache_max_age_s`: caches, and the instance itself, may repeat a complete dashboard.

use harness::{App, Options};

use crate::faults::assert_incomplete;

fn with_cache() -> App {
    Options::default().migrated().variable("cache_max_age_s", "600").start()
}

#[test]
fn a_complete_dashboard_is_repeated_until_max_age() {
    let app = with_cache();
    let first = app.dashboard();
    assert_eq!((first.header("cache-control"), first.header("age")), (Some("public, max-age=600"), None));
    app.sql("DELETE FROM Incidents");

    let cached = app.dashboard();
    assert_eq!((cached.text(), cached.header("etag")), (first.text(), first.header("etag")));
    assert_eq!(cached.header("cache-control"), Some("public, max-age=600"));
    assert!(cached.header("age").is_some_and(|age| age.parse::<u64>().is_ok()), "{cached:?}");
    assert_eq!(cached.header("server-timing"), Some("response-cache;dur=0.0"));
    let etag = first.header("etag").unwrap();
    assert_eq!(app.send("GET", "/aggregates/dashboard", &[("if-none-match", etag)]).status, 304);
    let html = app.send("GET", "/aggregates/dashboard", &[("accept", "text/html")]);
    assert!(html.text().contains("Fjordkraft") && html.header("age").is_some());
}

#[test]
fn a_cached_dashboard_expires_after_max_age() {
    let app = Options::default().migrated().variable("cache_max_age_s", "1").start();
    let first = app.dashboard();
    app.sql("DELETE FROM Incidents");
    harness::eventually("the cached dashboard expires", || {
        std::thread::sleep(std::time::Duration::from_millis(100)); // An instance serves only 128 requests.
        let reply = app.dashboard();
        assert_ne!(reply.header("age"), Some("1"));
        reply.text() != first.text()
    });
}

#[test]
fn a_request_with_no_cache_or_max_age_0_is_not_answered_from_the_cache() {
    let app = with_cache();
    for (index, directive) in ["no-cache", "max-age=0", "No-Cache, max-age=60"].into_iter().enumerate() {
        let before = app.dashboard();
        app.sql(&format!("DELETE FROM Customers WHERE Scoring = {}", 10 - index));
        assert_eq!(app.dashboard().text(), before.text());
        let fresh = app.send("GET", "/aggregates/dashboard", &[("cache-control", directive)]);
        assert_ne!(fresh.text(), before.text(), "{directive}");
        assert_eq!(fresh.header("age"), None);
        assert_eq!(app.dashboard().text(), fresh.text(), "the fresh response replaces the old one");
    }
}

#[test]
fn an_incomplete_dashboard_is_not_cached() {
    let app = with_cache();
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

#[test]
fn max_age_of_a_request_limits_the_age() {
    let app = with_cache();
    let first = app.dashboard();
    app.sql("DELETE FROM Incidents");
    let age = || {
        std::thread::sleep(std::time::Duration::from_millis(100)); // An instance serves only 128 requests.
        app.dashboard().header("age").map_or(0, |age| age.parse::<u64>().unwrap())
    };
    harness::eventually("the cached dashboard is 2 s old", || age() >= 2);
    let with = |directive: &str| app.send("GET", "/aggregates/dashboard", &[("cache-control", directive)]);
    assert_eq!(with("max-age=600").text(), first.text());
    let fresh = with("max-age=1");
    assert_ne!(fresh.text(), first.text());
    assert_eq!(fresh.header("age"), None);
}
