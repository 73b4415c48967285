//! The tokens of `deploy/new-secret` and the script of the migrations Job, on libSQL's own server.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use harness::{LibsqlServer, Options, Runtime, backends, needs, needs_spin, root};
use serde_json::Value;
use tempfile::TempDir;

use super::resource;

const MIGRATIONS: &str = include_str!("../../../migrations.sql");

const FILES: [&str; 3] = ["database.env", "migrations.env", "deploy/redis/redis.env"];

/// `deploy/new-secret` in a directory of its own, with the files that it writes.
struct Secrets(TempDir);

impl Secrets {
    fn new() -> Self {
        let secrets = Self(TempDir::new().unwrap());
        fs::create_dir_all(secrets.path("deploy/redis")).unwrap();
        fs::copy(root().join("deploy/new-secret"), secrets.path("deploy/new-secret")).unwrap();
        secrets
    }

    fn run(&self, arguments: &[&str]) -> bool {
        let mut command = Command::new("bash");
        command.arg(self.path("deploy/new-secret")).args(arguments).output().unwrap().status.success()
    }

    fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    /// The value of a line `key=value`.
    fn value(&self, file: &str, key: &str) -> String {
        let text = fs::read_to_string(self.path(file)).unwrap();
        let mut lines = text.lines().filter_map(|line| line.split_once('='));
        lines.find(|(name, _)| *name == key).unwrap().1.to_owned()
    }
}

#[test]
fn secrets_are_private_expire_and_are_kept_until_they_are_deleted() {
    if !needs(&["openssl"]) {
        return;
    }
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    for (arguments, days) in [(&[][..], 90), (&["30"], 30)] {
        let secrets = Secrets::new();
        assert!(["0", "1.5", "10000"].iter().all(|days| !secrets.run(&[days])));
        let before = now();
        assert!(secrets.run(arguments));
        let expected = before + days * 86_400..=now() + days * 86_400;
        for (file, right) in [("database.env", "ro"), ("migrations.env", "rw")] {
            let claims = secrets.value(file, "token").split('.').nth(1).unwrap().to_owned();
            let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
            assert!(claims["a"] == right && expected.contains(&claims["exp"].as_u64().unwrap()), "{claims}");
        }
        let ignored = fs::read_to_string(root().join(".gitignore")).unwrap();
        for file in FILES {
            let mode = fs::metadata(secrets.path(file)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{file}");
            assert!(ignored.lines().any(|line| line == format!("/{file}")), "{file}");
        }

        let contents = || FILES.map(|file| fs::read_to_string(secrets.path(file)).unwrap());
        let first = contents();
        fs::remove_file(secrets.path(FILES[2])).unwrap();
        assert!(secrets.run(&[]));
        let second = contents();
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
    let job = &resource("Job", "migrations")["spec"]["template"]["spec"]["containers"][0];
    let text = |pointer: &str| job.pointer(pointer).and_then(Value::as_str).expect(pointer);
    let mut command = Command::new(text("/command/0"));
    command.arg(text("/command/1")).arg(text("/args/0").replace("--retry 15", "--retry 0"));
    command.env("MIGRATIONS", file.path()).env("URL", server.url()).env("TOKEN", token).output().unwrap()
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
    let read = |sql: &str| server.client_with(&reader).statement(sql, &[]).unwrap();
    let schema = "SELECT * FROM sqlite_master ORDER BY name";

    // Wrong tokens and wrong scripts change nothing.
    let (most, _) = MIGRATIONS.rsplit_once("COMMIT;").unwrap();
    let mistake = format!("{most} SELECT * FROM Missing; COMMIT;\n");
    for (token, migrations, message) in [
        (&reader, MIGRATIONS, "403"),
        (&other.value("migrations.env", "token"), MIGRATIONS, "401"),
        (&writer, &mistake, r#""type":"error""#),
    ] {
        let output = apply(&server, token, migrations);
        let log = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && log.contains(message), "{output:?}");
    }
    assert!(read(schema).is_empty());

    let mut contents = Vec::new();
    for _ in 0..2 {
        let output = apply(&server, &writer, MIGRATIONS);
        assert_eq!(String::from_utf8_lossy(&output.stdout), "migrations.sql is applied\n", "{output:?}");
        let tables = backends().iter().map(|backend| format!("SELECT * FROM {}", backend.table));
        contents
            .push([schema.to_owned()].into_iter().chain(tables).map(|sql| read(&sql)).collect::<Vec<_>>());
    }
    assert_eq!(contents[0], contents[1]);
    assert_eq!(contents[0][1].len(), 40);

    // The script has to escape these characters for JSON.
    let city = "\"quoted\" \\ \\\\n & $HOME `x` %s\tß日";
    let script = format!("UPDATE Customers SET City = '{city}' WHERE Name = 'Yarrow Pharma';\n");
    assert!(apply(&server, &writer, &script).status.success());
    assert_eq!(read("SELECT City FROM Customers WHERE Name = 'Yarrow Pharma'"), [[city.to_owned().into()]]);

    if needs_spin() {
        let config = server.runtime_config(&reader);
        let config = ["--runtime-config-file", config.to_str().unwrap()];
        let app = Options::default().on(Runtime::Spin).arguments(config).start();
        assert_eq!(app.dashboard().header("x-aggregate-complete"), Some("true"));
    }
}
