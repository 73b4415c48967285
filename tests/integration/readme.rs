//! The commands of the README print what it says.

use std::fs::read_to_string;

use harness::{App, Options, root};

/// A command, split as a shell does it, but for quotes other than single ones.
fn words(command: &str) -> Vec<&str> {
    let parts = command.split('\'').enumerate();
    parts
        .flat_map(|(index, part)| if index % 2 == 0 { part.split_whitespace().collect() } else { vec![part] })
        .collect()
}

/// Whether `expected`, in which `…` stands for any text between two others, is `actual`.
fn matches(expected: &str, actual: &str) -> bool {
    let Some((start, rest)) = expected.split_once('…') else { return expected == actual };
    let after = actual.strip_prefix(start);
    after.is_some_and(|after| after.char_indices().any(|(index, _)| matches(rest, &after[index..])))
}

#[test]
fn every_command_prints_what_the_readme_says() {
    let readme = read_to_string(root().join("README.md")).unwrap();
    let mut app = App::start();
    let mut base = "http://127.0.0.1:3000".to_owned();
    let (mut starts, mut requests) = (0, 0);
    let blocks = readme.split("```console\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    for command in blocks.flat_map(|block| block.split("$ ").skip(1)) {
        let (command, expected) = command.split_once('\n').unwrap();
        match words(command)[..] {
            ["cargo", "up", "--listen", address, "--state-dir", directory, ref arguments @ ..] => {
                assert!(readme.contains(&format!("rm -r {directory}")), "{directory} is not removed");
                base = format!("http://{address}");
                app = Options::default().migrated().arguments(arguments.iter().copied()).start();
                starts += 1;
            }
            ["curl", url] => {
                let reply = app.get(url.strip_prefix(&base).expect("nothing serves this URL"));
                assert!(matches(expected.trim_end(), reply.text()), "{command} prints\n{}", reply.text());
                requests += 1;
            }
            _ => panic!("this test does not know the command {command}"),
        }
    }
    assert!(starts >= 1 && requests >= 5, "{starts} apps and {requests} requests");
}
