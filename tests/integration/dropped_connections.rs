//! Database connections that their server drops, by a fault that is built into the local host.

use std::thread;

use harness::{App, Options, Runtime};
use nix::sys::signal::Signal;

const ROUTES: [(&str, &str); 8] = [
    ("customers-service", "/customers/items"),
    ("customers-service", "/customers/items/4925914c-4fb2-4c77-928a-17566c235628"),
    ("customers-service", "/customers/top/3"),
    ("customers-service", "/customers/count"),
    ("incidents-service", "/incidents/items"),
    ("incidents-service", "/incidents/grouped-by-customer"),
    ("incidents-service", "/incidents/summary/3"),
    ("aggregates-service", "/aggregates/dashboard"),
];

/// The sample data and so many incidents that they fill several pages.
const PAGES: &str = "
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3500)
    INSERT INTO Incidents
    SELECT printf('%08x-0000-4000-8000-000000000000', i), i, 'Customer ' || (i % 7), 'Fire' FROM n";

/// How many queries one round of all routes sends: one each, two for the dashboard, and one for each of
/// four pages of both lists of incidents.
const QUERIES: usize = 6 + 2 * 4 + 1;

/// The app on connections that answer so many queries and no more; `None` where that cannot be had.
fn app_with_connections_of(queries: &str) -> Option<App> {
    if Runtime::chosen() == Runtime::Spin {
        println!("Spin has no such fault: this is tested on the local host.");
        return None;
    }
    Some(Options::default().migrated().arguments(["--drop-connections-after", queries]).start())
}

/// How often a query met a dropped connection. Ends the app, whose output is whole only then.
fn dropped(app: App) -> usize {
    let stopped = app.stop(Signal::SIGTERM);
    stopped.output.matches("A query was sent to a dropped database connection").count()
}

#[test]
fn a_dropped_connection_is_replaced_and_no_request_notices() {
    const CLIENTS: usize = 4;
    const ROUNDS: usize = 20;
    let healthy = App::start();
    healthy.sql(PAGES);
    let expected = ROUTES.map(|(_, path)| healthy.get(path).body);

    for queries in ["1", "2", "5"] {
        let Some(app) = app_with_connections_of(queries) else { return };
        app.sql(PAGES);
        let round = || {
            for ((_, path), expected) in ROUTES.iter().zip(&expected) {
                let reply = app.get(path);
                assert_eq!(reply.status, 200, "{path}: {:?}", reply.text());
                assert!(reply.body == *expected, "{path}: {:?}", reply.text());
            }
        };
        thread::scope(|scope| {
            (0..CLIENTS).for_each(|_| drop(scope.spawn(|| (0..ROUNDS).for_each(|_| round()))));
        });
        for (service, _) in ROUTES {
            assert_eq!(app.log(service, "stderr"), "", "{queries}");
        }
        // No query meets a second dropped connection: the new one has not been used yet.
        let (dropped, sent) = (dropped(app), CLIENTS * ROUNDS * QUERIES);
        println!("{dropped} of {sent} queries met a connection that was dropped after {queries}");
        assert!((1..=sent).contains(&dropped), "{dropped} of {sent} queries, dropped after {queries}");
    }
}

#[test]
fn a_connection_that_never_works_is_an_error_and_no_endless_loop() {
    let Some(app) = app_with_connections_of("0") else { return };
    let lines = |service| app.log(service, "stderr").lines().count();
    for (requests, (service, path)) in (1..).zip(&ROUTES[..4]) {
        app.get(path).error(500);
        assert_eq!(lines(service), requests, "{path}");
    }
    assert_eq!(app.dashboard().status, 502);
    // One query for each request, and one of each backend for the dashboard.
    assert_eq!(dropped(app), 4 + 2);
}
