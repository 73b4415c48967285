//! The Redis of `deploy/redis/server`, with its own arguments and probe.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{Files, list, text_at};

const PASSWORD: &str = "a-password";

/// How long the server may take to come up on a busy machine.
const START_LIMIT: Duration = Duration::from_secs(30);

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn strings(value: &Value) -> Vec<&str> {
    list(value).iter().filter_map(Value::as_str).collect()
}

#[test]
fn redis_needs_the_password_evicts_old_entries_and_writes_nothing_to_disk() {
    if !harness::needs(&["redis-server"]) {
        return;
    }
    let files = Files::read();
    let container = files.container("Deployment/redis");
    let variable = format!("$({})", text_at(container, "/env/0/name"));
    let (directory, port) = (tempfile::tempdir().unwrap(), harness::free_port().to_string());
    let server = Command::new(text_at(container, "/command/0"))
        .args(strings(&container["args"]).iter().map(|argument| argument.replace(&variable, PASSWORD)))
        .args(["--port", &port, "--bind", "127.0.0.1"])
        .current_dir(directory.path())
        .stdout(Stdio::null())
        .spawn();
    let _server = Server(server.unwrap());

    let probe = strings(&container["livenessProbe"]["exec"]["command"]);
    let client = |password: &str, arguments: &[&str]| {
        let mut client = Command::new(probe[0]);
        let output =
            client.args(["-p", &port]).args(arguments).env("REDISCLI_AUTH", password).output().unwrap();
        (output.status.success(), String::from_utf8(output.stdout).unwrap().trim().to_owned())
    };
    let started = Instant::now();
    while !client(PASSWORD, &probe[1..]).0 {
        assert!(started.elapsed() < START_LIMIT, "the server does not come up");
        thread::sleep(Duration::from_millis(20));
    }
    assert!(!client("another-password", &probe[1..]).0);

    // Twice as many as fit, each of the largest size.
    for number in 0..32 {
        let key = format!("aggregate-pattern/{number}");
        assert_eq!(client(PASSWORD, &["setrange", &key, "1048575", "x"]).1, "1048576");
    }
    let keys: u32 = client(PASSWORD, &["dbsize"]).1.parse().unwrap();
    assert!((2..32).contains(&keys), "{keys}");
    assert_eq!(client(PASSWORD, &["exists", "aggregate-pattern/31"]).1, "1");
    client(PASSWORD, &["shutdown"]);
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
}
