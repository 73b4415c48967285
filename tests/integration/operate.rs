//! `docs/operate.md` is true: it has every variable, and the log says what it says.

use std::collections::BTreeMap;
use std::fs::read_to_string;

use harness::{App, Manifest, Options, root};
use serde_json::Value;
use toml::Table;

use crate::documents::rows;

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
    app.dashboard();
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
    let shown = text.split("```text\n").nth(1).unwrap().lines().next().unwrap();
    let app = Options::default().migrated().variable("backend_timeout_ms", "soon").start();
    app.dashboard();
    let line: Value = serde_json::from_str(app.log("aggregates-service", "stderr").trim_end()).unwrap();
    assert_eq!((&line["level"], &line["error"]), (&Value::from("warn"), &Value::from(shown)));
}

/// What may be wrong with the customers service, and what of it is in the log.
const CAUSES: [(&str, &str); 8] = [
    ("stall_before_headers", "no whole answer within 1s"),
    ("status_500", "status 500"),
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
        assert!(described.iter().any(|cell| cell.split(", ").any(|part| part == code)), "{cause}");
        let change = |manifest: Manifest| match fault {
            "not_allowed" => {
                let host = vec!["http://incidents-service.spin.internal"];
                manifest.set("aggregates-service", "allowed_outbound_hosts", host)
            }
            _ => manifest.replace("customers-service", fault),
        };
        let app = Options::default().migrated().manifest(change).start();
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
