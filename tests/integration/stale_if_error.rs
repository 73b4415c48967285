//! Stale-if-error, with the key-value store in a file.

use std::path::Path;
use std::time::UNIX_EPOCH;

use harness::{AGGREGATES, App, Options, Reply, State, backends, dashboard_of, eventually};
use nix::sys::signal::Signal;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::faults::{FAULTS, assert_incomplete, names, unavailable, with_fault};

mod redis;

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

fn store(state: &Path) -> Connection {
    let connection = Connection::open(state.join("sqlite_key_value.db")).unwrap();
    connection.busy_timeout(harness::PATIENCE).unwrap();
    connection
}

/// The entry of a service, if there is a valid one.
fn entry(state: &Path, service: &str) -> Option<Value> {
    let sql = "SELECT value FROM spin_key_value WHERE key LIKE 'aggregate-pattern/%' || ?1";
    let value: Vec<u8> = store(state).query_row(sql, [service], |row| row.get(0)).ok()?;
    serde_json::from_slice(&value).ok()
}

/// Changes an entry.
fn set(state: &State, service: &str, value: &str) {
    let sql = "UPDATE spin_key_value SET value = ?2 WHERE key LIKE '%' || ?1";
    assert_eq!(store(state.path()).execute(sql, (service, value.as_bytes())), Ok(1));
}

/// An entry with another time of reading, in seconds from now.
fn read_at(mut entry: Value, from_now: i64) -> Value {
    let now = i64::try_from(UNIX_EPOCH.elapsed().unwrap().as_millis()).unwrap();
    entry["readAt"] = json!(now + from_now * 1000);
    entry
}

pub fn wait_for_entries(app: &App) {
    let state = app.state_directory();
    eventually("an entry of each backend is in the store", || {
        state.join("sqlite_key_value.db").is_file()
            && names().iter().all(|service| entry(state, service).is_some())
    });
}

/// A dashboard with stale sections. The store may be too slow on a busy machine, so it takes several attempts.
fn stale_reply(mut dashboard: impl FnMut() -> Reply) -> Reply {
    let mut reply = None;
    eventually("a dashboard with stale sections", || reply.insert(dashboard()).json().get("stale").is_some());
    reply.unwrap()
}

/// A state directory with an entry of each backend.
fn with_entries() -> State {
    let app = stale(with_fault("none", &names())).start();
    app.dashboard();
    wait_for_entries(&app);
    app.stop(Signal::SIGTERM).state
}

/// A state directory with the same entries.
fn copy(original: &State) -> State {
    let state = State::default();
    let copy = state.path().join("sqlite_key_value.db");
    store(original.path()).execute("VACUUM INTO ?1", [copy.to_str().unwrap()]).unwrap();
    state
}

/// An app in which `service` fails and has stale sections.
pub fn app_with_stale_sections(service: &str) -> App {
    let app = stale(with_fault("status_500", &[service])).state(with_entries()).start();
    stale_reply(|| app.dashboard());
    app
}

#[test]
fn a_stale_entry_replaces_a_failed_call_but_not_a_client_error() {
    let entries = with_entries();
    for (fault, reason) in FAULTS {
        for service in names() {
            let app = stale(with_fault(fault, &[service])).state(copy(&entries)).start();
            if fault == "status_404" {
                let json = app.dashboard().json();
                assert_eq!(json["unavailable"], json!([unavailable(service, reason)]));
                assert_eq!(json.get("stale"), None);
            } else {
                assert_stale(&stale_reply(|| app.dashboard()), service, reason);
            }
        }
    }
}

#[test]
fn stale_and_missing_sections_are_listed_apart_and_make_no_complete_dashboard() {
    let (entries, names) = (with_entries(), names());
    let services = |json: &Value, key: &str| -> Vec<String> {
        let failures = json[key].as_array().into_iter().flatten();
        failures.map(|failure| failure["service"].as_str().unwrap().to_owned()).collect()
    };
    // Of so many services, the entry is missing.
    for missing in [0, 1] {
        names[..missing].iter().for_each(|service| set(&entries, service, "garbage"));
        let app = stale(with_fault("status_500", &names)).state(copy(&entries)).start();
        let all = || services(&app.dashboard().json(), "stale").len() == names.len() - missing;
        eventually("stale sections", all);
        for (query, status) in [("", 200), ("?require=complete", 503)] {
            let reply = app.get(&format!("/aggregates/dashboard{query}"));
            assert_eq!(reply.status, status);
            assert_incomplete(&reply);
            let json = reply.json();
            assert_eq!(services(&json, "unavailable"), names[..missing]);
            assert_eq!(services(&json, "stale"), names[missing..]);
            for backend in backends().iter().filter(|_| status == 200) {
                let is_missing = names[..missing].contains(&backend.service);
                assert_eq!(json[backend.sections[0].key].is_null(), is_missing, "{json}");
            }
        }
    }
}

#[test]
fn stale_if_error_is_off_by_default() {
    let app = with_fault("status_500", &names()).state(copy(&with_entries())).start();
    assert_eq!(app.dashboard().status, 502);
    let app = App::start();
    app.dashboard();
    app.dashboard();
    assert!(names().iter().all(|service| entry(app.state_directory(), service).is_none()));
}

#[test]
fn an_entry_that_is_too_old_or_invalid_is_a_miss_with_one_log_line() {
    let entries = with_entries();
    let service = names()[1];
    let valid = entry(entries.path(), service).unwrap();
    let with = |key: &str, value: Value| {
        let mut changed = valid.clone();
        changed[key] = value;
        changed.to_string()
    };
    let read_at = |seconds: i64| read_at(valid.clone(), seconds).to_string();
    // Lines of the log. An entry that is too old is nothing unusual.
    for (what, value, lines) in [
        ("590 s old", read_at(-590), None),
        ("610 s old", read_at(-610), Some(0)),
        ("4 s in the future", read_at(4), None),
        ("30 s in the future", read_at(30), Some(0)),
        ("another version", with("version", json!(99)), Some(1)),
        ("the response of another service", with("response", json!({ "nothing": 1 })), Some(1)),
        ("garbage", "garbage".to_owned(), Some(1)),
    ] {
        set(&entries, service, &value);
        let app = stale(with_fault("status_500", &[service])).state(copy(&entries)).start();
        let Some(lines) = lines else {
            assert_stale(&stale_reply(|| app.dashboard()), service, "error_status");
            continue;
        };
        let json = app.dashboard().json();
        assert_eq!(json["unavailable"], json!([unavailable(service, "error_status")]), "{what}");
        assert_eq!(json.get("stale"), None, "{what}");
        // One more line is about the backend. On a busy machine the store may be too slow, which is a line too.
        let log = app.log(AGGREGATES, "stderr");
        assert!((1 + lines..=2).contains(&log.lines().count()), "{what}: {log}");
    }
}

#[test]
fn an_entry_is_overwritten_unless_it_is_valid_and_younger_than_5_s() {
    let (entries, names) = (with_entries(), names());
    let at = |from_now| read_at(entry(entries.path(), names[0]).unwrap(), from_now);
    let (young, old) = (at(4), at(-6));
    for replaced in [old.to_string(), "garbage".to_owned()] {
        let state = copy(&entries);
        set(&state, names[0], &young.to_string());
        set(&state, names[1], &replaced);
        let app = stale(with_fault("none", &names)).state(state).start();
        app.dashboard();
        let read_at = |service| entry(app.state_directory(), service).map(|entry| entry["readAt"].clone());
        eventually("it is overwritten", || read_at(names[1]).is_some_and(|time| time != old["readAt"]));
        assert_eq!(read_at(names[0]), Some(young["readAt"].clone()));
    }
}
