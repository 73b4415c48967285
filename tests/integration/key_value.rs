//! The key-value stores that a runtime gives to components: which, from where, and how they answer.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use harness::{App, Manifest, Options, PATIENCE, Redis, Runtime, free_port, needs};
use nix::sys::signal::Signal;
use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

const SERVICE: &str = "customers-service";

/// The app with a component that uses the stores with these labels.
fn options(labels: &[&str]) -> Options {
    let labels = labels.to_vec();
    Options::default().manifest(|manifest: Manifest| {
        let manifest = manifest.replace(SERVICE, "key_value").set(SERVICE, "key_value_stores", labels);
        manifest.unset("aggregates-service", "key_value_stores")
    })
}

/// What the component has got from the store with this label.
fn answer(app: &App, label: &str) -> Value {
    let reply = app.get(&format!("/customers/count?{label}"));
    assert_eq!(reply.status, 200, "{:?}", reply.text());
    serde_json::from_slice(&reply.body).unwrap()
}

/// What it gets from a store that works, and in which nothing is but what is `given`.
fn whole(given: Option<&str>) -> Value {
    let mut keys = vec!["key"];
    keys.extend(given.map(|_| "given"));
    keys.sort_unstable_by_key(|key| *key != "given");
    json!({
        "given": given.map(str::as_bytes), "before": null, "set": [0, 255], "exists": true, "keys": keys,
        "deleted": null, "exists_still": false,
    })
}

/// A runtime config file in a directory that goes with it.
fn config(text: &str) -> (TempDir, String) {
    let directory = tempdir().unwrap();
    let file = directory.path().join("runtime.toml");
    std::fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap().to_owned();
    (directory, file)
}

/// What a file of type `spin` holds under the label `store`.
fn in_file(file: &Path, store: &str) -> Vec<(String, Vec<u8>)> {
    let file = Connection::open(file).unwrap();
    let mut rows =
        file.prepare("SELECT key, value FROM spin_key_value WHERE store = ? ORDER BY key").unwrap();
    let rows = rows.query_map([store], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

fn pair(key: &str, value: &str) -> (String, Vec<u8>) {
    (key.to_owned(), value.into())
}

#[test]
fn the_default_store_is_a_file_beside_the_database_and_stays() {
    let app = options(&["default"]).arguments(["--key-value", "given=a=b"]).start();
    assert_eq!(answer(&app, "default"), whole(Some("a=b")));
    let file = app.state_directory().join("sqlite_key_value.db");
    let line = format!("Storing default key-value data to \"{}\".", file.display());
    assert!(
        app.output().lines().any(|printed| printed == line),
        "{line:?} is missing from\n{}",
        app.output()
    );
    assert_eq!(in_file(&file, "default"), [pair("given", "a=b"), pair("left", "value")]);

    let stopped = app.stop(Signal::SIGTERM);
    let app = options(&["default"]).state(stopped.state).start();
    let again = answer(&app, "default");
    assert_eq!(again["given"], json!(b"a=b"));
    assert_eq!(again["keys"], json!(["given", "key", "left"]));
}

#[test]
fn a_store_that_the_manifest_does_not_list_is_denied() {
    let (_directory, file) = config("[key_value_store.other]\ntype = \"spin\"\npath = \"kv.db\"\n");
    let app = options(&["other"]).arguments(["--runtime-config-file", &file]).start();
    for denied in ["default", "nothing", ""] {
        assert_eq!(answer(&app, denied), json!({ "error": "Error::AccessDenied" }));
    }
    assert_eq!(answer(&app, "other"), whole(None));
    assert!(!app.output().contains("Storing default key-value data"), "{}", app.output());
}

#[test]
fn a_store_that_nothing_defines_stops_the_start() {
    let stopped = options(&["default", "nothing"]).try_start().err().unwrap();
    assert_eq!(stopped.status.code(), Some(1));
    let text = "unknown key_value_stores label \"nothing\"";
    assert!(stopped.output.contains(text), "{}", stopped.output);
    assert!(stopped.output.contains(SERVICE), "{}", stopped.output);
}

#[test]
fn a_runtime_config_puts_stores_elsewhere() {
    let (directory, file) = config(
        "[key_value_store.default]\ntype = \"spin\"\npath = \"data/kv.db\"\n\
         [key_value_store.other]\ntype = \"spin\"\npath = \"data/kv.db\"\n",
    );
    let app = options(&["default", "other"])
        .arguments(["--runtime-config-file", &file, "--key-value", "given=1", "--key-value", "given=2"])
        .start();
    assert_eq!(answer(&app, "default"), whole(Some("2")));
    assert_eq!(answer(&app, "other"), whole(None));
    assert!(!app.state_directory().join("sqlite_key_value.db").exists());
    let kept = directory.path().join("data/kv.db");
    assert_eq!(in_file(&kept, "default"), [pair("given", "2"), pair("left", "value")]);
    assert_eq!(in_file(&kept, "other"), [pair("left", "value")]);
    for line in [
        format!(
            "Using runtime config [key_value_store.default: spin], [key_value_store.other: spin] from \"{file}\""
        ),
        format!("Storing default key-value data to \"{}\".", kept.display()),
    ] {
        assert!(
            app.output().lines().any(|printed| printed == line),
            "{line:?} is missing from\n{}",
            app.output()
        );
    }
}

#[test]
fn a_file_that_is_no_store_is_an_error_for_the_component_alone() {
    let (directory, file) = config("[key_value_store.default]\ntype = \"spin\"\npath = \"kv.db\"\n");
    let kept = directory.path().join("kv.db");
    std::fs::write(&kept, "rubbish ".repeat(100)).unwrap();
    let app = options(&["default"]).migrated().arguments(["--runtime-config-file", &file]).start();
    let error = answer(&app, "default")["error"].to_string();
    assert!(error.contains("Error::Other") && error.contains("NotADatabase"), "{error}");
    assert_eq!(app.get("/incidents/items").status, 200);
    assert_eq!(std::fs::read_to_string(&kept).unwrap(), "rubbish ".repeat(100));
}

#[test]
fn other_types_of_stores_are_left_to_spin() {
    if Runtime::chosen() == Runtime::Spin {
        println!("Spin has them; this is a promise of the local host.");
        return;
    }
    for (text, named) in [
        ("type = \"azure_cosmos\"", "azure_cosmos"),
        ("type = \"aws_dynamo\"", "aws_dynamo"),
        ("type = \"spin\"", "missing field `path`"),
        ("type = \"redis\"\nurl = \"http://127.0.0.1\"", "Invalid Redis URL"),
        ("type = \"redis\"\nurl = \"rediss://127.0.0.1\"", "TLS"),
    ] {
        let (_directory, file) = config(&format!("[key_value_store.default]\n{text}\n"));
        let stopped =
            options(&["default"]).arguments(["--runtime-config-file", &file]).try_start().err().unwrap();
        assert_eq!(stopped.status.code(), Some(1));
        assert!(stopped.output.contains(named), "{}", stopped.output);
    }
}

/// A server, where there can be one, and a runtime config file for it.
fn redis(start: impl FnOnce() -> Redis) -> Option<(Redis, TempDir, String)> {
    needs(&["redis-server"]).then(|| {
        let redis = start();
        let (directory, file) = redis_config(&redis.url());
        (redis, directory, file)
    })
}

fn redis_config(url: &str) -> (TempDir, String) {
    config(&format!("[key_value_store.default]\ntype = \"redis\"\nurl = \"{url}\"\n"))
}

/// The app with a component that uses the store of such a file.
fn on_redis(file: &str) -> App {
    options(&["default"]).migrated().arguments(["--runtime-config-file", file]).start()
}

/// Asks the component, and holds if no answer comes while nothing changes. Returns what the answer is to be
/// taken from, once it comes.
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
    // Nobody else waits for that.
    assert_eq!(app.get("/incidents/items").status, 200);
    answer
}

#[test]
fn a_store_on_redis_has_keys_without_a_prefix_and_says_where_it_is() {
    let Some((redis, _directory, file)) = redis(|| Redis::with_password("secret-of-redis")) else { return };
    let app =
        options(&["default"]).arguments(["--runtime-config-file", &file, "--key-value", "given=1"]).start();
    assert_eq!(answer(&app, "default"), whole(Some("1")));
    assert!(!app.state_directory().join("sqlite_key_value.db").exists());
    let value = |key| redis.ask::<Option<String>>(&["GET", key]);
    assert_eq!(
        (value("given").as_deref(), value("left").as_deref(), value("key")),
        (Some("1"), Some("value"), None)
    );
    for line in [
        format!("Using runtime config [key_value_store.default: redis] from \"{file}\""),
        format!("Storing default key-value data to Redis at {}.", redis.address()),
    ] {
        assert!(
            app.output().lines().any(|printed| printed == line),
            "{line:?} is missing from\n{}",
            app.output()
        );
    }
    assert!(!app.output().contains("secret-of-redis"), "{}", app.output());
}

#[test]
fn a_redis_that_is_silent_is_waited_for_and_goes_on() {
    let Some((redis, _directory, file)) = redis(Redis::start) else { return };
    let app = on_redis(&file);
    assert_eq!(answer(&app, "default"), whole(None));
    redis.pause();
    let first = waits(&app);
    redis.resume();
    assert!(first.recv_timeout(PATIENCE).unwrap().contains("\"deleted\":null"));
}

#[test]
fn a_redis_that_is_not_there_is_waited_for() {
    let app = {
        let (_directory, file) = redis_config(&format!("redis://127.0.0.1:{}", free_port()));
        on_redis(&file)
    };
    waits(&app);
}

#[test]
fn a_redis_that_comes_again_is_used_again() {
    let Some((mut redis, _directory, file)) = redis(Redis::start) else { return };
    let app = on_redis(&file);
    assert_eq!(answer(&app, "default"), whole(None));
    redis.kill();
    redis.restart();
    // The connection is found to be broken by the first call after that, and is made again.
    let begun = Instant::now();
    while answer(&app, "default").get("error").is_some() {
        assert!(begun.elapsed() < PATIENCE, "{}", app.output());
    }
    assert_eq!(redis.ask::<String>(&["GET", "left"]), "value");
}

#[test]
fn what_redis_refuses_is_an_error_for_the_component() {
    let Some((redis, _directory, file)) = redis(|| Redis::with_memory(1)) else { return };
    let error = answer(&on_redis(&file), "default")["error"].to_string();
    assert!(error.contains("Error::Other") && error.contains("OOM"), "{error}");
    // A value of another kind than text, which a get does not take.
    drop(redis);
    let redis = Redis::start();
    redis.ask::<()>(&["LPUSH", "key", "1"]);
    let (_directory, file) = redis_config(&redis.url());
    let error = answer(&on_redis(&file), "default")["error"].to_string();
    assert!(error.contains("Error::Other") && error.contains("WRONGTYPE"), "{error}");
}
