//! The app on libSQL's own server, also on one that hangs, or is killed and comes back. The local host leaves
//! that to Spin.

use std::env;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use harness::{App, LibsqlServer, Options, Reply, Runtime, needs_spin, usage};
use serde_json::json;

/// How long the app may take on a busy machine to notice that its database is back.
const RECOVERY_LIMIT: Duration = Duration::from_secs(60);

/// Longer than a database is left alone that has not answered.
const PAUSE: Duration = Duration::from_millis(1100);

/// How many ask at once.
const CLIENTS: usize = 10;

/// How many files more than before may be open when all is over.
const FILES: usize = 10;

/// The app with its sample data and a value for a variable.
fn app(variable: &str, value: &str) -> Option<App> {
    if !needs_spin() {
        return None;
    }
    let options = Options::default().on(Runtime::Spin).state(LibsqlServer::start()?).migrated();
    Some(options.variable(variable, value).start())
}

/// Holds if this is what a dashboard says of a database that is not there for either backend.
fn assert_nothing_is_there(reply: &Reply, status: u16, reason: &str) {
    assert_eq!(reply.status, status, "{}", reply.text());
    let unavailable = ["customers-service", "incidents-service"]
        .map(|service| json!({"service": service, "reason": reason}));
    assert_eq!(reply.json()["unavailable"], json!(unavailable));
}

/// Asks until the dashboard is whole, since a busy machine takes longer than a deadline now and then.
///
/// After one in twenty hangs the server locks itself up for good and answers nobody (0.24.32: all its threads
/// wait for each other). In a cluster the probe of `deploy/libsql` starts it anew then, and so does this.
fn whole(app: &mut App) -> Reply {
    let started = Instant::now();
    loop {
        let reply = app.dashboard();
        if reply.header("x-aggregate-complete") == Some("true") {
            return reply;
        }
        assert!(started.elapsed() < RECOVERY_LIMIT, "{}", reply.text());
        if !app.libsql().is_healthy() {
            app.libsql().start_again();
        }
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn the_tests_of_the_services_pass_on_it() {
    if !needs_spin() || LibsqlServer::start().is_none() {
        return;
    }
    for module in ["customers::", "incidents::", "dashboard::"] {
        let output = Command::new(env::current_exe().unwrap())
            .arg(module)
            .env("APP_RUNTIME", "spin")
            .env("APP_DATABASE", "libsql")
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
        assert!(text.contains("test result: ok. ") && !text.contains("ok. 0 passed"), "{text}");
    }
}

#[test]
fn a_server_that_hangs_is_a_timeout_and_nothing_is_left_of_it_when_it_goes_on() {
    let Some(mut app) = app("backend_timeout_ms", "1000") else { return };
    let before = whole(&mut app);
    let open_files = |app: &App| usage::open_files(&app.server().processes()).unwrap();
    let files = open_files(&app);
    for _ in 0..2 {
        thread::sleep(PAUSE); // since the time before a backend may be left alone for a while
        app.libsql().hang();
        for _ in 0..3 {
            assert_nothing_is_there(&app.dashboard(), 504, "timeout");
        }
        // Of several at once, one or the other finds a backend that has waited in vain itself, and says so.
        let ask = || assert!([502, 504].contains(&app.dashboard().status.as_u16()));
        thread::scope(|scope| (0..CLIENTS).for_each(|_| drop(scope.spawn(|| (0..3).for_each(|_| ask())))));
        let most = open_files(&app);
        app.libsql().go_on();
        assert_eq!(whole(&mut app).body, before.body);

        let started = Instant::now();
        while open_files(&app) > files + FILES {
            assert!(
                started.elapsed() < RECOVERY_LIMIT,
                "{files} files, then {most}, now {}",
                open_files(&app)
            );
            thread::sleep(Duration::from_millis(20));
        }
        println!("{files} files, then {most}, then {} after {:?}", open_files(&app), started.elapsed());
        assert!(most > files + FILES, "{files} files, then {most}: that shows nothing");
    }
}

#[test]
fn a_query_to_a_server_that_hangs_is_an_error_in_time_and_the_next_one_does_not_reach_it() {
    let Some(mut app) = app("database_timeout_ms", "500") else { return };
    let before = whole(&mut app);
    app.libsql().hang();
    // An instance that has nothing to do for a second is gone, and on a busy machine the second may be over.
    let spared = (0..5).any(|_| {
        let count = |app: &App| {
            assert_eq!(app.get("/customers/count").error(503), "The data could not be read in time")
        };
        thread::sleep(PAUSE);
        count(&app);
        let connections = app.libsql().connections();
        count(&app);
        let log = app.log("customers-service", "stderr");
        let spared = log.lines().last().unwrap().contains("database circuit open");
        assert!(!spared || app.libsql().connections() <= connections, "{log}");
        spared
    });
    assert!(spared, "{}", app.log("customers-service", "stderr"));
    app.libsql().go_on();
    assert_eq!(whole(&mut app).body, before.body);
}

#[test]
fn a_server_that_is_killed_is_an_error_and_nothing_is_left_of_it_when_it_comes_back() {
    let Some(mut app) = app("backend_timeout_ms", "60000") else { return };
    let before = whole(&mut app);
    for _ in 0..2 {
        app.libsql().kill();
        for _ in 0..3 {
            assert_nothing_is_there(&app.dashboard(), 502, "error_status");
        }
        app.libsql().start_again();
        // Each service finds its connection dead, and replaces it.
        let next = [app.dashboard(), app.dashboard()];
        assert!(next.iter().any(|reply| reply.body == before.body), "{}", next[1].text());
    }
}
