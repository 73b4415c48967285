//! The script of the Job that applies `migrations.sql`, run with a stand-in for curl.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Files, text};

/// Keeps what it is called with and what it is sent, and answers as it is told.
const CURL: &str =
    "#!/bin/sh\nprintf '%s\\n' \"$@\" > \"$KEPT/arguments\"\ncat > \"$KEPT/body\"\nprintf '%s' \"$ANSWER\"\n";

struct Run {
    output: Output,
    arguments: String,
    body: Value,
}

fn run(migrations: &str, answer: &str) -> Run {
    let kept = TempDir::new().unwrap();
    let path = |name: &str| kept.path().join(name);
    fs::write(path("curl"), CURL).unwrap();
    fs::set_permissions(path("curl"), Permissions::from_mode(0o755)).unwrap();
    fs::write(path("migrations.sql"), migrations).unwrap();

    let files = Files::read();
    let container = &files.pod("Job")["containers"][0];
    let search = std::env::var("PATH").unwrap();
    let output = Command::new(text(container, "/command/0"))
        .arg(text(container, "/command/1"))
        .arg(text(container, "/args/0"))
        .env("PATH", format!("{}:{search}", kept.path().display()))
        .env("KEPT", kept.path())
        .env("ANSWER", answer)
        .env("MIGRATIONS", path("migrations.sql"))
        .env("URL", "http://libsql:8080/")
        .env("TOKEN", "abc")
        .output()
        .unwrap();
    let body = fs::read_to_string(path("body")).unwrap();
    Run {
        output,
        arguments: fs::read_to_string(path("arguments")).unwrap(),
        body: serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}")),
    }
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
