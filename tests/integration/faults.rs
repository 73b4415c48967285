//! What the dashboard answers when a backend fails. The faulty component does what a fault's name says.

use std::thread;
use std::time::{Duration, Instant};

use harness::{App, Manifest, Options, Reply};
use serde_json::{Value, json};

/// The deadline of these tests, in milliseconds.
const TIMEOUT: u64 = 1000;

/// What the contract allows on top of the deadline.
const GRACE: Duration = Duration::from_millis(100);

/// How often a time is taken: one that is late now and then is the machine's fault.
const ROUNDS: usize = 9;

/// Longer than a backend that was waited for in vain is left alone.
const PAUSE: Duration = Duration::from_millis(1100);

/// What the faulty component writes into everything that must not reach a client.
const MARKER: &str = "MARKER";

/// A fault, and the reason that the dashboard has to give for it.
pub const FAULTS: [(&str, &str); 22] = [
    ("stall_before_headers", "timeout"),
    ("stall_in_body", "timeout"),
    ("drip", "timeout"),
    ("error_code", "error_status"), // which the runtime turns into a 500 without a body
    ("trap", "error_status"),       // likewise
    ("status_204", "error_status"),
    ("status_404", "error_status"),
    ("status_500", "error_status"),
    ("status_503", "error_status"),
    ("html", "invalid_response"),
    ("empty_body", "invalid_response"),
    ("truncated", "invalid_response"),
    ("trailing_garbage", "invalid_response"),
    ("longer_than_declared", "invalid_response"),
    ("shorter_than_declared", "invalid_response"),
    ("wrong_types", "invalid_response"),
    ("negative_count", "invalid_response"),
    ("null_number", "invalid_response"),
    ("over_one_mib", "too_large"),
    ("endless", "too_large"),
    ("not_allowed", "unreachable"), // not a fault of the backend: the manifest does not allow the call
    ("one_mib", ""),                // just small enough
];

pub const CUSTOMERS: &str = "customers-service";
pub const INCIDENTS: &str = "incidents-service";

/// The app with its sample data and a fault in the place of each of `services`.
fn app_with(fault: &str, services: &[&str]) -> App {
    Options::default()
        .migrated()
        .manifest(|manifest| inject(manifest, fault, services))
        .variable("backend_timeout_ms", &TIMEOUT.to_string())
        .start()
}

/// Puts a fault in the place of each of `services`.
pub fn inject(manifest: Manifest, fault: &str, services: &[&str]) -> Manifest {
    services.iter().fold(manifest, |manifest, service| match fault {
        "not_allowed" => disallow(manifest, service),
        _ => manifest.replace(service, fault),
    })
}

fn disallow(mut manifest: Manifest, service: &str) -> Manifest {
    let component = &mut manifest.document()["component"]["aggregates-service"];
    let hosts = component["allowed_outbound_hosts"].as_array_mut().unwrap();
    hosts.retain(|host| !host.as_str().unwrap().contains(service));
    manifest
}

/// The dashboard, and a check that it holds nothing of a fault.
fn dashboard(app: &App, fault: &str) -> Reply {
    // The first request instantiates components, which is not what the deadline is about.
    app.dashboard();
    thread::sleep(PAUSE);
    let reply = app.dashboard();
    assert!(!reply.text().contains(MARKER), "{fault}: {}", reply.text());
    assert!(!format!("{:?}", reply.headers).contains(MARKER), "{fault}: {:?}", reply.headers);
    assert_eq!(reply.header("content-length"), Some(reply.body.len().to_string().as_str()));
    reply
}

/// Holds if dashboards take no more than [`GRACE`] longer than `expected`. That is told by the median, and
/// what a busy machine adds is taken off: so long a sleep and an answer without any work, at the same time.
fn assert_takes(app: &App, expected: Duration) {
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        thread::sleep(PAUSE);
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
    }
    times.sort_by_key(|(dashboard, without_work)| dashboard.saturating_sub(*without_work));
    let (dashboard, without_work) = times[ROUNDS / 2];
    assert!(dashboard < without_work + GRACE, "{times:?}");
    assert!(dashboard >= expected, "{times:?}");
}

/// The sections of a service, from the same data without a fault.
fn healthy_sections() -> Value {
    App::start().dashboard().json()
}

const SECTIONS: [(&str, &str); 4] = [
    ("customerCount", CUSTOMERS),
    ("topCustomers", CUSTOMERS),
    ("customersWithMostIncidents", INCIDENTS),
    ("customersWithHighestIncidentVolume", INCIDENTS),
];

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

fn assert_partial(reply: &Reply, missing: &str, reason: &str, healthy: &Value) {
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("x-aggregate-complete"), Some("false"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!(reply.header("etag"), None);
    let json = reply.json();
    for (section, service) in SECTIONS {
        let expected = if service == missing { &Value::Null } else { &healthy[section] };
        assert_eq!(&json[section], expected, "{section}");
    }
    assert_eq!(json["unavailable"], json!([{ "service": missing, "reason": reason }]));
    assert_eq!(json.as_object().unwrap().len(), 5, "{json}");
    assert!(
        reply
            .text()
            .ends_with(&format!(r#","unavailable":[{{"service":"{missing}","reason":"{reason}"}}]}}"#))
    );
}

#[test]
fn a_fault_of_one_service_leaves_the_sections_of_the_other() {
    let healthy = healthy_sections();
    for (fault, reason) in FAULTS.into_iter().filter(|(_, reason)| !reason.is_empty()) {
        for service in [CUSTOMERS, INCIDENTS] {
            let app = app_with(fault, &[service]);
            let reply = dashboard(&app, fault);
            println!("{fault} in {service}: {}", reply.text());
            assert_partial(&reply, service, reason, &healthy);
            let log = app.log("aggregates-service", "stderr");
            assert!(log.contains(service), "{fault} in {service} is not in the log: {log}");
        }
    }
}

#[test]
fn a_fault_of_both_services_is_an_error_that_names_them() {
    for (fault, reason) in FAULTS.into_iter().filter(|(_, reason)| !reason.is_empty()) {
        let app = app_with(fault, &[CUSTOMERS, INCIDENTS]);
        let reply = dashboard(&app, fault);
        assert_eq!(reply.status, if reason == "timeout" { 504 } else { 502 }, "{fault}");
        assert_eq!(reply.header("x-aggregate-complete"), Some("false"));
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        assert_eq!(reply.header("etag"), None);
        let json = reply.json();
        assert_eq!(keys(&json), ["message", "unavailable"], "{fault}");
        assert!(json["message"].as_str().is_some_and(|message| !message.is_empty()));
        let both = [CUSTOMERS, INCIDENTS].map(|service| json!({ "service": service, "reason": reason }));
        assert_eq!(json["unavailable"], json!(both), "{fault}");
    }
}

#[test]
fn only_if_every_service_timed_out_is_it_a_gateway_timeout() {
    let change = |manifest: Manifest| {
        manifest.replace(CUSTOMERS, "stall_before_headers").replace(INCIDENTS, "status_500")
    };
    let app = Options::default()
        .migrated()
        .manifest(change)
        .variable("backend_timeout_ms", &TIMEOUT.to_string())
        .start();
    let reply = dashboard(&app, "stall_before_headers and status_500");
    assert_eq!(reply.status, 502);
    assert_eq!(reply.json()["unavailable"][0]["reason"], "timeout");
    assert_eq!(reply.json()["unavailable"][1]["reason"], "error_status");
}

#[test]
fn an_answer_of_just_one_mebibyte_is_taken() {
    let app = app_with("one_mib", &[CUSTOMERS, INCIDENTS]);
    let reply = dashboard(&app, "one_mib");
    assert_eq!(reply.header("x-aggregate-complete"), Some("true"), "{}", reply.text());
    assert_eq!(reply.json()["customerCount"], 3);
}

#[test]
fn the_services_are_asked_side_by_side_and_each_once() {
    let app = app_with("slow", &[CUSTOMERS, INCIDENTS]);
    app.dashboard();
    let calls = |service| app.log(service, "stdout").lines().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(calls(CUSTOMERS), ["/customers/summary/5"]);
    assert_eq!(calls(INCIDENTS), ["/incidents/summary/5"]);

    // Each of them takes that long.
    assert_takes(&app, Duration::from_millis(200));
}

#[test]
fn a_slow_service_is_waited_for_as_long_as_the_variable_says() {
    let healthy = Options::default()
        .manifest(|manifest| manifest.replace(CUSTOMERS, "slow").replace(INCIDENTS, "slow"));
    let app = healthy.variable("backend_timeout_ms", "100").start();
    assert_eq!(app.dashboard().status, 504);
    // The backends take 200 ms, which is as long as a dashboard has with what the contract allows.
    assert_takes(&app, Duration::from_millis(100));
}

#[test]
fn a_dashboard_is_there_as_soon_as_the_deadline_is_over() {
    let both = [CUSTOMERS, INCIDENTS];
    thread::scope(|scope| {
        for fault in ["stall_before_headers", "stall_in_body", "drip"] {
            scope.spawn(move || assert_takes(&app_with(fault, &both), Duration::from_millis(TIMEOUT)));
        }
    });
}

#[test]
fn a_timeout_that_is_none_is_reported_and_the_default_used() {
    for invalid in ["0", "60001", "soon", "1.5", ""] {
        let slow = Options::default().manifest(|manifest| {
            manifest.replace(CUSTOMERS, "slow").replace(INCIDENTS, "stall_before_headers")
        });
        let app = slow.variable("backend_timeout_ms", invalid).start();
        let started = Instant::now();
        let reply = app.dashboard();
        let elapsed = started.elapsed();
        assert_eq!(reply.json()["unavailable"], json!([{ "service": INCIDENTS, "reason": "timeout" }]));
        assert!(elapsed >= Duration::from_millis(1000), "{invalid:?}: {elapsed:?}");
        let log = app.log("aggregates-service", "stderr");
        assert!(log.contains("backend_timeout_ms") && log.contains("1s"), "{invalid:?}: {log}");
    }
}

#[test]
fn a_dropped_table_is_a_fault_of_its_service_alone_until_the_migration_is_applied() {
    let app = App::start();
    let whole = app.dashboard();
    let healthy = whole.json();

    app.sql("CREATE TABLE Kept AS SELECT * FROM Incidents; DROP TABLE Incidents;");
    assert_partial(&app.dashboard(), INCIDENTS, "error_status", &healthy);

    // The table is another one now, and nothing keeps its sums up to date.
    app.sql(
        "CREATE TABLE Incidents (Id TEXT PRIMARY KEY, Amount NUMERIC, CustomerName TEXT, Category TEXT);
         INSERT INTO Incidents SELECT * FROM Kept",
    );
    assert_partial(&app.dashboard(), INCIDENTS, "error_status", &healthy);
    assert_eq!(app.get("/incidents/items").status, 200);
    let log = app.log(INCIDENTS, "stderr");
    assert!(log.contains("apply migrations.sql"), "{log}");

    app.sql(&std::fs::read_to_string(harness::root().join("migrations.sql")).unwrap());
    let healed = app.dashboard();
    assert_eq!((healed.text(), healed.headers.get("etag")), (whole.text(), whole.headers.get("etag")));
}

#[test]
fn a_renamed_table_of_customers_is_a_fault_that_heals() {
    let app = App::start();
    let healthy = app.dashboard().json();
    app.sql("ALTER TABLE Customers RENAME TO Elsewhere");
    assert_partial(&app.dashboard(), CUSTOMERS, "error_status", &healthy);
    app.sql("ALTER TABLE Elsewhere RENAME TO Customers");
    assert_eq!(app.dashboard().json(), healthy);
}

#[test]
fn empty_tables_are_a_complete_dashboard() {
    let app = App::with_data("");
    let reply = app.dashboard();
    assert_eq!(
        reply.text(),
        r#"{"customerCount":0,"topCustomers":[],"customersWithMostIncidents":[],"customersWithHighestIncidentVolume":[]}"#
    );
    assert_eq!(reply.header("x-aggregate-complete"), Some("true"));
}

#[test]
fn a_call_whose_instance_dies_is_made_once_more_and_no_other_is() {
    let app = app_with("trap_every_second", &[CUSTOMERS, INCIDENTS]);
    for _ in 0..20 {
        assert_eq!(app.dashboard().header("x-aggregate-complete"), Some("true"));
    }
    let calls = |app: &App| app.log(CUSTOMERS, "stdout").lines().count();
    assert!((21..=40).contains(&calls(&app)), "{}", calls(&app));

    for (fault, expected) in
        [("trap", 2), ("error_code", 2), ("status_500", 1), ("status_404", 1), ("html", 1)]
    {
        let app = app_with(fault, &[CUSTOMERS]);
        app.dashboard();
        assert_eq!(calls(&app), expected, "{fault}");
    }
}

#[test]
fn a_backend_that_was_waited_for_in_vain_is_left_alone_for_a_second() {
    for (fault, reason) in [("stall_before_headers", "timeout"), ("status_503", "error_status")] {
        let app = app_with(fault, &[INCIDENTS]);
        let calls = || app.log(INCIDENTS, "stdout").lines().count();
        // On a machine that is busy for a second, the pause may be over before the second request.
        let (first, second) = (0..5)
            .map(|_| (calls(), app.dashboard(), calls(), Instant::now(), app.dashboard(), calls()))
            .find_map(|(before, first, between, asked, second, after)| {
                let in_time = asked.elapsed() < Duration::from_millis(900) && between == before + 1;
                in_time
                    .then(|| assert_eq!(after, between, "{fault}: it was asked again"))
                    .map(|()| (first, second))
            })
            .expect("one of five in time");
        for reply in [first, second] {
            assert_eq!(reply.json()["unavailable"], json!([{ "service": INCIDENTS, "reason": reason }]));
        }
        let before = calls();
        thread::sleep(PAUSE);
        app.dashboard();
        assert_eq!(calls(), before + 1, "{fault}: it is asked again when the second is over");
    }
}

#[test]
fn a_failure_that_took_no_waiting_is_no_reason_not_to_ask_again() {
    for fault in ["status_500", "html", "over_one_mib"] {
        let app = app_with(fault, &[INCIDENTS]);
        (0..5).for_each(|_| drop(app.dashboard()));
        assert_eq!(app.log(INCIDENTS, "stdout").lines().count(), 5, "{fault}");
    }
}

#[test]
fn who_wants_all_or_nothing_gets_an_error_where_something_is_missing() {
    let healthy = App::start();
    let complete = healthy.get("/aggregates/dashboard?require=complete");
    assert_eq!((complete.status.as_u16(), complete.text()), (200, healthy.dashboard().text()));

    let app = app_with("status_500", &[INCIDENTS]);
    let reply = app.get("/aggregates/dashboard?require=complete");
    assert_eq!(reply.status, 503);
    assert_eq!(keys(&reply.json()), ["message", "unavailable"]);
    assert_eq!(reply.header("x-aggregate-complete"), Some("false"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    for wrong in ["require", "require=", "require=all", "require=complete&require=complete"] {
        let path = format!("/aggregates/dashboard?{wrong}");
        assert_eq!(app.get(&path).error(400), "Invalid parameter (require) received, use complete");
    }
}

#[test]
fn every_dashboard_says_how_long_each_call_took_and_why_it_failed() {
    let timing = |app: &App| app.dashboard().header("server-timing").unwrap().to_owned();
    let healthy = timing(&App::start());
    let durations: Vec<f64> = healthy
        .split(", ")
        .zip([CUSTOMERS, INCIDENTS])
        .map(|(metric, service)| metric.strip_prefix(&format!("{service};dur=")).unwrap().parse().unwrap())
        .collect();
    assert!(durations.iter().all(|duration| *duration > 0.0), "{healthy}");

    let failed = timing(&app_with("stall_before_headers", &[INCIDENTS]));
    let (_, incidents) = failed.split_once(", incidents-service;dur=").unwrap();
    let (duration, reason) = incidents.split_once(';').unwrap();
    assert!(duration.parse::<f64>().unwrap() >= TIMEOUT as f64, "{failed}");
    assert_eq!(reason, r#"desc="timeout""#);
}
