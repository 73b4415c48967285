//! Stale-if-error, with the key-value store in a file.

use std::time::UNIX_EPOCH;

use harness::{AGGREGATES, App, Options, Reply, Runtime, State, backends, dashboard_of, eventually};
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::faults::{FAULTS, assert_incomplete, by_request, fail, names, unavailable, with_fault};

mod redis;

/// Fields of an entry.
const VERSION: &str = "version";
const READ_AT: &str = "readAt";
const RESPONSE: &str = "response";

fn stale(options: Options) -> Options {
    options.variable("stale_if_error_s", "600").variable("backend_timeout_ms", "500")
}

/// Asserts that the sections of `service` are stale and all others fresh, each as in the table of backends.
fn assert_stale(reply: &Reply, service: &str, reason: &str) {
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_incomplete(reply);
    let age = reply.header("age").unwrap_or_else(|| panic!("no age: {}", reply.text()));
    let fresh = dashboard_of(|_, section| section.value);
    let fresh = fresh.strip_suffix('}').unwrap();
    let expected =
        format!(r#"{fresh},"stale":[{{"service":"{service}","reason":"{reason}","ageSeconds":{age}}}]}}"#);
    assert_eq!(reply.text(), expected);
    let status = reply.header("cache-status").unwrap();
    assert!(status.starts_with("aggregates-service; ") && status.contains("fwd=stale"), "{status}");
}

fn store(state: &State) -> Connection {
    open(state.path())
}

fn open(directory: &std::path::Path) -> Connection {
    let connection = Connection::open(directory.join("sqlite_key_value.db")).unwrap();
    connection.busy_timeout(harness::PATIENCE).unwrap();
    connection
}

/// The key of a service's entry.
fn key(store: &Connection, service: &str) -> Option<String> {
    let sql = "SELECT key FROM spin_key_value WHERE key LIKE 'aggregate-pattern/%' || ?1 || '%'";
    store.query_row(sql, [service], |row| row.get(0)).ok()
}

fn entry(store: &Connection, service: &str) -> Option<Value> {
    let sql = "SELECT value FROM spin_key_value WHERE key = ?1";
    let value: Vec<u8> = store.query_row(sql, [key(store, service)?], |row| row.get(0)).unwrap();
    serde_json::from_slice(&value).ok()
}

fn set(store: &Connection, service: &str, value: &str) {
    let sql = "UPDATE spin_key_value SET value = ?2 WHERE key = ?1";
    store.execute(sql, (key(store, service).unwrap(), value.as_bytes())).unwrap();
}

/// The time in seconds from now, as an entry has it.
fn milliseconds(from_now: i64) -> i64 {
    i64::try_from(UNIX_EPOCH.elapsed().unwrap().as_millis()).unwrap() + from_now * 1000
}

pub fn wait_for_entries(app: &App) {
    let state = app.state_directory();
    eventually("an entry of each backend is in the store", || {
        let file = state.join("sqlite_key_value.db");
        file.is_file() && names().iter().all(|service| entry(&open(state), service).is_some())
    });
}

/// A dashboard with stale sections. The store may be too slow on a busy machine, so it takes several attempts.
fn stale_reply(mut dashboard: impl FnMut() -> Reply) -> Reply {
    let mut reply = dashboard();
    eventually("a dashboard with stale sections", || {
        let is_stale = reply.json().get("stale").is_some();
        if !is_stale {
            reply = dashboard();
        }
        is_stale
    });
    reply
}

/// A state directory with an entry of each backend.
fn with_entries() -> State {
    let app = stale(with_fault("none", &names())).start();
    app.dashboard();
    wait_for_entries(&app);
    app.stop(nix::sys::signal::Signal::SIGTERM).state
}

/// An app in which `service` fails and has stale sections.
pub fn app_with_stale_sections(service: &str) -> App {
    stale(with_fault("status_500", &[service])).state(with_entries()).start()
}

/// A state directory with the same entries.
fn copy(original: &State) -> State {
    let state = State::default();
    let copy = state.path().join("sqlite_key_value.db");
    store(original).execute("VACUUM INTO ?1", [copy.to_str().unwrap()]).unwrap();
    state
}

#[test]
fn a_stale_entry_replaces_a_failed_call_but_not_a_client_error() {
    let entries = &with_entries();
    let by_request = &stale(by_request()).state(copy(entries)).start();
    std::thread::scope(|scope| {
        for (fault, reason) in FAULTS {
            for service in names() {
                let check = move || {
                    let options = || stale(with_fault(fault, &[service])).state(copy(entries));
                    let dashboard = || fail(by_request, options, fault, service);
                    if fault == "status_404" {
                        let json = dashboard().json();
                        assert_eq!(json["unavailable"], json!([unavailable(service, reason)]));
                        assert_eq!(json.get("stale"), None);
                    } else {
                        assert_stale(&stale_reply(dashboard), service, reason);
                    }
                };
                match reason {
                    "timeout" => drop(scope.spawn(check)),
                    _ => check(),
                }
            }
        }
    });
}

#[test]
fn only_stale_sections_are_a_200_and_never_complete() {
    let entries = with_entries();
    let app = stale(with_fault("status_500", &names())).state(copy(&entries)).start();
    let both = || app.dashboard().json()["stale"].as_array().map(Vec::len) == Some(names().len());
    eventually("stale sections only", both);
    let reply = app.dashboard();
    assert_eq!(reply.status, 200);
    assert_incomplete(&reply);
    let services = |json: &Value| -> Vec<_> {
        json["stale"].as_array().unwrap().iter().map(|entry| entry["service"].clone()).collect()
    };
    assert_eq!(services(&reply.json()), names());
    let required = app.get("/aggregates/dashboard?require=complete");
    assert_eq!((required.status.as_u16(), services(&required.json())), (503, services(&reply.json())));
    assert_eq!(required.json().get("unavailable"), None);
}

#[test]
fn missing_and_stale_sections_are_listed_apart() {
    let (entries, names) = (with_entries(), names());
    let (missing, others) = names.split_first().unwrap();
    let key = key(&store(&entries), missing).unwrap();
    store(&entries).execute("DELETE FROM spin_key_value WHERE key = ?1", [key]).unwrap();
    let app = stale(with_fault("status_500", &names)).state(copy(&entries)).start();
    let json = stale_reply(|| app.dashboard()).json();
    assert_eq!(json["unavailable"], json!([unavailable(missing, "error_status")]));
    assert_eq!(json["stale"].as_array().unwrap().len(), others.len());
    for backend in backends() {
        assert_eq!(json[backend.sections[0].key].is_null(), backend.service == *missing);
    }
}

#[test]
fn stale_if_error_is_off_by_default() {
    let app = with_fault("status_500", &names()).state(copy(&with_entries())).start();
    assert_eq!(app.dashboard().status, 502);
    let app = App::start();
    app.dashboard();
    app.dashboard();
    assert!(names().iter().all(|service| entry(&open(app.state_directory()), service).is_none()));
}

#[test]
fn an_entry_that_is_too_old_or_invalid_is_a_miss_with_one_log_line() {
    let entries = with_entries();
    let service = names()[1];
    let valid = entry(&store(&entries), service).unwrap();
    let with = |key: &str, value: Value| {
        let mut changed = valid.clone();
        changed[key] = value;
        changed.to_string()
    };
    let read = |seconds: i64| with(READ_AT, json!(milliseconds(seconds)));
    for (what, value, is_used) in [
        ("590 s old", read(-590), true),
        ("610 s old", read(-610), false),
        ("4 s in the future", read(4), true),
        ("30 s in the future", read(30), false),
        ("another version", with(VERSION, json!(99)), false),
        ("the response of another service", with(RESPONSE, json!({ "nothing": 1 })), false),
        ("garbage", "garbage".to_owned(), false),
        ("nothing", String::new(), false),
        ("truncated", valid.to_string()[..60].to_owned(), false),
    ] {
        set(&store(&entries), service, &value);
        let app = stale(with_fault("status_500", &[service])).state(copy(&entries)).start();
        if is_used {
            assert_stale(&stale_reply(|| app.dashboard()), service, "error_status");
            continue;
        }
        let json = app.dashboard().json();
        assert_eq!(json["unavailable"], json!([unavailable(service, "error_status")]), "{what}");
        assert_eq!(json.get("stale"), None, "{what}");
        // One line is about the backend. An entry that is too old is nothing unusual.
        let log = app.log(AGGREGATES, "stderr");
        let lines = if what.contains(" s ") { 1..=2 } else { 2..=2 };
        assert!(lines.contains(&log.lines().count()), "{what}: {log}");
    }
}

#[test]
fn an_invalid_entry_is_overwritten() {
    let entries = with_entries();
    for (service, value) in names().into_iter().zip(["garbage", r#"{"version":99}"#].iter().cycle()) {
        set(&store(&entries), service, value);
    }
    let app = stale(with_fault("none", &names())).state(entries).start();
    app.dashboard();
    eventually("valid entries", || {
        let store = open(app.state_directory());
        names().iter().all(|service| entry(&store, service).is_some_and(|entry| entry[READ_AT].is_number()))
    });
}

#[test]
fn an_entry_younger_than_5_s_is_not_overwritten() {
    let (entries, names) = (with_entries(), names());
    let (young, old) = (names[0], names[1]);
    let times = [(young, milliseconds(4)), (old, milliseconds(-6))];
    for (service, time) in times {
        let mut changed = entry(&store(&entries), service).unwrap();
        changed[READ_AT] = json!(time);
        set(&store(&entries), service, &changed.to_string());
    }
    let app = stale(with_fault("none", &names)).state(entries).start();
    app.dashboard();
    let read_at = |service| entry(&open(app.state_directory()), service).map(|entry| entry[READ_AT].clone());
    eventually("the old entry is overwritten", || read_at(old) != Some(json!(times[1].1)));
    assert_eq!(read_at(young), Some(json!(times[0].1)));
}

#[test]
fn a_store_without_the_capability_is_a_miss_with_one_log_line() {
    let app = stale(with_fault("status_500", &names()[..1]))
        .manifest(|manifest| manifest.unset(AGGREGATES, "key_value_stores"))
        .start();
    assert_eq!(app.dashboard().json()["unavailable"], json!([unavailable(names()[0], "error_status")]));
    let log = app.log(AGGREGATES, "stderr");
    let lines = log.lines().filter(|line| line.contains("cannot open the store: Error::AccessDenied"));
    assert_eq!(lines.count(), 1, "{log}");
}

#[test]
fn a_locked_store_is_a_miss_and_is_used_again_after_the_lock() {
    let service = names()[0];
    let app = app_with_stale_sections(service);
    app.dashboard();
    let store = open(app.state_directory());
    store.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let started = std::time::Instant::now();
    eventually("the store is a miss", || app.dashboard().json().get("stale").is_none());
    // Spin blocks all requests of the instance for the 5 s that SQLite waits for a lock.
    if Runtime::chosen() == Runtime::DevServer {
        assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
    }
    store.execute_batch("ROLLBACK").unwrap();
    eventually("the store is used", || app.dashboard().json().get("stale").is_some());
}
