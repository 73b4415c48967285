//! The README is true: its commands print what it says.

use harness::{App, Options, root};
use toml::Table;

const BASE: &str = "http://127.0.0.1:3000";

fn readme() -> String {
    std::fs::read_to_string(root().join("README.md")).unwrap()
}

/// The commands of the README with what it says they print, in their order.
fn commands(readme: &str) -> Vec<(&str, &str)> {
    let blocks = readme.split("```console\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    blocks
        .flat_map(|block| block.split("$ ").skip(1))
        .map(|command| command.split_once('\n').unwrap())
        .map(|(command, output)| (command, output.trim_end()))
        .collect()
}

/// The SQL that `spin up` is given in the README.
fn first_sql(readme: &str) -> &str {
    let (_, rest) = readme.split_once("spin up --sqlite '").unwrap();
    rest.split_once("' --sqlite @migrations.sql\n").unwrap().0
}

/// Whether `expected`, with `…` for anything, is `actual`.
fn matches(expected: &str, actual: &str) -> bool {
    let parts: Vec<&str> = expected.split('…').collect();
    let [first, .., last] = parts[..] else {
        return expected == actual;
    };
    let mut place = 0;
    let in_order = parts.iter().all(|part| match actual[place..].find(part) {
        Some(found) => {
            place += found + part.len();
            true
        }
        None => false,
    });
    in_order && actual.starts_with(first) && actual.ends_with(last)
}

#[test]
fn every_command_on_the_app_prints_what_it_says() {
    let readme = readme();
    let app = App::start();
    let mut tried = 0;
    for (command, expected) in commands(&readme) {
        let words: Vec<&str> = command.split(' ').collect();
        let reply = match words[..] {
            ["curl", url] => app.get(url.strip_prefix(BASE).unwrap()),
            ["curl", "-X", method, url] => app.send(method, url.strip_prefix(BASE).unwrap(), &[]),
            ["curl", "-H", _, ref value @ .., url] => {
                let (name, value) = command
                    .split('\'')
                    .nth(1)
                    .unwrap_or_else(|| panic!("{value:?}"))
                    .split_once(": ")
                    .unwrap();
                app.send("GET", url.strip_prefix(BASE).unwrap(), &[(name, value)])
            }
            ["sqlite3", ".spin/sqlite_db.db", ..] => {
                app.sql(command.split('\'').nth(1).unwrap());
                continue;
            }
            _ => panic!("the README has a command that this test does not know: {command}"),
        };
        assert!(matches(expected, reply.text()), "{command} prints\n{}\nand not\n{expected}", reply.text());
        tried += 1;
    }
    assert!(tried >= 14, "only {tried} commands were found");
}

#[test]
fn spin_and_cargo_prepare_the_database_alike() {
    let readme = readme();
    let cargo: Table = std::fs::read_to_string(root().join(".cargo/config.toml")).unwrap().parse().unwrap();
    let up = cargo["alias"]["up"].as_array().unwrap();
    let flags: Vec<&str> = up.iter().map(|flag| flag.as_str().unwrap()).collect();
    assert!(flags.ends_with(&["--sqlite", first_sql(&readme), "--sqlite", "@migrations.sql"]), "{flags:?}");
}

#[test]
fn rows_are_loaded_while_the_app_answers() {
    let readme = readme();
    let app = Options::default().arguments(["--sqlite", first_sql(&readme)]).migrated().start();
    let before = app.dashboard();
    let loading = app.database();
    // So many rows that they are written to the file before the transaction is committed.
    loading
        .execute_batch(
            "PRAGMA cache_size = 10;
             BEGIN;
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
             INSERT INTO Incidents
             SELECT printf('%08x-0000-4000-8000-000000000000', i), i, 'Loaded', 'Fire' FROM n",
        )
        .unwrap();
    let meanwhile = app.dashboard();
    assert_eq!(meanwhile.text(), before.text());
    assert_eq!(meanwhile.header("x-aggregate-complete"), Some("true"));
    loading.execute_batch("COMMIT").unwrap();
    let after = app.dashboard();
    assert!(
        after.text().contains(r#"{"customerName":"Loaded","numberOfIncidents":5000}"#),
        "{}",
        after.text()
    );
}

#[test]
fn an_ellipsis_stands_for_anything_and_nothing_else_does() {
    assert!(matches("[1,…,9]", "[1,2,9]"));
    assert!(matches("[]", "[]"));
    assert!(!matches("[]", "[1]"));
    assert!(!matches("[1,…,9]", "[1,2,9,3]"));
    assert!(!matches("[1,…,9]", "[2,9]"));
}
