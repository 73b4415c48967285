//! The README is true: its commands print what it says.

use std::fs::read_to_string;

use harness::{App, Options, root};
use nix::sys::signal::Signal;
use toml::Table;

const BASE: &str = "http://127.0.0.1:3000";

fn readme() -> String {
    read_to_string(root().join("README.md")).unwrap()
}

/// The commands of the README with what it says they print, in their order.
pub fn commands(readme: &str) -> Vec<(&str, &str)> {
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
pub fn matches(expected: &str, actual: &str) -> bool {
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

/// A command as the shell would split it, as far as single quotes go.
pub fn words(command: &str) -> Vec<&str> {
    let parts = command.split('\'').enumerate();
    parts
        .flat_map(|(index, part)| match index % 2 {
            0 => part.split_whitespace().collect(),
            _ => vec![part],
        })
        .collect()
}

/// The flags that `cargo up` gives to the local host.
fn alias() -> Vec<String> {
    let config: Table = read_to_string(root().join(".cargo/config.toml")).unwrap().parse().unwrap();
    let words = config["alias"]["up"].as_array().unwrap().iter();
    let words = words.map(|word| word.as_str().unwrap().to_owned());
    words.skip_while(|word| word != "--").skip(1).collect()
}

/// A `cargo up` with these flags: where `document` says that it serves, and an app that does it elsewhere.
pub fn cargo_up(document: &str, flags: &[&str]) -> (String, Options) {
    let (mut listen, mut state_dir, mut others) = (None, None, Vec::new());
    for pair in flags.chunks(2) {
        match pair {
            ["--listen", address] => listen = Some(format!("http://{address}")),
            ["--state-dir", directory] => state_dir = Some(*directory),
            _ => others.extend(pair),
        }
    }
    let state_dir = state_dir.expect("it has a database of its own");
    assert!(state_dir.starts_with("target/"), "{state_dir} would not be ignored by git");
    assert!(document.contains(&format!("`rm -r {state_dir}`")), "{state_dir} is left behind");

    let migrations = format!("@{}", root().join("migrations.sql").display());
    let alias = alias();
    let alias = alias.iter().filter(|flag| *flag != "--build").map(String::as_str);
    let alias = alias.map(|flag| if flag == "@migrations.sql" { migrations.as_str() } else { flag });
    (listen.expect("it has a port of its own"), Options::default().arguments(alias).arguments(others))
}

#[test]
fn every_command_on_the_app_prints_what_it_says() {
    let readme = readme();
    let mut apps = vec![(BASE.to_owned(), App::start())];
    let mut tried = 0;
    for (command, expected) in commands(&readme) {
        let words = words(command);
        let (method, url) = match words[..] {
            ["curl", url] => ("GET", url),
            ["curl", "-X", method, url] => (method, url),
            ["cargo", "up", ref flags @ ..] => {
                let (base, app) = cargo_up(&readme, flags);
                apps.push((base, app.start()));
                continue;
            }
            _ => panic!("the README has a command that this test does not know: {command}"),
        };
        let mut replies = apps
            .iter()
            .filter_map(|(base, app)| Some(app.send(method, url.strip_prefix(base.as_str())?, &[])));
        let reply = replies.next().unwrap_or_else(|| panic!("{command} asks nobody"));
        assert!(matches(expected, reply.text()), "{command} prints\n{}\nand not\n{expected}", reply.text());
        tried += 1;
    }
    assert_eq!(apps.len(), 2);
    assert!(tried >= 14, "only {tried} commands were found");
}

#[test]
fn the_degraded_answer_is_the_same_when_the_database_is_still_there() {
    let readme = readme();
    let flags: Vec<&str> = commands(&readme)
        .into_iter()
        .find_map(|(command, _)| command.strip_prefix("cargo up "))
        .map(words)
        .expect("the README starts a degraded app");
    let app = cargo_up(&readme, &flags).1.start();
    let first = app.dashboard();
    assert_eq!(first.header("x-aggregate-complete"), Some("false"));
    let stopped = app.stop(Signal::SIGINT);
    assert!(stopped.status.success(), "{}", stopped.output);
    let again = cargo_up(&readme, &flags).1.state(stopped.state).start().dashboard();
    assert_eq!((again.status, again.text()), (first.status, first.text()));
}

#[test]
fn spin_and_cargo_prepare_the_database_alike() {
    let readme = readme();
    let flags = alias();
    let prepare = ["--sqlite", first_sql(&readme), "--sqlite", "@migrations.sql"].map(str::to_owned);
    assert!(flags.ends_with(&prepare), "{flags:?}");
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
