//! A database that does not answer in time: locked here, hung elsewhere.

use std::thread;
use std::time::{Duration, Instant};

use harness::{App, Options};
use rusqlite::Connection;

/// How long a query may take in these tests, in milliseconds.
const TIMEOUT: &str = "300";

/// Longer than a database is left alone that has not answered.
const PAUSE: Duration = Duration::from_millis(1100);

const MESSAGE: &str = "The data was not there in time";

fn start(variable: &str) -> App {
    Options::default().migrated().variable("database_timeout_ms", variable).start()
}

/// Keeps everybody else out of the database until it is dropped.
fn lock(app: &App) -> Connection {
    let connection = app.database();
    connection.execute_batch("BEGIN EXCLUSIVE").unwrap();
    connection
}

#[test]
fn a_query_that_takes_too_long_is_an_error_of_its_own_and_heals() {
    let app = start(TIMEOUT);
    let healthy = app.get("/customers/count");
    let locked = lock(&app);
    let started = Instant::now();
    assert_eq!(app.get("/customers/count").error(503), MESSAGE);
    assert!(started.elapsed() >= Duration::from_millis(300), "{:?}", started.elapsed());
    let log = app.log("customers-service", "stderr");
    assert!(log.contains("the database has not answered within 300ms"), "{log}");
    assert_eq!(app.get("/incidents/items").error(503), MESSAGE);
    drop(locked);
    thread::sleep(PAUSE);
    assert_eq!(app.get("/customers/count").text(), healthy.text());
    assert_eq!(app.dashboard().header("x-aggregate-complete"), Some("true"));
}

#[test]
fn a_database_that_was_waited_for_in_vain_is_left_alone_for_a_second() {
    let app = start(TIMEOUT);
    app.get("/customers/count");
    // On a machine that is busy for a second, the pause may be over before the second request.
    let spared = (0..5).any(|_| {
        let locked = lock(&app);
        app.get("/customers/count").error(503);
        drop(locked);
        let asked = Instant::now();
        let reply = app.get("/customers/count");
        let spared = asked.elapsed() < Duration::from_millis(250) && reply.status == 503;
        thread::sleep(PAUSE);
        assert_eq!(app.get("/customers/count").status, 200);
        spared
    });
    assert!(spared, "it was asked again though it had just not answered");
    let log = app.log("customers-service", "stderr");
    assert!(log.contains("has not answered within 300ms, a moment ago"), "{log}");
}

#[test]
fn the_dashboard_does_without_a_backend_whose_database_does_not_answer() {
    let app = start(TIMEOUT);
    app.dashboard();
    let locked = lock(&app);
    let reply = app.dashboard();
    assert_eq!(reply.status, 502, "{}", reply.text());
    assert_eq!(reply.json()["unavailable"][0]["reason"], "error_status");
    drop(locked);
    thread::sleep(PAUSE);
    assert_eq!(app.dashboard().header("x-aggregate-complete"), Some("true"));
}

#[test]
fn a_time_that_is_none_is_reported_and_the_default_used() {
    for invalid in ["0", "60001", "soon", ""] {
        let app = start(invalid);
        assert_eq!(app.get("/customers/count").status, 200);
        let log = app.log("customers-service", "stderr");
        let says = format!("database_timeout_ms is {invalid:?}, which is not a whole number from 1 to 60000");
        let line: serde_json::Value = serde_json::from_str(log.trim_end()).unwrap();
        assert!(line["error"].as_str().unwrap().starts_with(&says), "{log}");
        assert!(log.contains("the default of 2s is used"), "{log}");
    }
}
