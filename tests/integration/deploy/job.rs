//! The script of the Job that applies `migrations.sql`, run with a stand-in for curl.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Files, text};

/// Keeps what it is called with and what it is sent, and answers as it is told.
const CURL: &str =
    "printf '%s\\n' \"$@\" > \"$KEPT/arguments\"\ncat > \"$KEPT/body\"\nprintf '%s' \"$ANSWER\"";

struct Run {
    output: Output,
    arguments: String,
    body: Value,
}

fn run(migrations: &str, answer: &str) -> Run {
    let kept = TempDir::new().unwrap();
    let output = script(kept.path(), migrations, CURL)
        .env("KEPT", kept.path())
        .env("ANSWER", answer)
        .env("URL", "http://libsql:8080/")
        .env("TOKEN", "abc")
        .output()
        .unwrap();
    let body = fs::read_to_string(kept.path().join("body")).unwrap();
    Run {
        output,
        arguments: fs::read_to_string(kept.path().join("arguments")).unwrap(),
        body: serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}")),
    }
}

/// The Job's own command, with a shell function in the place of curl. It lacks `URL` and `TOKEN`.
///
/// A program would have to be written first, and cannot be started while another test starts one.
pub fn script(directory: &Path, migrations: &str, curl: &str) -> Command {
    let path = directory.join("migrations.sql");
    fs::write(&path, migrations).unwrap();
    let files = Files::read();
    let container = &files.pod("Job")["containers"][0];
    let mut command = Command::new(text(container, "/command/0"));
    command
        .arg(text(container, "/command/1"))
        .arg(format!("curl() {{\n{curl}\n}}\n{}", text(container, "/args/0")))
        .env("MIGRATIONS", path);
    command
}

const OK: &str = r#"{"baton":null,"base_url":null,"results":[{"type":"ok","response":{"type":"sequence"}},{"type":"ok","response":{"type":"close"}}]}"#;

#[test]
fn the_whole_file_is_sent_as_one_script() {
    let migrations = fs::read_to_string(harness::root().join("migrations.sql")).unwrap();
    let run = run(&migrations, OK);
    assert!(run.output.status.success(), "{:?}", run.output);
    assert_eq!(
        run.body,
        json!({ "requests": [{ "type": "sequence", "sql": migrations }, { "type": "close" }] })
    );
    assert!(run.arguments.contains("\nhttp://libsql:8080/v2/pipeline\n"), "{}", run.arguments);
    assert!(run.arguments.contains("\nauthorization: Bearer abc\n"), "{}", run.arguments);
}

#[test]
fn every_character_arrives() {
    let migrations = "-- \"quoted\" \\ \\\\n & $HOME `x` %s 'it''s'\n\tSELECT 'ß日', \"\";\n";
    assert_eq!(run(migrations, OK).body["requests"][0]["sql"], migrations);
}

#[test]
fn an_error_in_the_answer_fails_the_job_and_is_in_its_log() {
    for answer in [
        r#"{"baton":null,"base_url":null,"results":[{"type":"error","error":{"message":"near X: syntax error"}},{"type":"ok","response":{"type":"close"}}]}"#,
        "<html>another server</html>",
        "",
    ] {
        let run = run("SELECT 1;\n", answer);
        assert_eq!(run.output.status.code(), Some(1), "{:?}", run.output);
        assert!(String::from_utf8_lossy(&run.output.stderr).contains(answer));
    }
}
