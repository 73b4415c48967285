//! The app on libSQL's server, also while the server hangs or after it was killed. The development server leaves
//! libSQL to Spin. `data` runs its tests on this server too.

use std::env;
use std::process::Command;
use std::thread;
use std::time::Duration;

use harness::{App, LibsqlServer, Options, Reply, Runtime, eventually, needs_spin, usage};
use serde_json::{Value, json};

use crate::faults::{names, unavailable};

/// The app with its sample data.
fn start(backend_timeout_ms: &str) -> Option<App> {
    if !needs_spin() {
        return None;
    }
    let options = Options::default().on(Runtime::Spin).state(LibsqlServer::start()?).migrated();
    Some(options.variable("backend_timeout_ms", backend_timeout_ms).start())
}

/// Asserts that no backend could read the database.
fn assert_failed(reply: &Reply, status: u16, reason: &str) {
    assert_eq!(reply.status, status, "{}", reply.text());
    let all: Vec<Value> = names().into_iter().map(|service| unavailable(service, reason)).collect();
    assert_eq!(reply.json()["unavailable"], json!(all));
}

/// Polls until the dashboard is complete.
///
/// After one in twenty hangs the server deadlocks (0.24.32). A cluster restarts it then by the probe of
/// `deploy/libsql`, and so does this.
fn complete(app: &mut App) -> Reply {
    let mut reply = app.dashboard();
    eventually("the dashboard is complete", || {
        let is_complete = reply.header("x-aggregate-complete") == Some("true");
        if !is_complete {
            if !app.libsql().is_healthy() {
                app.libsql().restart();
            }
            reply = app.dashboard();
        }
        is_complete
    });
    reply
}

#[test]
fn the_tests_of_the_services_pass() {
    if !needs_spin() || LibsqlServer::start().is_none() {
        return;
    }
    let modules = names().into_iter().map(|name| name.replace("-service", "::"));
    for module in modules.chain(["dashboard::".to_owned()]) {
        let mut command = Command::new(env::current_exe().unwrap());
        command.arg(module).env("APP_RUNTIME", "spin").env("APP_DATABASE", "libsql");
        let output = command.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
        assert!(text.contains("test result: ok. ") && !text.contains("ok. 0 passed"), "{text}");
    }
}

#[test]
fn a_hung_server_is_a_timeout_and_leaves_no_open_files_after_it_resumes() {
    let Some(mut app) = start("1000") else { return };
    let before = complete(&mut app);
    let open_files = |app: &App| usage::open_files(&app.server().processes()).unwrap();
    let most_files = open_files(&app) + 10;
    for _ in 0..2 {
        thread::sleep(Duration::from_millis(1100)); // The polling above may have opened a circuit.
        app.libsql().hang();
        for _ in 0..3 {
            assert_failed(&app.dashboard(), 504, "timeout");
        }
        assert_eq!(app.get("/customers/count").error(503), "The data could not be read in time");
        // Of concurrent requests, some get the 503 of a backend with an open circuit.
        let three = || (0..3).for_each(|_| assert!([502, 504].contains(&app.dashboard().status.as_u16())));
        thread::scope(|scope| (0..10).for_each(|_| drop(scope.spawn(three))));
        assert!(open_files(&app) > most_files, "too few files to test with");
        app.libsql().resume();
        assert_eq!(complete(&mut app).body, before.body);
        eventually("the files are closed", || open_files(&app) <= most_files);
    }
}

#[test]
fn connections_to_a_killed_server_are_replaced_after_its_restart() {
    let Some(mut app) = start("60000") else { return };
    let before = complete(&mut app);
    for _ in 0..2 {
        app.libsql().kill();
        for _ in 0..3 {
            assert_failed(&app.dashboard(), 502, "error_status");
        }
        app.libsql().restart();
        let next = [app.dashboard(), app.dashboard()];
        assert!(next.iter().any(|reply| reply.body == before.body), "{}", next[1].text());
    }
}
