//! A database without tables, a file that is not a database, and a locked database.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use harness::{App, Options};
use rusqlite::Connection;
use serde_json::json;

use crate::data::MIGRATIONS;
use crate::routes;

/// How long a query may take in these tests, in milliseconds.
const TIMEOUT: &str = "300";

/// Longer than the cool-down of the circuit.
const COOL_DOWN: Duration = Duration::from_millis(1100);

const MESSAGE: &str = "The data could not be read in time";

fn start(variable: &str) -> App {
    Options::default().migrated().variable("database_timeout_ms", variable).start()
}

/// Locks the database until it is dropped.
fn lock(app: &App) -> Connection {
    let connection = app.database();
    connection.execute_batch("BEGIN EXCLUSIVE").unwrap();
    connection
}

/// Asserts that every route that needs the database is a 500 without details.
fn assert_unreadable(app: &App, cause: &str) {
    let services = ["customers-service", "incidents-service"];
    let logged = || services.map(|service| app.log(service, "stderr").lines().count());
    for path in routes::paths() {
        if path.starts_with("/aggregates") {
            let reply = app.get(&path);
            let unavailable = services.map(|service| json!({ "service": service, "reason": "error_status" }));
            assert_eq!((reply.status.as_u16(), &reply.json()["unavailable"]), (502, &json!(unavailable)));
        } else {
            let before = logged();
            assert_eq!(app.get(&path).error(500), "The data cannot be read at the moment", "{path}");
            assert_eq!(logged().iter().sum::<usize>(), before.iter().sum::<usize>() + 1, "{path}");
        }
    }
    for log in services.map(|service| app.log(service, "stderr")) {
        assert!(log.lines().all(|line| line.contains(cause)), "{log}");
    }
}

#[test]
fn a_database_without_tables_is_an_error_until_the_migration_is_applied() {
    let app = Options::default().start();
    assert_unreadable(&app, "no such table");
    app.sql(MIGRATIONS);
    assert_eq!(app.dashboard().body, App::start().dashboard().body);
}

#[test]
fn a_table_that_was_created_again_by_hand_is_an_error_until_the_migration_is_applied() {
    for (table, key) in [
        ("Customers", "Id, Name, City, Country, Scoring"),
        ("Incidents", "Id, Amount, CustomerName, Category"),
    ] {
        let app = App::start();
        let complete = app.dashboard().body;
        app.sql(&format!(
            "ALTER TABLE {table} RENAME TO Copy; CREATE TABLE {table} ({}); INSERT INTO {table} SELECT * FROM Copy;
             DROP TABLE Copy;",
            key.replacen("Id", "Id TEXT PRIMARY KEY", 1)
        ));
        let lower = table.to_lowercase();
        assert_eq!(
            app.get(&format!("/{lower}/summary/5")).error(500),
            "The data cannot be read at the moment"
        );
        let log = app.log(&format!("{lower}-service"), "stderr");
        assert!(
            log.contains(&format!("the table {table} has lost its triggers: apply migrations.sql")),
            "{log}"
        );
        assert_eq!(app.dashboard().header("x-aggregate-complete"), Some("false"));
        app.sql(MIGRATIONS);
        assert_eq!(app.dashboard().body, complete);
    }
}

#[test]
fn a_file_that_is_no_database_is_a_500_and_is_left_unchanged() {
    // All of it, or all but the first page, by which a database is known.
    for (kept, cause) in [(0, "file is not a database"), (4096, "malformed")] {
        let app = App::start();
        let file = app.state_directory().join("sqlite_db.db");
        let mut bytes = fs::read(&file).unwrap();
        bytes[kept..].fill(0xff);
        fs::write(&file, &bytes).unwrap();
        assert_unreadable(&app, cause);
        assert!(fs::read(&file).unwrap() == bytes);
    }
}

#[test]
fn a_query_that_exceeds_its_timeout_is_a_503_until_the_database_answers_again() {
    let app = start(TIMEOUT);
    let healthy = app.get("/customers/count");
    let locked = lock(&app);
    let started = Instant::now();
    assert_eq!(app.get("/customers/count").error(503), MESSAGE);
    assert!(started.elapsed() >= Duration::from_millis(300), "{:?}", started.elapsed());
    let log = app.log("customers-service", "stderr");
    assert!(log.contains("database timeout after 300ms"), "{log}");
    assert_eq!(app.get("/incidents/items").error(503), MESSAGE);
    drop(locked);
    thread::sleep(COOL_DOWN);
    assert_eq!(app.get("/customers/count").text(), healthy.text());
    assert_eq!(app.dashboard().header("x-aggregate-complete"), Some("true"));
}

#[test]
fn a_timeout_opens_the_circuit_of_the_database_for_a_second() {
    let app = start(TIMEOUT);
    app.get("/customers/count");
    // On a busy machine, the cool-down may be over before the second request.
    let failed_fast = (0..5).any(|_| {
        let locked = lock(&app);
        app.get("/customers/count").error(503);
        drop(locked);
        let started = Instant::now();
        let reply = app.get("/customers/count");
        let failed_fast = started.elapsed() < Duration::from_millis(250) && reply.status == 503;
        thread::sleep(COOL_DOWN);
        assert_eq!(app.get("/customers/count").status, 200);
        failed_fast
    });
    assert!(failed_fast, "the second query waited");
    let log = app.log("customers-service", "stderr");
    assert!(log.contains("database circuit open after a recent timeout"), "{log}");
}

#[test]
fn a_database_timeout_of_a_backend_is_an_error_status_on_the_dashboard() {
    let app = start(TIMEOUT);
    app.dashboard();
    let locked = lock(&app);
    let reply = app.dashboard();
    assert_eq!(reply.status, 502, "{}", reply.text());
    assert_eq!(reply.json()["unavailable"][0]["reason"], "error_status");
    drop(locked);
    thread::sleep(COOL_DOWN);
    assert_eq!(app.dashboard().header("x-aggregate-complete"), Some("true"));
}

#[test]
fn an_invalid_timeout_is_logged_and_the_default_applies() {
    for invalid in ["0", "60001", "soon", ""] {
        let app = start(invalid);
        assert_eq!(app.get("/customers/count").status, 200);
        let log = app.log("customers-service", "stderr");
        let says = format!("database_timeout_ms is {invalid:?}: not a whole number from 1 to 60000");
        let line: serde_json::Value = serde_json::from_str(log.trim_end()).unwrap();
        assert!(line["error"].as_str().unwrap().starts_with(&says), "{log}");
        assert!(log.contains("the default of 2s applies"), "{log}");
    }
}
