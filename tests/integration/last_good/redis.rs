//! With Redis, up and down, hung, full, locked and full of rubbish.

use harness::Redis;

use super::*;

/// What a dashboard may take that has waited for a backend and for the store, with time for a busy machine.
const SOON: Duration = Duration::from_secs(5);

/// The app on that store.
fn on(redis: &str) -> Options {
    let state = State::default();
    let config = state.path().join("runtime.toml");
    let text = format!("[key_value_store.default]\ntype = \"redis\"\nurl = \"{redis}\"\n");
    std::fs::write(&config, text).unwrap();
    options().arguments(["--runtime-config-file", config.to_str().unwrap()]).state(state)
}

fn failing_on(redis: &str, fault: &str, services: &[&str]) -> App {
    on(redis).manifest(|manifest| faults::inject(manifest, fault, services)).start()
}

fn has_both(redis: &Redis) -> bool {
    KEYS.iter().all(|key| redis.ask::<bool>(&["EXISTS", key]))
}

/// A Redis with a last good answer of each backend, and the dashboard that they make.
fn kept() -> (Redis, Value) {
    let redis = Redis::start();
    let app = on(&redis.url()).start();
    let healthy = app.dashboard().json();
    eventually("a last good answer of both", || has_both(&redis));
    (redis, healthy)
}

/// A healthy dashboard takes no notice of the store.
fn assert_healthy(app: &App) {
    for _ in 0..3 {
        let started = Instant::now();
        let reply = app.dashboard();
        assert_eq!(reply.header("x-aggregate-complete"), Some("true"), "{}", reply.text());
        assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
    }
}

/// A failed dashboard is there soon, without anything from a store that is as good as none.
fn assert_without_store(app: &App) {
    let started = Instant::now();
    let reply = app.dashboard();
    assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
    assert_eq!(reply.json().get("stale"), None, "{}", reply.text());
    assert_eq!(reply.json()["unavailable"][0]["service"], INCIDENTS);
}

fn complaints(app: &App) -> Vec<String> {
    let log = app.log("aggregates-service", "stderr");
    log.lines().filter(|line| line.contains("the last good answer of")).map(str::to_owned).collect()
}

#[test]
fn all_processes_that_share_a_store_give_the_same_numbers() {
    if !harness::needs(&["redis-server"]) {
        return;
    }
    let (redis, healthy) = kept();
    let apps = [(); 2].map(|()| failing_on(&redis.url(), "status_500", &[INCIDENTS]));
    thread::scope(|scope| {
        for app in &apps {
            for _ in 0..4 {
                // Several at once are served by several instances.
                scope.spawn(|| assert_stale(&app.dashboard(), INCIDENTS, "error_status", &healthy));
            }
        }
    });
}

#[test]
fn keys_have_a_prefix_and_values_a_version() {
    if !harness::needs(&["redis-server"]) {
        return;
    }
    let (redis, _) = kept();
    let mut keys: Vec<String> = redis.ask(&["KEYS", "*"]);
    keys.sort_unstable();
    assert_eq!(keys, KEYS);
    let value: Value = serde_json::from_str(&redis.ask::<String>(&["GET", KEYS[0]])).unwrap();
    assert_eq!(value["version"], 1);
    assert_eq!(value["answer"]["count"], 40);
}

#[test]
fn a_store_that_was_never_there_is_not_waited_for() {
    if !harness::needs(&["redis-server"]) {
        return;
    }
    let url = format!("redis://127.0.0.1:{}", harness::free_port());
    assert_healthy(&on(&url).start());
    let app = failing_on(&url, "status_500", &[INCIDENTS]);
    assert_without_store(&app);
    assert_eq!(complaints(&app).len(), 1, "{:?}", complaints(&app));
}

#[test]
fn a_store_that_hangs_is_not_waited_for_and_is_used_again_when_it_goes_on() {
    if !harness::needs(&["redis-server"]) {
        return;
    }
    let (redis, healthy) = kept();
    let (good, failing) = (on(&redis.url()).start(), failing_on(&redis.url(), "status_500", &[INCIDENTS]));
    assert_healthy(&good);
    assert_stale(&failing.dashboard(), INCIDENTS, "error_status", &healthy);
    redis.pause();
    assert_healthy(&good);
    assert_without_store(&failing);
    assert!(complaints(&failing)[0].contains("has not answered within 50ms"), "{:?}", complaints(&failing));
    redis.resume();
    eventually("the store is used again", || failing.dashboard().json().get("stale").is_some());
    assert_healthy(&good);
}

#[test]
fn a_store_that_is_killed_and_comes_back_is_used_again() {
    if !harness::needs(&["redis-server"]) {
        return;
    }
    let (mut redis, _) = kept();
    let (good, failing) = (on(&redis.url()).start(), failing_on(&redis.url(), "status_500", &[INCIDENTS]));
    assert_healthy(&good);
    redis.kill();
    assert_healthy(&good);
    assert_without_store(&failing);
    redis.restart();
    // Nothing of it is left, and a client of Redis may take a while until it tries again.
    let other = on(&redis.url()).start();
    other.dashboard();
    eventually("a last good answer of both", || has_both(&redis));
    let failing = failing_on(&redis.url(), "status_500", &[INCIDENTS]);
    assert!(failing.dashboard().json().get("stale").is_some());
}

#[test]
fn a_store_that_is_full_changes_no_answer() {
    if !harness::needs(&["redis-server"]) {
        return;
    }
    let redis = Redis::with_memory(1);
    let app = on(&redis.url()).start();
    assert_healthy(&app);
    eventually("a line in the log", || !complaints(&app).is_empty());
    assert!(complaints(&app)[0].contains("cannot write to the store"), "{:?}", complaints(&app));
    assert_without_store(&failing_on(&redis.url(), "status_500", &[INCIDENTS]));
}

#[test]
fn a_store_that_refuses_the_password_changes_no_answer() {
    if !harness::needs(&["redis-server"]) {
        return;
    }
    let redis = Redis::with_password("right");
    let wrong = redis.url().replace("right", "wrong");
    assert_healthy(&on(&wrong).start());
    let app = failing_on(&wrong, "status_500", &[INCIDENTS]);
    assert_without_store(&app);
    assert_eq!(complaints(&app).len(), 1, "{:?}", complaints(&app));
}

#[test]
fn rubbish_under_our_keys_is_as_good_as_nothing() {
    if !harness::needs(&["redis-server"]) {
        return;
    }
    let (redis, _) = kept();
    for rubbish in ["rubbish", "", "{\"version\":2}", "\u{0}\u{1}"] {
        redis.ask::<()>(&["SET", KEYS[1], rubbish]);
        let app = failing_on(&redis.url(), "status_500", &[INCIDENTS]);
        assert_without_store(&app);
        assert!(complaints(&app)[0].contains("is of no use"), "{:?}", complaints(&app));
    }
    redis.ask::<()>(&["DEL", KEYS[1]]);
    redis.ask::<()>(&["LPUSH", KEYS[1], "a list"]);
    assert_without_store(&failing_on(&redis.url(), "status_500", &[INCIDENTS]));
}

#[test]
fn with_a_store_that_hangs_a_failed_dashboard_keeps_its_deadline() {
    if !harness::needs(&["redis-server"]) {
        return;
    }
    let (redis, _) = kept();
    let app = failing_on(&redis.url(), "stall_in_body", &[INCIDENTS]);
    app.dashboard();
    redis.pause();
    thread::sleep(Duration::from_millis(1100));
    // A busy machine may delay any one answer, but not each of several.
    let in_time = (0..5).any(|_| {
        let started = Instant::now();
        assert_without_store(&app);
        let elapsed = started.elapsed();
        thread::sleep(Duration::from_millis(1100));
        elapsed < Duration::from_millis(500 + 100)
    });
    assert!(in_time);
}

#[test]
fn many_instances_write_no_more_than_one() {
    if !harness::needs(&["redis-server"]) {
        return;
    }
    let redis = Redis::start();
    let apps = [(); 2].map(|()| on(&redis.url()).start());
    apps.iter().for_each(assert_healthy);
    eventually("a last good answer of both", || has_both(&redis));
    let writes = || {
        let statistics: String = redis.ask(&["INFO", "commandstats"]);
        let set = statistics.lines().find_map(|line| line.strip_prefix("cmdstat_set:calls=")).unwrap_or("0,");
        set.split(',').next().unwrap().parse::<u32>().unwrap()
    };
    let before = writes();
    let started = Instant::now();
    thread::scope(|scope| {
        for app in apps.iter().cycle().take(8) {
            scope.spawn(move || {
                while started.elapsed() < Duration::from_secs(12) {
                    assert_eq!(app.dashboard().header("x-aggregate-complete"), Some("true"));
                }
            });
        }
    });
    // Two values, each once in five seconds, with one more for the beginning.
    let written = writes() - before;
    assert!((2..=6).contains(&written), "{written} writes in 12 s");
}
