//! What `deploy/new-secret` writes, by what it says of itself.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;
use tempfile::TempDir;

/// A copy of the script, in a repository that has nothing else.
struct Script(TempDir);

impl Script {
    /// `None` where there is no OpenSSL.
    fn new() -> Option<Self> {
        if !harness::needs(&["openssl"]) {
            return None;
        }
        let directory = TempDir::new().unwrap();
        fs::create_dir_all(directory.path().join("deploy/redis")).unwrap();
        let script = Path::new("deploy/new-secret");
        fs::copy(harness::root().join(script), directory.path().join(script)).unwrap();
        Some(Self(directory))
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new("bash").arg(self.path("deploy/new-secret")).args(arguments).output().unwrap()
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

    /// What the token in a file says of itself.
    fn claims(&self, file: &str) -> Value {
        let token = self.value(file, "token");
        let payload = token.split('.').nth(1).unwrap();
        let padded = format!("{payload}{}", "=".repeat(payload.len().wrapping_neg() % 4));
        fs::write(self.path("payload"), padded.replace('-', "+").replace('_', "/")).unwrap();
        let decoded =
            Command::new("openssl").args(["base64", "-d", "-A", "-in"]).arg(self.path("payload")).output();
        serde_json::from_slice(&decoded.unwrap().stdout).unwrap()
    }
}

const FILES: [&str; 3] = ["database.env", "migrations.env", "deploy/redis/redis.env"];

#[test]
fn tokens_end_after_as_many_days_as_are_wanted() {
    for (arguments, days) in [(&[][..], 90), (&["30"], 30)] {
        let Some(script) = Script::new() else { return };
        let seconds = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let before = seconds();
        let output = script.run(arguments);
        assert!(output.status.success(), "{output:?}");
        let ends = before + days * 86_400..=seconds() + days * 86_400;
        for (file, right) in [("database.env", "ro"), ("migrations.env", "rw")] {
            let claims = script.claims(file);
            assert_eq!(claims["a"], right);
            assert!(ends.contains(&claims["exp"].as_u64().unwrap()), "{claims}");
            assert_eq!(claims.as_object().unwrap().len(), 2);
        }
    }
}

#[test]
fn nobody_but_their_owner_can_read_the_files() {
    let Some(script) = Script::new() else { return };
    assert!(script.run(&[]).status.success());
    for file in FILES {
        let mode = fs::metadata(script.path(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    let ignored = fs::read_to_string(harness::root().join(".gitignore")).unwrap();
    assert!(FILES.iter().all(|file| ignored.lines().any(|line| line == format!("/{file}"))), "{ignored}");
}

#[test]
fn what_is_there_stays_and_what_was_deleted_is_made_anew() {
    let Some(script) = Script::new() else { return };
    let contents = || FILES.map(|file| fs::read_to_string(script.path(file)).unwrap());
    assert!(script.run(&[]).status.success());
    let first = contents();
    assert!(script.run(&[]).status.success());
    assert_eq!(contents(), first);

    fs::remove_file(script.path(FILES[2])).unwrap();
    assert!(script.run(&[]).status.success());
    let second = contents();
    assert_eq!(second[..2], first[..2]);
    assert_ne!(second[2], first[2]);

    // The server knows one key, so one token alone would be of no use.
    fs::remove_file(script.path(FILES[0])).unwrap();
    assert!(!script.run(&[]).status.success());
    fs::remove_file(script.path(FILES[1])).unwrap();
    assert!(script.run(&[]).status.success());
    let third = contents();
    assert!(third[0] != second[0] && third[1] != second[1] && third[2] == second[2]);
}

#[test]
fn days_are_a_number() {
    let Some(script) = Script::new() else { return };
    for days in ["0", "-1", "1.5", "a year", "10000", ""] {
        let output = script.run(&[days]);
        // Nothing is as good as the number that it has by itself.
        assert_eq!(output.status.success(), days.is_empty(), "{days}: {output:?}");
    }
}
