//! The commands of the README print what it says.

use std::fs::read_to_string;

use harness::{App, Options, root};
use toml::Table;

const BASE: &str = "http://127.0.0.1:3000";

/// The commands of a document with their output, in order.
pub fn commands(document: &str) -> Vec<(&str, &str)> {
    let blocks = document.split("```console\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    blocks
        .flat_map(|block| block.split("$ ").skip(1))
        .map(|command| command.split_once('\n').unwrap())
        .map(|(command, output)| (command, output.trim_end()))
        .collect()
}

/// Whether `expected`, in which `…` stands for any text, is `actual`.
pub fn matches(expected: &str, actual: &str) -> bool {
    let mut parts = expected.split('…');
    let Some(mut rest) = actual.strip_prefix(parts.next().unwrap()) else { return false };
    let parts: Vec<_> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some((_, after)) = rest.split_once(part) else { return false };
        rest = after;
    }
    rest.ends_with(last)
}

/// A command, split as a shell does it, but for quotes other than single ones.
pub fn words(command: &str) -> Vec<&str> {
    let parts = command.split('\'').enumerate();
    parts
        .flat_map(|(index, part)| if index % 2 == 0 { part.split_whitespace().collect() } else { vec![part] })
        .collect()
}

/// The flags that `cargo up` passes to the development server.
fn alias() -> Vec<String> {
    let config: Table = read_to_string(root().join(".cargo/config.toml")).unwrap().parse().unwrap();
    let words =
        config["alias"]["up"].as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned());
    words.skip_while(|word| word != "--").skip(1).collect()
}

/// A `cargo up` with these flags: where `document` says that it serves, and options for an app on another port.
pub fn cargo_up(document: &str, flags: &[&str]) -> (String, Options) {
    let (mut listen, mut others) = (None, Vec::new());
    for pair in flags.chunks(2) {
        match pair {
            ["--listen", address] => listen = Some(format!("http://{address}")),
            ["--state-dir", directory] => {
                assert!(directory.starts_with("target/"), "{directory} is not ignored by git");
                assert!(document.contains(&format!("rm -r {directory}")), "{directory} is not removed");
            }
            _ => others.extend(pair),
        }
    }
    let migrations = format!("@{}", root().join("migrations.sql").display());
    let alias = alias();
    let alias = alias.iter().filter(|flag| *flag != "--build").map(String::as_str);
    let alias = alias.map(|flag| if flag == "@migrations.sql" { migrations.as_str() } else { flag });
    (listen.unwrap_or_else(|| BASE.to_owned()), Options::default().arguments(alias).arguments(others))
}

#[test]
fn every_command_prints_what_the_readme_says() {
    let readme = read_to_string(root().join("README.md")).unwrap();
    let mut apps = vec![(BASE.to_owned(), App::start())];
    let mut requests = 0;
    for (command, expected) in commands(&readme) {
        let (method, url) = match words(command)[..] {
            ["curl", url] => ("GET", url),
            ["curl", "-X", method, url] => (method, url),
            ["cargo", "up", ref flags @ ..] => {
                let (base, app) = cargo_up(&readme, flags);
                apps.push((base, app.start()));
                continue;
            }
            _ => panic!("this test does not know the command {command}"),
        };
        let reply =
            apps.iter().find_map(|(base, app)| Some(app.send(method, url.strip_prefix(base.as_str())?, &[])));
        let reply = reply.unwrap_or_else(|| panic!("{command}: nothing listens there"));
        assert!(matches(expected, reply.text()), "{command} prints\n{}\nand not\n{expected}", reply.text());
        requests += 1;
    }
    assert!(requests >= 5 && apps.len() >= 2, "{requests} requests to {} apps", apps.len());
}

#[test]
fn spin_up_and_cargo_up_prepare_the_database_in_the_same_way() {
    let readme = read_to_string(root().join("README.md")).unwrap();
    let command =
        readme.lines().find_map(|line| line.strip_prefix("spin up ")).expect("the README has spin up");
    assert!(alias().join(" ").ends_with(&words(command).join(" ")), "{command} and {:?}", alias());
}
