//! The key-value stores of the runtimes: files and Redis.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use harness::{App, Options, PATIENCE, Redis, eventually, free_port, needs};
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

const SERVICE: &str = "customers-service";

/// The app with a component that uses the stores with these labels.
fn options(labels: &[&str]) -> Options {
    let labels = labels.to_vec();
    Options::default().manifest(|manifest| {
        let manifest = manifest.replace(SERVICE, "key_value").set(SERVICE, "key_value_stores", labels);
        manifest.unset("aggregates-service", "key_value_stores")
    })
}

/// What the component read from the store with this label.
fn contents(app: &App, label: &str) -> Value {
    let reply = app.get(&format!("/customers/count?{label}"));
    assert_eq!(reply.status, 200, "{:?}", reply.text());
    serde_json::from_slice(&reply.body).unwrap()
}

/// The same of a store that works and contains these keys.
fn expected(given: Option<&str>, keys: &[&str]) -> Value {
    json!({
        "given": given.map(str::as_bytes), "before": null, "set": [0, 255], "exists": true, "keys": keys,
        "deleted": null, "exists_still": false,
    })
}

/// A runtime config file in a temporary directory.
fn config(text: &str) -> (TempDir, String) {
    let directory = tempdir().unwrap();
    let file = directory.path().join("runtime.toml");
    std::fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap().to_owned();
    (directory, file)
}

fn redis_config(url: &str) -> (TempDir, String) {
    config(&format!("[key_value_store.default]\ntype = \"redis\"\nurl = \"{url}\"\n"))
}

/// The app with a component that uses the store of such a file.
fn on_redis(url: &str) -> App {
    let (_directory, file) = redis_config(url);
    options(&["default"]).migrated().arguments(["--runtime-config-file", &file]).start()
}

fn assert_printed(app: &App, line: &str) {
    let output = app.output();
    assert!(output.lines().any(|printed| printed == line), "{line:?} is missing from\n{output}");
}

#[test]
fn the_default_store_is_a_file_that_survives_a_restart() {
    let app = options(&["default"]).arguments(["--key-value", "given=a=b"]).start();
    assert_eq!(contents(&app, "default"), expected(Some("a=b"), &["given", "key"]));
    let file = app.state_directory().join("sqlite_key_value.db");
    assert_printed(&app, &format!("Storing default key-value data to \"{}\".", file.display()));
    let app = options(&["default"]).state(app.stop(Signal::SIGTERM).state).start();
    assert_eq!(contents(&app, "default"), expected(Some("a=b"), &["given", "key", "left"]));
}

#[test]
fn a_store_needs_a_grant_and_a_definition() {
    let (_directory, file) = config("[key_value_store.other]\ntype = \"spin\"\npath = \"kv.db\"\n");
    let app = options(&["other"]).arguments(["--runtime-config-file", &file]).start();
    for denied in ["default", "missing", ""] {
        assert_eq!(contents(&app, denied), json!({ "error": "Error::AccessDenied" }));
    }
    assert_eq!(contents(&app, "other"), expected(None, &["key"]));
    let stopped = options(&["default", "missing"]).try_start().err().unwrap();
    assert_eq!(stopped.status.code(), Some(1));
    for text in ["unknown key_value_stores label \"missing\"", SERVICE] {
        assert!(stopped.output.contains(text), "{}", stopped.output);
    }
}

#[test]
fn a_runtime_config_sets_the_path_and_a_broken_file_is_an_error() {
    let (directory, file) = config(
        "[key_value_store.default]\ntype = \"spin\"\npath = \"data/kv.db\"\n\
         [key_value_store.other]\ntype = \"spin\"\npath = \"data/kv.db\"\n\
         [key_value_store.broken]\ntype = \"spin\"\npath = \"broken.db\"\n",
    );
    let broken = directory.path().join("broken.db");
    std::fs::write(&broken, "rubbish ".repeat(100)).unwrap();
    let arguments = ["--runtime-config-file", &file, "--key-value", "given=1", "--key-value", "given=2"];
    let app = options(&["default", "other", "broken"]).arguments(arguments).start();
    assert_eq!(contents(&app, "default"), expected(Some("2"), &["given", "key"]));
    assert_eq!(contents(&app, "other"), expected(None, &["key"]));
    let error = contents(&app, "broken")["error"].to_string();
    assert!(error.contains("Error::Other") && error.contains("NotADatabase"), "{error}");
    assert_eq!(std::fs::read_to_string(&broken).unwrap(), "rubbish ".repeat(100));
    assert!(!app.state_directory().join("sqlite_key_value.db").exists());
    let kept = directory.path().join("data/kv.db");
    assert_printed(&app, &format!("Storing default key-value data to \"{}\".", kept.display()));
}

#[test]
fn redis_has_keys_without_a_prefix_and_its_password_is_not_printed() {
    if !needs(&["redis-server"]) {
        return;
    }
    let redis = Redis::with_password("secret-of-redis");
    let (_directory, file) = redis_config(&redis.url());
    let arguments = ["--runtime-config-file", &file, "--key-value", "given=1"];
    let app = options(&["default"]).arguments(arguments).start();
    assert_eq!(contents(&app, "default"), expected(Some("1"), &["given", "key"]));
    assert_eq!(redis.command::<String>(&["GET", "left"]), "value");
    assert_printed(&app, &format!("Using runtime config [key_value_store.default: redis] from \"{file}\""));
    assert_printed(&app, &format!("Storing default key-value data to Redis at {}.", redis.address()));
    assert!(!app.output().contains("secret-of-redis"), "{}", app.output());
}

/// Calls the component, and asserts that it has not responded after a second.
fn assert_waits(app: &App) -> Receiver<String> {
    let (sender, response) = channel();
    let mut stream = TcpStream::connect(app.address()).unwrap();
    stream.write_all(b"GET /customers/count?default HTTP/1.0\r\nhost: x\r\n\r\n").unwrap();
    std::thread::spawn(move || {
        let mut text = String::new();
        // The test may have ended, and the app with it.
        stream.read_to_string(&mut text).and_then(|_| sender.send(text).map_err(std::io::Error::other))
    });
    assert_eq!(response.recv_timeout(Duration::from_secs(1)), Err(RecvTimeoutError::Timeout));
    assert_eq!(app.get("/incidents/items").status, 200);
    response
}

#[test]
fn redis_has_no_timeout() {
    assert_waits(&on_redis(&format!("redis://127.0.0.1:{}", free_port())));
    if !needs(&["redis-server"]) {
        return;
    }
    let redis = Redis::start();
    let app = on_redis(&redis.url());
    assert_eq!(contents(&app, "default"), expected(None, &["key"]));
    redis.hang();
    let waiting = assert_waits(&app);
    redis.resume();
    assert!(waiting.recv_timeout(PATIENCE).unwrap().contains("\"deleted\":null"));
}

#[test]
fn a_dropped_connection_to_redis_is_replaced() {
    if !needs(&["redis-server"]) {
        return;
    }
    let mut redis = Redis::start();
    let app = on_redis(&redis.url());
    assert_eq!(contents(&app, "default"), expected(None, &["key"]));
    // No call fails after an idle connection was closed.
    for _ in 0..3 {
        assert!(redis.command::<u32>(&["CLIENT", "KILL", "TYPE", "normal"]) >= 1);
        assert_eq!(contents(&app, "default"), expected(None, &["key", "left"]));
    }
    redis.kill();
    redis.restart();
    eventually("the store is used again", || contents(&app, "default").get("error").is_none());
    assert_eq!(redis.command::<String>(&["GET", "left"]), "value");
}
