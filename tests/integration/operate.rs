//! `docs/operate.md`: variables with their defaults, log messages, and the commands about stale-if-error.

use std::collections::BTreeMap;
use std::fs::read_to_string;
use std::thread;
use std::time::{Duration, Instant};

use harness::{App, Manifest, Options, root};
use nix::sys::signal::Signal;
use rusqlite::{Connection, OpenFlags};
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
fn a_denied_store_is_a_miss_that_is_logged_as_described() {
    let without_store = |manifest: Manifest| {
        manifest.unset("aggregates-service", "key_value_stores").replace("incidents-service", "status_500")
    };
    let app =
        Options::default().migrated().variable("stale_if_error_s", "600").manifest(without_store).start();
    assert_eq!(app.dashboard().json()["unavailable"][0]["reason"], "error_status");
    let log = app.log("aggregates-service", "stderr");
    assert!(log.contains("cannot open the store: Error::AccessDenied"), "{log}");
    assert!(operate().contains("`cannot open the store: Error::AccessDenied`"));
}

/// Waits until the app has stored a stale entry for both backends, which it does after its response.
pub fn wait_for_stale_entries(app: &App) {
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
fn the_commands_about_stale_if_error_print_what_the_document_shows() {
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
                        wait_for_stale_entries(&before);
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
