//! A database that cannot be read, and a locked one, which makes queries time out.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use harness::{App, Options, backends};
use serde_json::{Value, json};

use crate::data::MIGRATIONS;
use crate::faults::{names, unavailable};
use crate::routes;

const UNREADABLE: &str = "The data cannot be read at the moment";

/// An app without tables, or whose database is damaged after so many bytes. The first page has the signature.
fn unreadable(damaged_after: Option<usize>) -> App {
    let Some(kept) = damaged_after else { return Options::default().start() };
    let app = App::start();
    let file = app.state_directory().join("sqlite_db.db");
    let mut bytes = fs::read(&file).unwrap();
    bytes[kept..].fill(0xff);
    fs::write(&file, &bytes).unwrap();
    app
}

#[test]
fn a_database_error_is_a_500_whose_cause_is_only_in_the_log() {
    for (damaged_after, cause) in
        [(None, "no such table"), (Some(0), "file is not a database"), (Some(4096), "malformed")]
    {
        let app = unreadable(damaged_after);
        for path in routes::paths().into_iter().filter(|path| !path.starts_with("/aggregates")) {
            let service = format!("{}-service", path.split('/').nth(1).unwrap());
            let lines = app.log(&service, "stderr").lines().count();
            // A gateway may have put a token into the query, so it is not logged.
            assert_eq!(app.get(&format!("{path}?token=secret")).error(500), UNREADABLE, "{path}");
            let log = app.log(&service, "stderr");
            assert_eq!(log.lines().count(), lines + 1, "{log}");
            let line: Value = serde_json::from_str(log.lines().last().unwrap()).unwrap();
            assert_eq!([&line["level"], &line["service"]], ["error", &service]);
            assert_eq!(line["request"], format!("GET {path}"));
            assert!(line["elapsedMs"].is_u64() && line["error"].as_str().unwrap().contains(cause), "{line}");
        }
        let reply = app.dashboard();
        let all: Vec<_> = names().iter().map(|service| unavailable(service, "error_status")).collect();
        assert_eq!((reply.status.as_u16(), &reply.json()["unavailable"]), (502, &json!(all)));
    }
}

#[test]
fn a_table_without_triggers_is_a_500_until_the_migration_is_applied() {
    for backend in backends() {
        let (app, table) = (App::start(), backend.table);
        let complete = app.dashboard().body;
        let create = format!("SELECT sql FROM sqlite_master WHERE name = '{table}'");
        let create: String = app.database().query_row(&create, [], |row| row.get(0)).unwrap();
        app.sql(&format!(
            "ALTER TABLE {table} RENAME TO Copy; {create}; INSERT INTO {table} SELECT * FROM Copy; DROP TABLE Copy"
        ));
        assert_eq!(app.get(&format!("/{}/summary/5", table.to_lowercase())).error(500), UNREADABLE);
        let log = app.log(backend.service, "stderr");
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
fn a_query_that_exceeds_its_timeout_is_a_503_and_opens_the_circuit_for_a_second() {
    let app = Options::default().migrated().variable("database_timeout_ms", "300").start();
    let healthy = app.get("/customers/count").body;
    // On a busy machine, the cool-down may be over before the second query.
    let failed_without_a_query = (0..5).any(|_| {
        let database = app.database();
        database.execute_batch("BEGIN EXCLUSIVE").unwrap();
        let started = Instant::now();
        assert_eq!(app.get("/customers/count").error(503), "The data could not be read in time");
        assert!(started.elapsed() >= Duration::from_millis(300), "{:?}", started.elapsed());
        drop(database);
        let is_open = app.get("/customers/count").status == 503;
        thread::sleep(Duration::from_millis(1100));
        assert_eq!(app.get("/customers/count").body, healthy);
        is_open
    });
    assert!(failed_without_a_query);
    let log = app.log("customers-service", "stderr");
    let causes = ["database timeout after 300ms", "database circuit open after a recent timeout"];
    assert!(causes.iter().all(|cause| log.contains(cause)), "{log}");
}
