//! The key-value stores of the runtimes: files and Redis.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use harness::{App, Options, PATIENCE, Redis, Runtime, free_port, needs};
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

/// The results of the component with the store of this label.
fn answer(app: &App, label: &str) -> Value {
    let reply = app.get(&format!("/customers/count?{label}"));
    assert_eq!(reply.status, 200, "{:?}", reply.text());
    serde_json::from_slice(&reply.body).unwrap()
}

/// The results with a store that works and contains these keys.
fn whole(given: Option<&str>, keys: &[&str]) -> Value {
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
    assert_eq!(answer(&app, "default"), whole(Some("a=b"), &["given", "key"]));
    let file = app.state_directory().join("sqlite_key_value.db");
    assert_printed(&app, &format!("Storing default key-value data to \"{}\".", file.display()));
    let app = options(&["default"]).state(app.stop(Signal::SIGTERM).state).start();
    assert_eq!(answer(&app, "default"), whole(Some("a=b"), &["given", "key", "left"]));
}

#[test]
fn a_store_needs_a_grant_and_a_definition() {
    let (_directory, file) = config("[key_value_store.other]\ntype = \"spin\"\npath = \"kv.db\"\n");
    let app = options(&["other"]).arguments(["--runtime-config-file", &file]).start();
    for denied in ["default", "nothing", ""] {
        assert_eq!(answer(&app, denied), json!({ "error": "Error::AccessDenied" }));
    }
    assert_eq!(answer(&app, "other"), whole(None, &["key"]));
    let stopped = options(&["default", "nothing"]).try_start().err().unwrap();
    assert_eq!(stopped.status.code(), Some(1));
    for text in ["unknown key_value_stores label \"nothing\"", SERVICE] {
        assert!(stopped.output.contains(text), "{}", stopped.output);
    }
}

#[test]
fn a_runtime_config_moves_stores_and_a_broken_file_is_an_error_of_the_component() {
    let (directory, file) = config(
        "[key_value_store.default]\ntype = \"spin\"\npath = \"data/kv.db\"\n\
         [key_value_store.other]\ntype = \"spin\"\npath = \"data/kv.db\"\n\
         [key_value_store.broken]\ntype = \"spin\"\npath = \"broken.db\"\n",
    );
    let broken = directory.path().join("broken.db");
    std::fs::write(&broken, "rubbish ".repeat(100)).unwrap();
    let arguments = ["--runtime-config-file", &file, "--key-value", "given=1", "--key-value", "given=2"];
    let app = options(&["default", "other", "broken"]).arguments(arguments).start();
    assert_eq!(answer(&app, "default"), whole(Some("2"), &["given", "key"]));
    assert_eq!(answer(&app, "other"), whole(None, &["key"]));
    let error = answer(&app, "broken")["error"].to_string();
    assert!(error.contains("Error::Other") && error.contains("NotADatabase"), "{error}");
    assert_eq!(std::fs::read_to_string(&broken).unwrap(), "rubbish ".repeat(100));
    assert!(!app.state_directory().join("sqlite_key_value.db").exists());
    let kept = directory.path().join("data/kv.db");
    assert_printed(&app, &format!("Storing default key-value data to \"{}\".", kept.display()));
}

#[test]
fn other_types_of_stores_need_spin() {
    if Runtime::chosen() == Runtime::Spin {
        println!("Spin has them.");
        return;
    }
    for (text, named) in [
        ("type = \"azure_cosmos\"", "azure_cosmos"),
        ("type = \"redis\"\nurl = \"http://127.0.0.1\"", "Invalid Redis URL"),
        ("type = \"redis\"\nurl = \"rediss://127.0.0.1\"", "TLS"),
    ] {
        let (_directory, file) = config(&format!("[key_value_store.default]\n{text}\n"));
        let stopped = options(&["default"]).arguments(["--runtime-config-file", &file]).try_start();
        let stopped = stopped.err().unwrap();
        assert_eq!(stopped.status.code(), Some(1));
        assert!(stopped.output.contains(named), "{}", stopped.output);
    }
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
    assert_eq!(answer(&app, "default"), whole(Some("1"), &["given", "key"]));
    assert_eq!(redis.command::<String>(&["GET", "left"]), "value");
    assert_printed(&app, &format!("Using runtime config [key_value_store.default: redis] from \"{file}\""));
    assert_printed(&app, &format!("Storing default key-value data to Redis at {}.", redis.address()));
    assert!(!app.output().contains("secret-of-redis"), "{}", app.output());
}

/// Calls the component, and asserts that there is no response until something changes.
fn waits(app: &App) -> Receiver<String> {
    let (sender, answer) = channel();
    let mut stream = TcpStream::connect(app.address()).unwrap();
    stream.write_all(b"GET /customers/count?default HTTP/1.0\r\nhost: x\r\n\r\n").unwrap();
    std::thread::spawn(move || {
        let mut text = String::new();
        // The test may have ended, and the app with it.
        stream.read_to_string(&mut text).and_then(|_| sender.send(text).map_err(std::io::Error::other))
    });
    assert_eq!(answer.recv_timeout(Duration::from_secs(1)), Err(RecvTimeoutError::Timeout));
    assert_eq!(app.get("/incidents/items").status, 200);
    answer
}

#[test]
fn a_missing_or_silent_redis_has_no_timeout() {
    waits(&on_redis(&format!("redis://127.0.0.1:{}", free_port())));
    if !needs(&["redis-server"]) {
        return;
    }
    let redis = Redis::start();
    let app = on_redis(&redis.url());
    assert_eq!(answer(&app, "default"), whole(None, &["key"]));
    redis.pause();
    let waiting = waits(&app);
    redis.resume();
    assert!(waiting.recv_timeout(PATIENCE).unwrap().contains("\"deleted\":null"));
}

#[test]
fn a_connection_to_redis_is_replaced() {
    if !needs(&["redis-server"]) {
        return;
    }
    let mut redis = Redis::start();
    let app = on_redis(&redis.url());
    assert_eq!(answer(&app, "default"), whole(None, &["key"]));
    // After an idle connection was closed, no call fails.
    for _ in 0..3 {
        assert!(redis.command::<u32>(&["CLIENT", "KILL", "TYPE", "normal"]) >= 1);
        assert_eq!(answer(&app, "default"), whole(None, &["key", "left"]));
    }
    redis.kill();
    redis.restart();
    let started = Instant::now();
    while answer(&app, "default").get("error").is_some() {
        assert!(started.elapsed() < PATIENCE, "{}", app.output());
    }
    assert_eq!(redis.command::<String>(&["GET", "left"]), "value");
}

#[test]
fn an_idle_connection_that_redis_closed_costs_no_stale_entry() {
    if !needs(&["redis-server"]) {
        return;
    }
    let redis = Redis::start();
    let (_directory, file) = redis_config(&redis.url());
    let arguments = ["--runtime-config-file", &file];
    let app = Options::default().migrated().variable("stale_if_error_s", "60").arguments(arguments).start();
    let eventually = |count: usize| {
        let started = Instant::now();
        while redis.command::<Vec<String>>(&["KEYS", "aggregate-pattern/*"]).len() < count {
            app.dashboard(); // An instance tries to write once in 5 s.
            assert!(started.elapsed() < PATIENCE, "{}", app.log("aggregates-service", "stderr"));
        }
    };
    assert_eq!(app.dashboard().header("x-aggregate-complete"), Some("true"));
    eventually(2);
    // A write.
    redis.command::<()>(&["FLUSHALL"]);
    redis.command::<u32>(&["CLIENT", "KILL", "TYPE", "normal"]);
    let complete = app.dashboard().json();
    eventually(2);
    assert_eq!(app.log("aggregates-service", "stderr"), "", "the write failed");
    // A read.
    redis.command::<u32>(&["CLIENT", "KILL", "TYPE", "normal"]);
    app.sql("ALTER TABLE Customers RENAME TO Gone");
    let stale = app.dashboard().json();
    assert_eq!(stale["stale"][0]["service"], "customers-service", "{stale}");
    assert_eq!(stale["topCustomers"], complete["topCustomers"]);
}

#[test]
fn a_command_that_redis_rejects_is_an_error_of_the_component() {
    if !needs(&["redis-server"]) {
        return;
    }
    let full = Redis::with_memory(1);
    let other = Redis::start();
    other.command::<()>(&["LPUSH", "key", "1"]);
    for (redis, expected) in [(full, "OOM"), (other, "WRONGTYPE")] {
        let error = answer(&on_redis(&redis.url()), "default")["error"].to_string();
        assert!(error.contains("Error::Other") && error.contains(expected), "{error}");
    }
}
