//! `docs/operate.md` is true: it has every variable, and the log says what it says.

use std::collections::BTreeMap;
use std::fs::read_to_string;
use std::thread;
use std::time::{Duration, Instant};

use harness::{App, Manifest, Options, root};
use nix::sys::signal::Signal;
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;
use toml::Table;

use crate::readme;

/// The rows of all tables below a heading, each with its cells.
fn rows<'a>(text: &'a str, heading: &str) -> Vec<Vec<&'a str>> {
    let (_, section) = text.split_once(&format!("\n## {heading}\n")).expect("the heading is there");
    let rows = section.split("\n## ").next().unwrap().lines().filter(|line| line.starts_with("| "));
    rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

fn operate() -> String {
    read_to_string(root().join("docs/operate.md")).unwrap()
}

#[test]
fn every_variable_of_the_app_is_described_with_its_default() {
    let manifest: Table = read_to_string(root().join("spin.toml")).unwrap().parse().unwrap();
    let variables = manifest["variables"].as_table().unwrap().iter();
    let variables: BTreeMap<_, _> =
        variables.map(|(name, value)| (name.as_str(), value["default"].as_str().unwrap())).collect();
    let text = operate();
    let rows = rows(&text, "Variables");
    let described = rows.iter().skip(1).map(|row| (row[0].trim_matches('`'), row[1].trim_matches('`')));
    assert_eq!(described.collect::<BTreeMap<_, _>>(), variables);
}

#[test]
fn the_line_of_the_log_is_one_that_the_app_writes() {
    let text = operate();
    let shown = text.split("```json\n").nth(1).unwrap().lines().next().unwrap();
    let app = App::start();
    app.sql("DROP TABLE Customers");
    let id: Value = serde_json::from_str(shown).unwrap();
    app.send("GET", "/aggregates/dashboard", &[("x-request-id", id["requestId"].as_str().unwrap())]);
    let written = app.log("aggregates-service", "stderr");
    let without_time = |line: &str| {
        let mut line: Value = serde_json::from_str(line).unwrap();
        assert!(line["elapsedMs"].take().is_u64());
        line.to_string()
    };
    assert_eq!(without_time(written.trim_end()), without_time(shown));
}

#[test]
fn a_variable_that_is_wrong_is_warned_of_as_described() {
    let text = operate();
    let (_, warnings) = text.split_once("\n### Warnings\n").unwrap();
    let shown = warnings.split("```text\n").nth(1).unwrap().lines().next().unwrap();
    let app = Options::default().migrated().variable("backend_timeout_ms", "soon").start();
    app.dashboard();
    let line: Value = serde_json::from_str(app.log("aggregates-service", "stderr").trim_end()).unwrap();
    assert_eq!((&line["level"], &line["error"]), (&Value::from("warn"), &Value::from(shown)));
}

/// What may be wrong with the customers service, and what of it is in the log.
const CAUSES: [(&str, &str); 11] = [
    ("stall_before_headers", "no whole answer within 1s"),
    ("stall_before_headers", "it is not asked, having been waited for in vain"),
    ("status_500", "status 500"),
    ("status_503", "status 503"),
    ("trap", "status 500 without a body, twice"),
    ("not_allowed", "ErrorCode::HttpRequestDenied"),
    ("html", "expected value at line 1 column 1"),
    ("wrong_types", "invalid type: …"),
    ("truncated", "EOF while parsing …"),
    ("shorter_than_declared", "the body broke off"),
    ("over_one_mib", "a body of more than 1048576 bytes"),
];

#[test]
fn every_cause_of_a_missing_section_is_described_as_it_is_logged() {
    let text = operate();
    let described: Vec<&str> = rows(&text, "Logs").iter().map(|row| row[0]).collect();
    for (fault, cause) in CAUSES {
        let code = format!("`{cause}`");
        assert!(described.iter().any(|cell| cell.contains(&code)), "{cause}");
        let change = |manifest: Manifest| match fault {
            "not_allowed" => {
                let host = vec!["http://incidents-service.spin.internal"];
                manifest.set("aggregates-service", "allowed_outbound_hosts", host)
            }
            _ => manifest.replace("customers-service", fault),
        };
        let app = Options::default().migrated().manifest(change).start();
        app.dashboard();
        app.dashboard();
        let log = app.log("aggregates-service", "stderr");
        let start = format!("failed: {}", cause.trim_end_matches('…'));
        assert!(log.contains(&start), "{fault}: {start} is not in {log}");
    }
}

#[test]
fn every_cause_of_a_failed_query_is_described_as_it_is_logged() {
    let text = operate();
    let described: Vec<&str> = rows(&text, "Logs").iter().map(|row| row[0]).collect();
    let without_database = |manifest: Manifest| manifest.unset("customers-service", "sqlite_databases");
    for (app, cause) in [
        (
            Options::default().migrated().manifest(without_database),
            "cannot open the database: Error::AccessDenied",
        ),
        (Options::default(), "no such table: "),
    ] {
        assert!(described.iter().any(|cell| cell.contains(cause)), "{cause}");
        let app = app.start();
        app.get("/customers/count").error(500);
        let log = app.log("customers-service", "stderr");
        assert!(log.contains(cause), "{cause} is not in {log}");
    }
}

#[test]
fn a_database_that_does_not_answer_is_described_as_it_is_logged() {
    let text = operate();
    let described: Vec<&str> = rows(&text, "Logs").iter().map(|row| row[0]).collect();
    let app = Options::default().migrated().variable("database_timeout_ms", "50").start();
    let locked = app.database();
    locked.execute_batch("BEGIN EXCLUSIVE").unwrap();
    for cause in
        ["the database has not answered within 2s", "the database has not answered within 2s, a moment ago"]
    {
        assert!(described.contains(&format!("`{cause}`").as_str()), "{cause}");
        app.get("/customers/count").error(503);
        let (log, cause) = (app.log("customers-service", "stderr"), cause.replace("2s", "50ms"));
        assert!(log.contains(&format!("\"{cause}\"")), "{cause} is not in {log}");
    }
}

/// Waits until the app has kept what both services have told it, which it does after its response.
pub fn wait_for_last_good_answers(app: &App) {
    let file = app.state_directory().join("sqlite_key_value.db");
    let keys = || -> rusqlite::Result<u32> {
        let store = Connection::open_with_flags(&file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        store.query_row("SELECT count(*) FROM spin_key_value", [], |row| row.get(0))
    };
    let started = Instant::now();
    while keys() != Ok(2) {
        assert!(started.elapsed() < Duration::from_secs(20), "{:?}", keys());
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_service_fails_from_beginning_to_end_as_described() {
    let text = operate();
    let mut running: Option<App> = None;
    let mut answers = 0;
    for (command, expected) in readme::commands(&text) {
        match (&readme::words(command)[..], &running) {
            (["cargo", "up", flags @ ..], _) => {
                let (_, app) = readme::cargo_up(&text, flags);
                running = Some(match running.take() {
                    None => app.start(),
                    Some(before) => {
                        wait_for_last_good_answers(&before);
                        app.state(before.stop(Signal::SIGINT).state).start()
                    }
                });
            }
            (["curl", url], Some(app)) => {
                let reply = app.get(url.strip_prefix("http://127.0.0.1:3001").unwrap());
                assert!(readme::matches(expected, reply.text()), "{command} prints {}", reply.text());
                answers += 1;
            }
            _ => panic!("this test does not know {command}"),
        }
    }
    assert_eq!(answers, 2);
}

#[test]
fn a_store_that_may_not_be_used_is_described_as_it_is_logged() {
    let text = operate();
    let described: Vec<&str> = rows(&text, "Logs").iter().map(|row| row[0]).collect();
    let cause = "cannot open the store: Error::AccessDenied";
    assert!(described.contains(&format!("`{cause}`").as_str()));
    let without = |manifest: Manifest| {
        manifest.unset("aggregates-service", "key_value_stores").replace("incidents-service", "status_500")
    };
    let app = Options::default().migrated().variable("stale_if_error_s", "600").manifest(without).start();
    app.dashboard();
    let log = app.log("aggregates-service", "stderr");
    assert!(
        log.contains(&format!("the last good answer of incidents-service cannot be read: {cause}")),
        "{log}"
    );
}
