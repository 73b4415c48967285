//! The key-value stores of the runtimes: files and Redis.

use std::thread::{self, JoinHandle};
use std::time::Duration;

use harness::{AGGREGATES, App, Options, PATIENCE, Redis, agent, eventually, free_port, needs};
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

use crate::dev_server::assert_contains;

const SERVICE: &str = "customers-service";

/// The app with a component that uses the stores with these labels.
fn options(labels: &[&str]) -> Options {
    let labels = labels.to_vec();
    Options::default().manifest(|manifest| {
        let manifest = manifest.replace(SERVICE, "key_value").set(SERVICE, "key_value_stores", labels);
        manifest.unset(AGGREGATES, "key_value_stores")
    })
}

/// What the component read from the store with this label.
fn contents(app: &App, label: &str) -> Value {
    let reply = app.get(&format!("/customers/count?{label}"));
    assert_eq!(reply.status, 200, "{:?}", reply.text());
    serde_json::from_slice(&reply.body).unwrap()
}

/// The contents of a store with this value and these keys.
fn expected(given: Option<&str>, keys: &[&str]) -> Value {
    json!({ "given": given, "keys": keys })
}

/// A runtime config file in a temporary directory.
fn config(text: &str) -> (TempDir, String) {
    let directory = tempdir().unwrap();
    let file = directory.path().join("runtime.toml");
    std::fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap().to_owned();
    (directory, file)
}

/// The app with a component that uses a Redis.
fn on_redis(url: &str, arguments: &[&str]) -> App {
    let (_directory, file) =
        config(&format!("[key_value_store.default]\ntype = \"redis\"\nurl = \"{url}\"\n"));
    let options = options(&["default"]).migrated().arguments(["--runtime-config-file", &file]);
    options.arguments(arguments.iter().copied()).start()
}

#[test]
fn the_default_store_is_a_file_that_survives_a_restart() {
    let app = options(&["default"]).arguments(["--key-value", "given=a=b"]).start();
    assert_eq!(contents(&app, "default"), expected(Some("a=b"), &["given", "key"]));
    let file = app.state_directory().join("sqlite_key_value.db");
    assert_contains(&app.output(), &[&format!("Storing default key-value data to \"{}\".", file.display())]);
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
    let ended = options(&["default", "missing"]).try_start().err().unwrap();
    assert_eq!(ended.status.code(), Some(1));
    assert_contains(&ended.output, &["unknown key_value_stores label \"missing\"", SERVICE]);
}

#[test]
fn redis_has_keys_without_a_prefix_and_its_password_is_not_printed() {
    if !needs(&["redis-server"]) {
        return;
    }
    let redis = Redis::with_password("secret-of-redis");
    let app = on_redis(&redis.url(), &["--key-value", "given=1"]);
    assert_eq!(contents(&app, "default"), expected(Some("1"), &["given", "key"]));
    assert_eq!(redis.command::<String>(&["GET", "left"]), "value");
    let address = redis.url().replace("redis://:secret-of-redis@", "");
    assert_contains(&app.output(), &[&format!("Storing default key-value data to Redis at {address}.")]);
    assert!(!app.output().contains("secret-of-redis"), "{}", app.output());
}

/// Calls the component, and asserts that it has not responded after a second. The thread returns whether it succeeded.
fn assert_waits(app: &App) -> JoinHandle<bool> {
    let request = agent(PATIENCE).get(format!("{}/customers/count?default", app.base()));
    let request = thread::spawn(move || request.call().is_ok_and(|response| response.status() == 200));
    thread::sleep(Duration::from_secs(1));
    assert!(!request.is_finished());
    assert_eq!(app.get("/incidents/items").status, 200);
    request
}

#[test]
fn redis_has_no_timeout_and_a_dropped_connection_is_replaced() {
    if !needs(&["redis-server"]) {
        return;
    }
    assert_waits(&on_redis(&format!("redis://127.0.0.1:{}", free_port()), &[]));
    let mut redis = Redis::start();
    let app = on_redis(&redis.url(), &[]);
    assert_eq!(contents(&app, "default"), expected(None, &["key"]));
    redis.hang();
    let waiting = assert_waits(&app);
    redis.resume();
    assert!(waiting.join().unwrap());

    // No call fails after an idle connection was closed.
    for _ in 0..3 {
        assert!(redis.command::<u32>(&["CLIENT", "KILL", "TYPE", "normal"]) >= 1);
        assert_eq!(contents(&app, "default"), expected(None, &["key", "left"]));
    }
    redis.kill();
    redis.restart();
    eventually("the store is used again", || contents(&app, "default").get("error").is_none());
}
