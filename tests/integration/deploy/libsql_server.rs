//! The script of the Job and the tokens of `deploy/new-secret`, on libSQL's own server.

use std::fs;
use std::process::{Command, Output};

use harness::{Answer, App, Hrana, LibsqlServer, Options, Runtime, needs, needs_spin};
use tempfile::TempDir;

use super::job;
use crate::data::MIGRATIONS;
use crate::libsql_server::TABLES;

/// The program itself, without the Job's patience with a server that does not answer yet.
const CURL: &str = "command curl \"$@\" --retry 0";

/// What `deploy/new-secret` writes.
struct Secret {
    key: String,
    reader: String,
    writer: String,
}

impl Secret {
    /// `None` where the machine lacks what makes or uses it.
    fn new() -> Option<Self> {
        if !needs(&["curl", "openssl"]) {
            return None;
        }
        let copy = TempDir::new().unwrap();
        fs::create_dir_all(copy.path().join("deploy/redis")).unwrap();
        let script = copy.path().join("deploy/new-secret");
        fs::copy(harness::root().join("deploy/new-secret"), &script).unwrap();
        let output = Command::new("bash").arg(script).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let value = |file: &str, key: &str| {
            let written = fs::read_to_string(copy.path().join(file)).unwrap();
            let mut lines = written.lines().filter_map(|line| line.split_once('='));
            lines.find(|(name, _)| *name == key).unwrap().1.to_owned()
        };
        Some(Self {
            key: value("database.env", "jwt-key"),
            reader: value("database.env", "token"),
            writer: value("migrations.env", "token"),
        })
    }
}

fn server() -> Option<(Secret, LibsqlServer)> {
    let secret = Secret::new()?;
    let server = LibsqlServer::with_key(&secret.key)?;
    Some((secret, server))
}

fn apply(server: &LibsqlServer, token: &str, migrations: &str) -> Output {
    let directory = TempDir::new().unwrap();
    let mut script = job::script(directory.path(), migrations, CURL);
    script.env("URL", server.url()).env("TOKEN", token).output().unwrap()
}

/// The schema and all rows.
fn contents(client: &Hrana) -> Vec<Answer> {
    let schema = "SELECT * FROM sqlite_master ORDER BY name";
    let statements = [schema].into_iter().chain(TABLES).map(|sql| (sql, [].as_slice()));
    client.run(statements).unwrap()
}

#[test]
fn the_token_that_may_write_applies_the_migrations_any_number_of_times() {
    let Some((secret, server)) = server() else { return };
    let reader = server.client_with(&secret.reader);
    let mut first = None;
    for _ in 0..2 {
        let output = apply(&server, &secret.writer, MIGRATIONS);
        assert_eq!(String::from_utf8_lossy(&output.stdout), "migrations.sql is applied\n", "{output:?}");
        assert!(output.status.success(), "{output:?}");
        let contents = contents(&reader);
        assert_eq!(contents[2].as_ref().map(Vec::len), Ok(102));
        assert_eq!(*first.get_or_insert_with(|| contents.clone()), contents);
    }
}

#[test]
fn the_token_that_may_only_read_does_no_more_than_that() {
    let Some((secret, server)) = server() else { return };
    let output = apply(&server, &secret.reader, MIGRATIONS);
    assert!(!output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("403"), "{output:?}");
    let reader = server.client_with(&secret.reader);
    assert_eq!(reader.statement("SELECT * FROM sqlite_master", &[]), Ok(Vec::new()));

    server.client_with(&secret.writer).script(MIGRATIONS).unwrap();
    let before = contents(&reader);
    assert!(before.iter().all(Result::is_ok), "{before:?}");
    for change in ["DELETE FROM Incidents", "CREATE TABLE t (a)", "DROP TABLE Customers"] {
        assert!(reader.statement(change, &[]).unwrap_err().starts_with("403"));
        assert!(reader.script(change).unwrap_err().starts_with("403"));
    }
    assert_eq!(contents(&reader), before);
}

#[test]
fn the_token_that_may_only_read_is_enough_for_the_app() {
    let Some((secret, server)) = server() else { return };
    if !needs_spin() {
        return;
    }
    server.client_with(&secret.writer).script(MIGRATIONS).unwrap();
    let app = |token: &str| -> App {
        let config = server.runtime_config(token);
        let config = ["--runtime-config-file", config.to_str().unwrap()];
        Options::default().on(Runtime::Spin).arguments(config).start()
    };
    let reader = app(&secret.reader);
    assert_eq!(reader.dashboard().header("x-aggregate-complete"), Some("true"));
    for path in ["/customers/items", "/customers/count", "/incidents/items", "/incidents/grouped-by-customer"]
    {
        assert_eq!(reader.get(path).status, 200, "{path}");
    }
    assert_eq!(app("none").dashboard().status, 502);
}

#[test]
fn nobody_else_is_let_in() {
    let Some((_, server)) = server() else { return };
    let stranger = Secret::new().unwrap().writer;
    assert!(server.client_with(&stranger).statement("SELECT 1", &[]).unwrap_err().starts_with("401"));
    assert!(server.client().statement("SELECT 1", &[]).unwrap_err().starts_with("401"));
    let output = apply(&server, &stranger, MIGRATIONS);
    assert!(!output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("401"), "{output:?}");
}

#[test]
fn migrations_with_a_mistake_fail_the_job_and_change_nothing() {
    let Some((secret, server)) = server() else { return };
    let (most, _) = MIGRATIONS.rsplit_once("COMMIT;").unwrap();
    for mistake in ["SELECT * FROM Missing;", "SELEC 1;", "INSERT INTO Incidents DEFAULT VALUES;"] {
        let output = apply(&server, &secret.writer, &format!("{most}{mistake} COMMIT;\n"));
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(r#""type":"error""#), "{output:?}");
        let reader = server.client_with(&secret.reader);
        assert_eq!(reader.statement("SELECT * FROM sqlite_master", &[]), Ok(Vec::new()), "{mistake}");
    }
}
