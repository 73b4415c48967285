//! The tokens of `deploy/new-secret` and the script of the migrations Job, on libSQL's own server.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{SystemTime, UNIX_EPOCH};

use harness::{LibsqlServer, Options, PATIENCE, Runtime, needs, needs_spin};
use serde_json::Value;
use tempfile::TempDir;

use super::{Files, text_at};

const MIGRATIONS: &str = include_str!("../../../migrations.sql");

const FILES: [&str; 3] = ["database.env", "migrations.env", "deploy/redis/redis.env"];

/// `deploy/new-secret` in a directory of its own, with the files that it writes.
struct Secrets(TempDir);

impl Secrets {
    fn new() -> Self {
        let directory = TempDir::new().unwrap();
        fs::create_dir_all(directory.path().join("deploy/redis")).unwrap();
        let script = Path::new("deploy/new-secret");
        fs::copy(harness::root().join(script), directory.path().join(script)).unwrap();
        Self(directory)
    }

    fn run(&self, arguments: &[&str]) -> bool {
        let mut command = Command::new("bash");
        command.arg(self.path("deploy/new-secret")).args(arguments).output().unwrap().status.success()
    }

    fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    fn contents(&self) -> [String; 3] {
        FILES.map(|file| fs::read_to_string(self.path(file)).unwrap())
    }

    /// The value of a line `key=value`.
    fn value(&self, file: &str, key: &str) -> String {
        let text = fs::read_to_string(self.path(file)).unwrap();
        let mut lines = text.lines().filter_map(|line| line.split_once('='));
        lines.find(|(name, _)| *name == key).unwrap().1.to_owned()
    }

    /// The claims of the token in a file.
    fn claims(&self, file: &str) -> Value {
        let payload =
            self.value(file, "token").split('.').nth(1).unwrap().replace('-', "+").replace('_', "/");
        let padding = "=".repeat(payload.len().wrapping_neg() % 4);
        let decode = format!("printf %s {payload}{padding} | openssl base64 -d -A");
        let decoded = Command::new("sh").args(["-c", &decode]).output().unwrap();
        serde_json::from_slice(&decoded.stdout).unwrap()
    }
}

#[test]
fn secrets_are_private_expire_and_are_kept_until_they_are_deleted() {
    if !needs(&["openssl"]) {
        return;
    }
    for (arguments, days) in [(&[][..], 90), (&["30"], 30)] {
        let secrets = Secrets::new();
        assert!(["0", "1.5", "10000"].iter().all(|days| !secrets.run(&[days])));
        let seconds = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let before = seconds();
        assert!(secrets.run(arguments));
        let expected = before + days * 86_400..=seconds() + days * 86_400;
        for (file, right) in [("database.env", "ro"), ("migrations.env", "rw")] {
            let claims = secrets.claims(file);
            assert_eq!(claims["a"], right);
            assert!(expected.contains(&claims["exp"].as_u64().unwrap()), "{claims}");
        }
        let ignored = fs::read_to_string(harness::root().join(".gitignore")).unwrap();
        for file in FILES {
            let mode = fs::metadata(secrets.path(file)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{file}");
            assert!(ignored.lines().any(|line| line == format!("/{file}")), "{file}");
        }

        let first = secrets.contents();
        fs::remove_file(secrets.path(FILES[2])).unwrap();
        assert!(secrets.run(&[]));
        let second = secrets.contents();
        assert!(second[..2] == first[..2] && second[2] != first[2]);
        // The server has one key, so it accepts either both tokens or none.
        fs::remove_file(secrets.path(FILES[0])).unwrap();
        assert!(!secrets.run(&[]));
    }
}

/// Runs the Job's own script, without its retries.
fn apply(server: &LibsqlServer, token: &str, migrations: &str) -> Output {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(&file, migrations).unwrap();
    let files = Files::read();
    let job = files.container("Job/migrations");
    let script = text_at(job, "/args/0").replace("--retry 15", "--retry 0");
    let mut command = Command::new(text_at(job, "/command/0"));
    command.arg(text_at(job, "/command/1")).arg(script);
    command.env("MIGRATIONS", file.path()).env("URL", server.url()).env("TOKEN", token).output().unwrap()
}

/// Whether the script failed and its log has this text.
fn fails_with(output: &Output, text: &str) -> bool {
    !output.status.success() && String::from_utf8_lossy(&output.stderr).contains(text)
}

#[test]
fn the_job_migrates_with_the_write_token_and_the_app_uses_the_read_token() {
    if !needs(&["curl", "openssl"]) {
        return;
    }
    let (secrets, other) = (Secrets::new(), Secrets::new());
    assert!(secrets.run(&[]) && other.run(&[]));
    let Some(server) = LibsqlServer::with_key(&secrets.value("database.env", "jwt-key")) else { return };
    let (reader, writer) = (secrets.value("database.env", "token"), secrets.value("migrations.env", "token"));
    let read = |sql: &str| server.client_with(&reader).statement(sql, &[]);
    let schema = "SELECT * FROM sqlite_master ORDER BY name";

    // Wrong tokens and wrong scripts change nothing.
    assert!(fails_with(&apply(&server, &reader, MIGRATIONS), "403"));
    assert!(fails_with(&apply(&server, &other.value("migrations.env", "token"), MIGRATIONS), "401"));
    let (most, _) = MIGRATIONS.rsplit_once("COMMIT;").unwrap();
    for mistake in ["SELECT * FROM Missing;", "SELEC 1;"] {
        let output = apply(&server, &writer, &format!("{most}{mistake} COMMIT;\n"));
        assert!(fails_with(&output, r#""type":"error""#), "{output:?}");
    }
    assert_eq!(read(schema), Ok(Vec::new()));

    // The migrations are idempotent, and every character of a script arrives.
    let mut contents = Vec::new();
    for _ in 0..2 {
        let output = apply(&server, &writer, MIGRATIONS);
        assert_eq!(String::from_utf8_lossy(&output.stdout), "migrations.sql is applied\n", "{output:?}");
        contents.push((read(schema), read("SELECT * FROM Customers"), read("SELECT * FROM Incidents")));
    }
    assert_eq!(contents[0], contents[1]);
    assert_eq!(contents[0].1.as_ref().map(Vec::len), Ok(40));
    let name = "\"quoted\" \\ \\\\n & $HOME `x` %s\tß日";
    let script = format!("UPDATE Customers SET City = '{name}' WHERE Name = 'Yarrow Pharma';\n");
    assert!(apply(&server, &writer, &script).status.success());
    let city = read("SELECT City FROM Customers WHERE Name = 'Yarrow Pharma'").unwrap().remove(0).remove(0);
    assert_eq!(city, rusqlite::types::Value::from(name.to_owned()));

    assert!(server.client_with(&reader).script("DELETE FROM Incidents").unwrap_err().starts_with("403"));
    // A dump is a backup: an empty server takes it, and then the migrations.
    let dump = harness::agent(PATIENCE).get(format!("{}/dump", server.url()));
    let dump = dump.header("authorization", format!("Bearer {reader}")).call().unwrap();
    let dump = dump.into_body().read_to_string().unwrap();
    let empty = LibsqlServer::start().unwrap();
    let restored = empty.client();
    restored.script(&dump).unwrap();
    restored.script(MIGRATIONS).unwrap();
    for table in ["Customers", "Incidents"] {
        let rows = format!("SELECT * FROM {table} ORDER BY Id");
        assert_eq!(restored.statement(&rows, &[]), read(&rows));
    }
    if needs_spin() {
        let config = server.runtime_config(&reader);
        let config = ["--runtime-config-file", config.to_str().unwrap()];
        let app = Options::default().on(Runtime::Spin).arguments(config).start();
        assert_eq!(app.dashboard().header("x-aggregate-complete"), Some("true"));
    }
}
