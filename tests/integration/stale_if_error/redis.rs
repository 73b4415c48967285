//! Stale-if-error with Redis: shared by processes, down, hung, full, access denied, garbage.

use std::time::{Duration, Instant};

use harness::{Redis, free_port, needs};

use super::*;

/// Longer than any dashboard takes without waiting for the store, on a busy machine.
const SOON: Duration = Duration::from_secs(5);

fn on(url: &str, options: Options) -> App {
    let state = State::default();
    let config = state.path().join("runtime.toml");
    std::fs::write(&config, format!("[key_value_store.default]\ntype = \"redis\"\nurl = \"{url}\"\n"))
        .unwrap();
    stale(options).arguments(["--runtime-config-file", config.to_str().unwrap()]).state(state).start()
}

fn healthy(url: &str) -> App {
    on(url, with_fault("none", &names()))
}

fn last() -> &'static str {
    names().pop().unwrap()
}

/// The last backend fails. By then, the entries of the others wait to be written.
fn failing(url: &str) -> App {
    on(url, with_fault("status_500", &[last()]))
}

/// Asserts that dashboards do not wait for the store.
fn assert_fast(app: &App) {
    let started = Instant::now();
    for _ in 0..3 {
        let reply = app.dashboard();
        assert_eq!(reply.header("x-aggregate-complete"), Some("true"), "{}", reply.text());
    }
    assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
}

fn keys(redis: &Redis) -> Vec<String> {
    redis.command(&["KEYS", "*"])
}

/// A Redis with an entry of each backend, if there can be one.
fn with_entries() -> Option<Redis> {
    let redis = needs(&["redis-server"]).then(Redis::start)?;
    let app = healthy(&redis.url());
    app.dashboard();
    eventually("an entry of each backend", || keys(&redis).len() == names().len());
    Some(redis)
}

#[test]
fn processes_share_entries_whose_keys_have_a_prefix() {
    let Some(redis) = with_entries() else { return };
    assert!(keys(&redis).iter().all(|key| key.starts_with("aggregate-pattern/")), "{:?}", keys(&redis));
    let app = failing(&redis.url());
    assert_stale(&stale_reply(|| app.dashboard()), last(), "error_status");
}

#[test]
fn a_store_that_is_down_full_or_denies_access_or_holds_garbage_is_a_miss_with_one_log_line() {
    let Some(garbage) = with_entries() else { return };
    for key in keys(&garbage) {
        garbage.command::<()>(&["DEL", &key]);
        garbage.command::<()>(&["LPUSH", &key, "a list"]);
    }
    let (full, secured) = (Redis::with_memory(1), Redis::with_password("right"));
    for (what, url, lines) in [
        ("down", format!("redis://127.0.0.1:{}", free_port()), 1),
        ("full", full.url(), names().len() - 1), // It can be read, but not written.
        ("denied", secured.url().replace("right", "wrong"), 1),
        ("garbage", garbage.url(), 1),
    ] {
        let app = failing(&url);
        let reply = app.dashboard();
        assert_eq!(reply.json()["unavailable"], json!([unavailable(last(), "error_status")]), "{what}");
        app.dashboard(); // The circuit of the store is open.
        // Two lines are about the backend.
        let log = || app.log(AGGREGATES, "stderr");
        eventually("the log has its lines", || log().lines().count() >= 2 + lines);
        assert_eq!(log().lines().count(), 2 + lines, "{what}: {}", log());
        assert_fast(&healthy(&url));
    }
}

#[test]
fn a_hung_store_is_waited_for_at_most_50_ms_and_used_again_later() {
    let Some(redis) = with_entries() else { return };
    let (healthy, failing) = (healthy(&redis.url()), failing(&redis.url()));
    stale_reply(|| failing.dashboard());
    redis.hang();
    assert_fast(&healthy);
    // A busy machine may delay a response, but not each of several.
    let waits_50_ms = (0..5).any(|_| {
        let fresh = self::failing(&redis.url());
        let started = Instant::now();
        assert_eq!(fresh.dashboard().json().get("stale"), None);
        (50..200).contains(&started.elapsed().as_millis())
    });
    assert!(waits_50_ms);
    redis.resume();
    stale_reply(|| failing.dashboard());
}

#[test]
fn an_idle_connection_that_redis_closed_costs_no_stale_entry() {
    if !needs(&["redis-server"]) {
        return;
    }
    let redis = Redis::start();
    let app = on(&redis.url(), Options::default().migrated());
    let entries_of_all = || {
        app.dashboard(); // An instance tries to write once in 5 s.
        keys(&redis).len() == names().len()
    };
    let close = || assert!(redis.command::<u32>(&["CLIENT", "KILL", "TYPE", "normal"]) >= 1);
    eventually("an entry of each backend", entries_of_all);
    redis.command::<()>(&["FLUSHALL"]);
    close();
    eventually("an entry of each backend by a new connection", entries_of_all);
    assert_eq!(app.log(AGGREGATES, "stderr"), "", "a write failed");

    let complete = app.dashboard().json();
    close();
    app.sql("ALTER TABLE Customers RENAME TO Gone");
    let stale = app.dashboard().json();
    assert_eq!(stale["stale"][0]["service"], names()[0], "{stale}");
    assert_eq!(stale["topCustomers"], complete["topCustomers"]);
}
