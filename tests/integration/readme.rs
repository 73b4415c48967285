//! The README is true: its commands print what it says.

use harness::{App, root};

const BASE: &str = "http://127.0.0.1:3000";

/// The commands of the README with what it says they print, in their order.
fn commands(readme: &str) -> Vec<(&str, &str)> {
    let blocks = readme.split("```console\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    blocks
        .flat_map(|block| block.split("$ ").skip(1))
        .map(|command| command.split_once('\n').unwrap())
        .map(|(command, output)| (command, output.trim_end()))
        .collect()
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
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
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
fn an_ellipsis_stands_for_anything_and_nothing_else_does() {
    assert!(matches("[1,…,9]", "[1,2,9]"));
    assert!(matches("[]", "[]"));
    assert!(!matches("[]", "[1]"));
    assert!(!matches("[1,…,9]", "[1,2,9,3]"));
    assert!(!matches("[1,…,9]", "[2,9]"));
}
