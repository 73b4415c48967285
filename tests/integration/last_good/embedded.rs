//! With the store that is a file beside the database.

use harness::Runtime;

use super::*;

/// Longer than a store is left alone that has failed.
const PAUSE: Duration = Duration::from_millis(1100);

fn store_file(state: &Path) -> std::path::PathBuf {
    state.join("sqlite_key_value.db")
}

fn store(state: &Path) -> Connection {
    let connection = Connection::open(store_file(state)).unwrap();
    connection.busy_timeout(Duration::from_secs(10)).unwrap();
    connection
}

fn value(state: &Path, key: &str) -> Option<Value> {
    if !store_file(state).is_file() {
        return None;
    }
    let sql = "SELECT value FROM spin_key_value WHERE key = ?1";
    let value: Vec<u8> = store(state).query_row(sql, [key], |row| row.get(0)).ok()?;
    Some(serde_json::from_slice(&value).unwrap())
}

fn set(state: &Path, key: &str, value: &str) {
    let sql = "UPDATE spin_key_value SET value = ?2 WHERE key = ?1";
    assert_eq!(store(state).execute(sql, (key, value.as_bytes())).unwrap(), 1);
}

/// A state directory with a last good answer of each backend, and the dashboard that they make.
fn kept() -> (State, Value) {
    let app = options().start();
    let healthy = app.dashboard().json();
    eventually("a last good answer of both", || {
        KEYS.iter().all(|key| value(app.state_directory(), key).is_some())
    });
    (app.stop(nix::sys::signal::Signal::SIGTERM).state, healthy)
}

/// Another state directory with the same last good answers.
fn copy(kept: &State) -> State {
    let state = State::default();
    std::fs::copy(store_file(kept.path()), store_file(state.path())).unwrap();
    state
}

/// The app with a fault in the place of `services`, beside these last good answers.
fn failing(kept: &State, fault: &str, services: &[&str]) -> App {
    options().manifest(|manifest| faults::inject(manifest, fault, services)).state(copy(kept)).start()
}

#[test]
fn whatever_the_fault_the_last_good_answer_stands_in_but_not_for_a_refusal() {
    let (kept, healthy) = kept();
    for (fault, reason) in FAULTS.into_iter().filter(|(_, reason)| !reason.is_empty()) {
        for service in [CUSTOMERS, INCIDENTS] {
            let app = failing(&kept, fault, &[service]);
            let reply = app.dashboard();
            if fault == "status_404" {
                assert_eq!(reply.json()["unavailable"], json!([{ "service": service, "reason": reason }]));
                assert_eq!(reply.json().get("stale"), None);
            } else {
                assert_stale(&reply, service, reason, &healthy);
            }
        }
    }
}

#[test]
fn a_dashboard_of_nothing_but_last_good_answers_is_a_200() {
    let (kept, healthy) = kept();
    let app = failing(&kept, "stall_before_headers", &[CUSTOMERS, INCIDENTS]);
    let reply = app.dashboard();
    assert_eq!(reply.status, 200);
    let mut json = reply.json();
    let stale = json.as_object_mut().unwrap().remove("stale").unwrap();
    assert_eq!(json, healthy);
    let services: Vec<_> = stale.as_array().unwrap().iter().map(|stale| &stale["service"]).collect();
    assert_eq!(services, [CUSTOMERS, INCIDENTS]);

    let all = app.get("/aggregates/dashboard?require=complete");
    assert_eq!(all.status, 503);
    assert_eq!(all.json()["stale"].as_array().unwrap().len(), 2);
    assert_eq!(all.json().get("unavailable"), None);
}

#[test]
fn what_is_missing_and_what_is_stale_are_named_apart() {
    let (kept, healthy) = kept();
    store(kept.path()).execute("DELETE FROM spin_key_value WHERE key = ?1", [KEYS[0]]).unwrap();
    let app = failing(&kept, "status_500", &[CUSTOMERS, INCIDENTS]);
    let json = app.dashboard().json();
    assert_eq!(json["customerCount"], Value::Null);
    assert_eq!(json["customersWithMostIncidents"], healthy["customersWithMostIncidents"]);
    assert_eq!(json["unavailable"], json!([{ "service": CUSTOMERS, "reason": "error_status" }]));
    assert_eq!(json["stale"][0]["service"], INCIDENTS);
    assert_eq!(json.as_object().unwrap().len(), 6);
}

#[test]
fn it_is_off_unless_it_is_asked_for() {
    let (kept, _) = kept();
    let app = Options::default()
        .migrated()
        .manifest(|manifest| faults::inject(manifest, "status_500", &[INCIDENTS]))
        .state(copy(&kept))
        .start();
    assert_eq!(app.dashboard().json()["unavailable"][0]["service"], INCIDENTS);

    let app = App::start();
    app.dashboard();
    app.dashboard();
    assert!(KEYS.iter().all(|key| value(app.state_directory(), key).is_none()));
}

#[test]
fn an_answer_that_is_too_old_or_of_no_use_is_as_good_as_none() {
    let (kept, healthy) = kept();
    let now = || std::time::UNIX_EPOCH.elapsed().unwrap().as_millis() as i64;
    let good = value(kept.path(), KEYS[1]).unwrap();
    let with = |key: &str, changed: Value| {
        let mut value = good.clone();
        value[key] = changed;
        value.to_string()
    };
    let read_at = |seconds: i64| with("readAt", json!(now() + seconds * 1000));
    for (what, value, counts) in [
        ("599 s ago", read_at(-590), true),
        ("601 s ago", read_at(-610), false),
        ("a little ahead", read_at(4), true),
        ("from the future", read_at(30), false),
        ("another version", with("version", json!(2)), false),
        ("an answer to another question", with("answer", json!({ "count": 1, "top": [] })), false),
        ("rubbish", "rubbish".to_owned(), false),
        ("nothing", String::new(), false),
        ("cut off", good.to_string()[..60].to_owned(), false),
    ] {
        set(kept.path(), KEYS[1], &value);
        let app = failing(&kept, "status_500", &[INCIDENTS]);
        let reply = app.dashboard();
        if counts {
            assert_stale(&reply, INCIDENTS, "error_status", &healthy);
            continue;
        }
        assert_eq!(reply.json().get("stale"), None, "{what}");
        assert_eq!(reply.json()["unavailable"][0]["reason"], "error_status", "{what}");
    }
}

#[test]
fn rubbish_in_the_store_is_reported_in_one_line_and_written_over() {
    let (kept, _) = kept();
    set(kept.path(), KEYS[1], "rubbish");
    let app = failing(&kept, "status_500", &[INCIDENTS]);
    app.dashboard();
    let log = app.log("aggregates-service", "stderr");
    let lines: Vec<_> = log.lines().filter(|line| line.contains("is of no use")).collect();
    assert_eq!(lines.len(), 1, "{log}");

    let healed = options().state(copy(&kept)).start();
    healed.dashboard();
    eventually("a new answer in the place of rubbish", || {
        let sql = "SELECT value FROM spin_key_value WHERE key = ?1";
        let value: Vec<u8> =
            store(healed.state_directory()).query_row(sql, [KEYS[1]], |row| row.get(0)).unwrap();
        value.starts_with(b"{\"version\":1,")
    });
}

#[test]
fn a_store_that_is_locked_is_as_good_as_none() {
    let (kept, _) = kept();
    let app = failing(&kept, "status_500", &[INCIDENTS]);
    app.dashboard();
    let locked = store(app.state_directory());
    locked.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let took = (0..3).map(|_| {
        let started = Instant::now();
        let reply = app.dashboard();
        assert_eq!(reply.json().get("stale"), None, "{}", reply.text());
        let took = started.elapsed();
        thread::sleep(PAUSE);
        took
    });
    let fastest = took.min().unwrap();
    // Spin's store in a file holds the whole instance, its timers included, for the five seconds that SQLite
    // waits for a lock.
    if Runtime::chosen() == Runtime::DevServer {
        assert!(fastest < Duration::from_millis(1000), "{fastest:?}");
        let log = app.log("aggregates-service", "stderr");
        assert!(log.contains("the store has not answered within 50ms"), "{log}");
    }
    drop(locked);
    thread::sleep(PAUSE);
    assert!(app.dashboard().json().get("stale").is_some());
}

#[test]
fn while_nothing_changes_a_value_is_written_every_five_seconds_at_most() {
    let app = options().start();
    let read_at = || value(app.state_directory(), KEYS[0]).and_then(|value| value["readAt"].as_u64());
    let mut seen = Vec::new();
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(14) {
        assert_eq!(app.dashboard().header("x-aggregate-complete"), Some("true"));
        if let Some(now) = read_at()
            && seen.last() != Some(&now)
        {
            seen.push(now);
        }
        thread::sleep(Duration::from_millis(10));
    }
    assert!(seen.len() >= 2, "it is never written again: {seen:?}");
    assert!(seen.windows(2).all(|pair| pair[1] - pair[0] >= 5000), "{seen:?}");
}

#[test]
fn a_new_answer_is_kept_at_once() {
    let app = options().start();
    app.dashboard();
    let count = || value(app.state_directory(), KEYS[0]).map(|value| value["answer"]["count"].clone());
    eventually("40 customers", || count() == Some(json!(40)));
    app.sql("DELETE FROM Customers WHERE Scoring = 1");
    let now = app.dashboard().json()["customerCount"].clone();
    eventually("fewer customers", || count() == Some(now.clone()));
}
