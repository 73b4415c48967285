//! The calls of a dashboard: concurrent, once each, retried after a crash, under one deadline.

use std::thread;
use std::time::{Duration, Instant};

use harness::{AGGREGATES, App, Options};
use serde_json::json;

use crate::faults::{by_request, names, unavailable, with_fault};

/// The time that the contract allows beyond the deadline.
const GRACE: Duration = Duration::from_millis(100);

/// Longer than the cool-down of a circuit.
const COOL_DOWN: Duration = Duration::from_millis(1050);

/// How often a time is taken. The median ignores single delays of a busy machine.
const ROUNDS: usize = 5;

/// Asserts that dashboards take `expected` and at most [`GRACE`] more. The delay of a busy machine is measured at
/// the same time, by a sleep and a response without any work, and subtracted.
fn assert_takes(app: &App, expected: Duration) {
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        times.push(thread::scope(|scope| {
            let started = Instant::now();
            let without_work = scope.spawn(move || {
                thread::sleep(expected);
                app.get("/.well-known/spin/health");
                started.elapsed()
            });
            app.dashboard();
            (started.elapsed(), without_work.join().unwrap())
        }));
        thread::sleep(COOL_DOWN);
    }
    times.sort_by_key(|(dashboard, without_work)| dashboard.saturating_sub(*without_work));
    let (dashboard, without_work) = times[ROUNDS / 2];
    assert!(dashboard < without_work + GRACE, "{times:?}");
    assert!(dashboard >= expected, "{times:?}");
}

/// How often a service was called.
pub fn calls(app: &App, service: &str) -> usize {
    app.log(service, "stdout").lines().count()
}

#[test]
fn backends_are_called_concurrently_and_once_each() {
    let app = with_fault("slow", &names()).start();
    app.dashboard();
    assert!(names().iter().all(|service| calls(&app, service) == 1));
    // Each call takes 200 ms.
    assert_takes(&app, Duration::from_millis(200));
}

#[test]
fn only_a_call_whose_instance_crashed_is_retried_and_only_once() {
    let app = with_fault("trap_every_second", &names()).start();
    for _ in 0..20 {
        assert_eq!(app.dashboard().header("x-aggregate-complete"), Some("true"));
    }
    let app = by_request().variable("backend_timeout_ms", "200").start();
    for service in names() {
        let crashes = [("trap", 2), ("error_code", 2)];
        let others = ["status_500", "status_404", "html", "over_one_mib", "stall_in_body"];
        for (fault, expected) in crashes.into_iter().chain(others.map(|fault| (fault, 1))) {
            // The failure before this one has opened no circuit.
            let before = calls(&app, service);
            app.send("GET", "/aggregates/dashboard", &[("x-request-id", &format!("{service}.{fault}"))]);
            assert_eq!(calls(&app, service) - before, expected, "{fault} of {service}");
        }
    }
}

#[test]
fn a_dashboard_is_sent_within_the_deadline_and_a_tenth_of_a_second() {
    thread::scope(|scope| {
        for fault in ["stall_before_headers", "stall_in_body", "drip"] {
            let app = with_fault(fault, &names()).variable("backend_timeout_ms", "300");
            scope.spawn(move || assert_takes(&app.start(), Duration::from_millis(300)));
        }
    });
}

/// Every variable with a range, and its limits.
const RANGES: [(&str, i64, i64); 4] = [
    ("database_timeout_ms", 1, 60_000),
    ("backend_timeout_ms", 1, 60_000),
    ("cache_max_age_s", 0, 86_400),
    ("stale_if_error_s", 0, 86_400),
];

#[test]
fn an_invalid_variable_is_logged_and_the_default_applies() {
    for invalid in ["soon", "1.5", "", "too small", "too large"] {
        let options = RANGES.iter().fold(Options::default().migrated(), |options, (name, least, most)| {
            let value = match invalid {
                "too small" => (least - 1).to_string(),
                "too large" => (most + 1).to_string(),
                text => text.to_owned(),
            };
            options.variable(name, &value)
        });
        let app = options.start();
        assert_eq!(app.dashboard().header("cache-control"), Some("no-cache"));
        for (variable, ..) in RANGES {
            let readers = if variable == RANGES[0].0 { names() } else { vec![AGGREGATES] };
            for service in readers {
                let log = app.log(service, "stderr");
                let is_warning = |line: &str| line.contains(variable) && line.contains("\"level\":\"warn\"");
                assert!(log.lines().any(is_warning), "{variable} is {invalid}: {log}");
            }
        }
    }
}

#[test]
fn the_default_of_backend_timeout_ms_is_a_second() {
    let app = with_fault("stall_in_body", &names()[..1]).start();
    let started = Instant::now();
    assert_eq!(app.dashboard().json()["unavailable"], json!([unavailable(names()[0], "timeout")]));
    assert!(started.elapsed() >= Duration::from_secs(1));
    // With the calls that take 200 ms a longer default would be a complete dashboard, a shorter one a 504.
    let slow = with_fault("slow", &names()).start();
    assert_eq!(slow.dashboard().header("x-aggregate-complete"), Some("true"));
}
