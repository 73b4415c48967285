//! Dropped database connections, as with a remote database. Here a copy replaces the database file and the
//! old file is truncated: an open connection reads nothing, a new one reads everything.

use std::fs::{self, File};
use std::io::Read;
use std::thread;

use harness::{App, services};

use crate::routes;

/// So many long rows that a list exceeds every buffer between the database and the client.
const ROWS: &str = "
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000)
    INSERT INTO Incidents
    SELECT printf('%08x-0000-4000-8000-000000000000', i), i, printf('%0150d', i % 7), 'Fire' FROM n";

/// Drops every connection of the app to its database.
fn drop_connections(app: &App) {
    let database = app.state_directory().join("sqlite_db.db");
    let copy = database.with_extension("copy");
    let old = File::options().write(true).open(&database).unwrap();
    fs::copy(&database, &copy).unwrap();
    fs::rename(&copy, &database).unwrap();
    old.set_len(0).unwrap();
}

#[test]
fn a_dropped_connection_is_replaced_without_an_error() {
    let app = App::start();
    let expected: Vec<_> = routes::paths().into_iter().map(|path| (app.get(&path).body, path)).collect();
    let assert_same = |(body, path): &(Vec<u8>, String)| {
        let reply = app.get(path);
        assert!(reply.status == 200 && reply.body == *body, "{path}: {:?}", reply.text());
    };
    for route in &expected {
        drop_connections(&app);
        assert_same(route);
    }
    drop_connections(&app);
    thread::scope(|scope| (0..4).for_each(|_| drop(scope.spawn(|| expected.iter().for_each(assert_same)))));
    for (service, _) in services() {
        assert_eq!(app.log(&service, "stderr"), "");
    }

    app.sql(ROWS);
    for path in ["/incidents/items", "/incidents/grouped-by-customer"] {
        let expected = app.get(path).body;
        let mut body = app.open(path).into_body();
        let mut list = vec![0; 1 << 20];
        body.read_exact(&mut list).unwrap();
        drop_connections(&app);
        body.read_to_end(&mut list).unwrap();
        assert!(list == expected, "{path}: {} bytes and not {}", list.len(), expected.len());
    }
}

#[test]
fn a_connection_that_fails_twice_is_an_error_with_one_log_line() {
    let app = App::start();
    assert_eq!(app.dashboard().status, 200);
    drop_connections(&app);
    File::options().write(true).open(app.state_directory().join("sqlite_db.db")).unwrap().set_len(0).unwrap();
    for (path, requests) in ["items", "top/3", "count"].into_iter().zip(1..) {
        app.get(&format!("/customers/{path}")).error(500);
        assert_eq!(app.log("customers-service", "stderr").lines().count(), requests, "{path}");
    }
}
