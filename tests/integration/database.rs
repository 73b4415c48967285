//! A database without tables, a damaged file, and a locked one, which makes queries time out.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use harness::{App, Options};
use rusqlite::Connection;
use serde_json::json;

use crate::data::MIGRATIONS;
use crate::faults::{names, unavailable};
use crate::routes;

/// How long a query may take in these tests, in milliseconds.
const TIMEOUT: &str = "300";

/// Longer than the cool-down of the circuit.
const COOL_DOWN: Duration = Duration::from_millis(1100);

const MESSAGE: &str = "The data could not be read in time";

fn start() -> App {
    Options::default().migrated().variable("database_timeout_ms", TIMEOUT).start()
}

/// Locks the database until it is dropped.
fn lock(app: &App) -> Connection {
    let connection = app.database();
    connection.execute_batch("BEGIN EXCLUSIVE").unwrap();
    connection
}

/// Asserts that every route that reads the database is a 500 with one log line.
fn assert_unreadable(app: &App, cause: &str) {
    let services = names();
    let lines =
        || -> usize { services.iter().map(|service| app.log(service, "stderr").lines().count()).sum() };
    for path in routes::paths() {
        if path.starts_with("/aggregates") {
            let reply = app.get(&path);
            let all: Vec<_> = services.iter().map(|service| unavailable(service, "error_status")).collect();
            assert_eq!((reply.status.as_u16(), &reply.json()["unavailable"]), (502, &json!(all)));
        } else {
            let before = lines();
            assert_eq!(app.get(&path).error(500), "The data cannot be read at the moment", "{path}");
            assert_eq!(lines(), before + 1, "{path}");
        }
    }
    for log in services.iter().map(|service| app.log(service, "stderr")) {
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
fn a_table_without_triggers_is_a_500_until_the_migration_is_applied() {
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
fn a_damaged_file_is_a_500_and_is_not_changed() {
    // All bytes, or all but the first page, which has the signature.
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
fn a_query_that_exceeds_its_timeout_is_a_503_until_the_database_is_unlocked() {
    let app = start();
    let healthy = app.get("/customers/count");
    let locked = lock(&app);
    let started = Instant::now();
    assert_eq!(app.get("/customers/count").error(503), MESSAGE);
    assert!(started.elapsed() >= Duration::from_millis(300), "{:?}", started.elapsed());
    let log = app.log("customers-service", "stderr");
    assert!(log.contains("database timeout after 300ms"), "{log}");
    assert_eq!(app.get("/incidents/items").error(503), MESSAGE);
    assert_eq!(app.dashboard().json()["unavailable"][0]["reason"], "error_status");
    drop(locked);
    thread::sleep(COOL_DOWN);
    assert_eq!(app.get("/customers/count").text(), healthy.text());
    assert_eq!(app.dashboard().header("x-aggregate-complete"), Some("true"));
}

#[test]
fn a_timeout_opens_the_circuit_of_the_database_for_a_second() {
    let app = start();
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
