//! Tens of thousands of requests, while faults come and go.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use harness::{App, Options, assert_growth_below};
use serde_json::Value;

const CLIENTS: usize = 4;

/// How much the process may have grown by the end, in bytes. A leak of a hundred bytes a request is more.
const GROWTH: u64 = 24 << 20;

/// Sends `requests` from several clients and returns how many were answered in a second.
fn load(app: &App, requests: usize, check: impl Fn(usize) + Sync) -> f64 {
    let started = Instant::now();
    thread::scope(|scope| {
        for client in 0..CLIENTS {
            let check = &check;
            scope.spawn(move || (client..requests).step_by(CLIENTS).for_each(check));
        }
    });
    assert!(app.get("/.well-known/spin/health").status.is_success());
    requests as f64 / started.elapsed().as_secs_f64()
}

/// The answer is one that the contract names, and its parts agree with each other.
fn check_dashboard(app: &App) {
    let reply = app.dashboard();
    let json = reply.json();
    let null = |key: &str| json[key] == Value::Null;
    let missing = ["customerCount", "customersWithMostIncidents"].iter().filter(|key| null(key)).count();
    let unavailable = json["unavailable"].as_array().map_or(0, Vec::len);
    assert_eq!(unavailable, missing, "{json}");
    assert_eq!(
        reply.header("x-aggregate-complete"),
        Some(if missing == 0 { "true" } else { "false" }),
        "{json}"
    );
    assert_eq!(reply.header("etag").is_some(), missing == 0, "{json}");
    match reply.status.as_u16() {
        200 => assert!(missing < 2, "{json}"),
        502 | 504 => assert!(missing == 2 && json["message"].is_string(), "{json}"),
        other => panic!("{other}: {json}"),
    }
}

fn healthy(app: &App) -> f64 {
    load(app, 3000, |_| assert_eq!(app.dashboard().header("x-aggregate-complete"), Some("true")))
}

#[test]
fn the_app_stays_what_it_was_while_faults_come_and_go() {
    let app = App::start();
    healthy(&app);
    let before = healthy(&app);
    let memory = app.resident();

    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let database = app.database();
            while !over.load(Ordering::Relaxed) {
                for table in ["Incidents", "Customers"] {
                    database.execute_batch(&format!("ALTER TABLE {table} RENAME TO Gone")).unwrap();
                    thread::sleep(Duration::from_millis(20)); // The fault lasts.
                    database.execute_batch(&format!("ALTER TABLE Gone RENAME TO {table}")).unwrap();
                    thread::sleep(Duration::from_millis(20)); // And is over for a while.
                }
            }
        });
        load(&app, 20_000, |request| match request % 10 {
            0 => assert!(matches!(app.get("/incidents/items").status.as_u16(), 200 | 500)),
            1 => assert!(matches!(app.get("/customers/count").status.as_u16(), 200 | 500)),
            2 => drop(std::net::TcpStream::connect(app.address()).unwrap()),
            _ => check_dashboard(&app),
        });
        over.store(true, Ordering::Relaxed);
    });

    let after = (0..5).map(|_| healthy(&app)).fold(0.0, f64::max);
    assert!(after > before / 2.0, "{before} requests a second before, {after} after");
    assert_growth_below(GROWTH, memory, app.resident());
}

#[test]
fn the_dashboard_tells_the_truth_however_a_backend_fails() {
    let faults = "none,none,none,trap,error_code,status_500,html,truncated,over_one_mib,endless,stall_in_body,stall_before_headers";
    let app = Options::default()
        .migrated()
        .manifest(|manifest| manifest.replace("incidents-service", faults))
        .variable("backend_timeout_ms", "20")
        .start();
    load(&app, 3000, |_| check_dashboard(&app));
    assert_eq!(app.get("/customers/count").text(), r#"{"count":40}"#);
}
