//! `docs/operate.md`: variables with their defaults, and stale-if-error step by step.

use std::collections::BTreeMap;
use std::fs::read_to_string;

use harness::{App, root};
use nix::sys::signal::Signal;
use toml::Table;

use crate::{readme, stale_if_error};

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
    let (_, section) = text.split_once("\n## Variables\n").expect("there is a table of variables");
    let rows = section.split("\n## ").next().unwrap().lines().filter(|line| line.starts_with("| `"));
    let described = rows.map(|row| {
        let mut cells = row.split('|').map(|cell| cell.trim().trim_matches('`')).skip(1);
        (cells.next().unwrap(), cells.next().unwrap())
    });
    assert_eq!(described.collect::<BTreeMap<_, _>>(), variables);
}

#[test]
fn the_commands_about_stale_if_error_print_what_the_document_shows() {
    let text = operate();
    let mut running: Option<App> = None;
    let mut responses = 0;
    for (command, expected) in readme::commands(&text) {
        match (&readme::words(command)[..], &running) {
            (["cargo", "up", flags @ ..], _) => {
                let (_, app) = readme::cargo_up(&text, flags);
                running = Some(match running.take() {
                    None => app.start(),
                    Some(before) => {
                        stale_if_error::wait_for_entries(&before);
                        app.state(before.stop(Signal::SIGINT).state).start()
                    }
                });
            }
            (["curl", url], Some(app)) => {
                let reply = app.get(url.strip_prefix("http://127.0.0.1:3001").unwrap());
                assert!(readme::matches(expected, reply.text()), "{command} prints {}", reply.text());
                responses += 1;
            }
            _ => panic!("this test does not know {command}"),
        }
    }
    assert_eq!(responses, 2);
}
