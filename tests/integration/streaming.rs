//! Lists that are longer than a page of rows: complete, in bounded memory, and independent of slow clients.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use harness::{App, Options, assert_growth_below, eventually};
use rusqlite::Connection;

/// The rows of a page.
const PAGE: usize = 1000;

/// How much the runtime may grow, in bytes. The longest list of these tests is larger.
const GROWTH: u64 = 64 << 20;

/// A list, the service and the table that it comes from, and the SQL that makes the same JSON.
const LISTS: [(&str, &str, &str, &str); 3] = [
    (
        "/customers/items",
        "customers-service",
        "Customers",
        "SELECT json_group_array(json_object('id', Id, 'name', Name, 'country', Country, 'scoring', Scoring)
             ORDER BY Name, Id)
         FROM Customers",
    ),
    (
        "/incidents/items",
        "incidents-service",
        "Incidents",
        "SELECT json_group_array(json_object('id', Id, 'amount', Amount, 'customerName', CustomerName)
             ORDER BY rowid)
         FROM Incidents",
    ),
    (
        "/incidents/grouped-by-customer",
        "incidents-service",
        "Incidents",
        "SELECT json_group_object(CustomerName, json(list))
         FROM (SELECT CustomerName, json_group_array(
                   json_object('id', Id, 'amount', Amount, 'customerName', CustomerName) ORDER BY rowid) AS list
               FROM Incidents GROUP BY CustomerName ORDER BY CustomerName)",
    ),
];

/// Inserts as many customers and incidents, with names of this length, of which some are the same.
fn insert(app: &App, rows: usize, length: usize) {
    app.sql(&format!(
        "BEGIN;
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
         INSERT INTO Customers
         SELECT printf('%08x-0000-4000-8000-000000000000', i * 7919 % {rows}), printf('\"%0{length}d\"', i / 700), 'x', 'Türkiye', i % 11
         FROM n;
         INSERT INTO Incidents SELECT Id, Scoring / 4.0, Name, 'Fire' FROM Customers;
         COMMIT;"
    ));
}

#[test]
fn a_list_has_all_rows_in_order_and_content_length_up_to_a_page() {
    for rows in [1, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE, 2 * PAGE + 500] {
        let app = App::with_data("");
        insert(&app, rows, 20);
        let assert_list = |path: &str, sql: &str| {
            let expected: String = app.database().query_row(sql, [], |row| row.get(0)).unwrap();
            let reply = app.get(path);
            assert!(reply.text() == expected, "{path} with {rows} rows");
            let entries = reply.json().as_array().map_or(rows, Vec::len);
            let length = (entries <= PAGE).then(|| expected.len().to_string());
            assert_eq!(reply.header("content-length"), length.as_deref(), "{path} with {rows} rows");
        };
        for (path, _, _, sql) in LISTS {
            assert_list(path, sql);
        }
        for limit in [rows - 1, rows, rows + 1].into_iter().filter(|limit| *limit > 0) {
            let top = format!(
                "SELECT json_group_array(json_object('id', Id, 'name', Name, 'country', Country, 'scoring', Scoring))
                 FROM (SELECT * FROM Customers ORDER BY Scoring DESC, Name, Id LIMIT {limit})"
            );
            assert_list(&format!("/customers/top/{limit}"), &top);
        }
    }
}

#[test]
fn a_long_list_takes_bounded_memory() {
    let app = App::with_data("");
    let triggers =
        "SELECT group_concat('DROP TRIGGER ' || name, ';') FROM sqlite_schema WHERE type = 'trigger'";
    // The lists do not need the triggers, which would take most of the time.
    let triggers: String = app.database().query_row(triggers, [], |row| row.get(0)).unwrap();
    app.sql(&format!("PRAGMA synchronous = OFF; {triggers}"));
    insert(&app, 300_000, 250);
    for path in LISTS.map(|(path, ..)| path) {
        app.get(&format!("{path}/x"));
    }
    let before = app.resident();
    let most = thread::scope(|scope| {
        let read = |path| {
            let (mut body, mut most, mut length) = (app.open(path).into_body(), None, 0);
            let mut piece = vec![0; 1 << 20];
            loop {
                let read = body.read(&mut piece).unwrap();
                if read == 0 {
                    assert!(length as u64 > GROWTH, "{path} has only {length} bytes");
                    return most;
                }
                length += read;
                most = most.max(app.resident());
            }
        };
        let lists = LISTS.map(|(path, ..)| scope.spawn(move || read(path)));
        lists.into_iter().map(|list| list.join().unwrap()).max().flatten()
    });
    assert_growth_below(GROWTH, before, most);
}

const LONG: usize = 40_000;

/// An app whose lists have ten megabytes, which is more than fits into the buffers between the runtime and a
/// client that does not read.
fn app_with_long_lists() -> App {
    let app = Options::default().migrated().variable("backend_timeout_ms", "30000").start();
    app.sql("DELETE FROM Incidents; DELETE FROM Customers");
    insert(&app, LONG, 200);
    app
}

#[test]
fn head_of_a_long_list_has_the_headers_of_get_and_no_body() {
    let app = app_with_long_lists();
    for (path, service, ..) in LISTS {
        let (get, head) = (app.open(path), app.send("HEAD", path, &[]));
        let mut headers = [get.headers().clone(), head.headers.clone()];
        for changing in ["date", "transfer-encoding", "x-request-id"] {
            headers.iter_mut().for_each(|headers| drop(headers.remove(changing)));
        }
        assert_eq!((get.status(), &headers[0]), (head.status, &headers[1]), "{path}");

        // A body would be taken for the next response.
        let mut stream = TcpStream::connect(app.address()).unwrap();
        let host = app.address();
        write!(stream, "HEAD {path} HTTP/1.1\r\nhost: {host}\r\n\r\n").unwrap();
        write!(stream, "GET /customers/count HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").unwrap();
        let mut received = String::new();
        stream.read_to_string(&mut received).unwrap();
        let (_, next) = received.split_once("\r\n\r\n").unwrap();
        assert!(
            next.starts_with("HTTP/1.1 200 ") && next.ends_with(r#"{"count":40000}"#),
            "{path}: {received}"
        );
        assert_eq!(app.log(service, "stderr"), "");
    }
}

/// A response of which the first bytes were read.
fn begin(app: &App, path: &str) -> impl Read + use<> {
    let mut body = app.open(path).into_body();
    body.read_exact(&mut [0; 100]).unwrap();
    body
}

/// Waits until no page is being read, because all buffers are full. If slow clients held a lock, this would fail.
fn wait_until_unlocked(app: &App) {
    let database = app.database();
    database.busy_timeout(Duration::ZERO).unwrap();
    let mut in_a_row = 0;
    eventually("the database is unlocked", || {
        let is_free = database.execute_batch("BEGIN EXCLUSIVE; ROLLBACK").is_ok();
        in_a_row = if is_free { in_a_row + 1 } else { 0 };
        in_a_row == 10
    });
}

#[test]
fn clients_that_do_not_read_hold_no_lock_and_delay_no_other_client() {
    let app = app_with_long_lists();
    // An instance serves 16 requests at once.
    let lists: Vec<_> = (0..21).map(|index| begin(&app, LISTS[index % 3].0)).collect();
    wait_until_unlocked(&app);
    for number in 0..20 {
        let id = crate::data::id(0xf000_0000 + number);
        app.sql(&format!("INSERT INTO Incidents VALUES ('{id}', 1, '~', 'Flood')"));
        assert_eq!(app.dashboard().header("x-aggregate-complete"), Some("true"));
        assert_eq!(app.get("/customers/top/3").status, 200);
    }
    for (mut list, index) in lists.into_iter().zip(0..) {
        let mut rest = String::new();
        list.read_to_string(&mut rest).unwrap();
        // The new rows are the last ones, so the first bytes were sent before the rest was read.
        assert_eq!(rest.matches("\"~\"").count() >= 20, index % 3 > 0, "{}", LISTS[index % 3].0);
    }
}

#[test]
fn clients_that_disconnect_leave_no_lock_no_memory_and_no_log_line() {
    let app = app_with_long_lists();
    let disconnect = |clients: usize| {
        thread::scope(|scope| {
            for (path, ..) in LISTS {
                let app = &app;
                scope.spawn(move || (0..clients).for_each(|_| drop(begin(app, path))));
            }
        });
        wait_until_unlocked(&app);
        app.resident()
    };
    let before = disconnect(10);
    assert_growth_below(GROWTH, before, disconnect(50));
    assert_eq!(LISTS.map(|(_, service, ..)| app.log(service, "stderr")), [const { String::new() }; 3]);
}

/// The bytes of a response to GET. `meanwhile` is called after the first of them.
fn wire(app: &App, path: &str, meanwhile: impl FnOnce()) -> Vec<u8> {
    let mut stream = TcpStream::connect(app.address()).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", app.address()).unwrap();
    let mut received = vec![0; 1000];
    stream.read_exact(&mut received).unwrap();
    meanwhile();
    match stream.read_to_end(&mut received) {
        Err(error) if error.kind() != ErrorKind::ConnectionReset => panic!("{path}: {error}"),
        _ => received,
    }
}

const LAST_CHUNK: &[u8] = b"\r\n0\r\n\r\n";

/// Asserts that clients see that a list was cut off, and that the log has the cause.
fn assert_cut_off(app: &App, list: usize, failure: impl FnOnce(), cause: &str) {
    let (path, service, ..) = LISTS[list];
    let mut other = begin(app, path);
    let before = app.log(service, "stderr").lines().count();
    let received = wire(app, path, failure);
    assert!(received.starts_with(b"HTTP/1.1 200 OK\r\n") && !received.ends_with(LAST_CHUNK), "{path}");
    assert!(io::copy(&mut other, &mut io::sink()).is_err(), "{path}: the list looks complete");
    eventually("two lines in the log", || app.log(service, "stderr").lines().count() == before + 2);
    for line in app.log(service, "stderr").lines().skip(before) {
        assert!(line.contains(path) && line.contains(cause), "{line}");
    }
}

#[test]
fn a_list_that_fails_half_way_is_cut_off() {
    let app = app_with_long_lists();
    for (list, (path, _, table, _)) in LISTS.into_iter().enumerate() {
        let rename = || app.sql(&format!("ALTER TABLE {table} RENAME TO Elsewhere"));
        assert_cut_off(&app, list, rename, "no such table");
        app.sql(&format!("ALTER TABLE Elsewhere RENAME TO {table}"));
        assert!(wire(&app, path, || ()).ends_with(LAST_CHUNK), "{path}");
    }
}

#[test]
fn database_timeout_ms_applies_to_each_page_of_a_list() {
    let app = Options::default().migrated().variable("database_timeout_ms", "300").start();
    app.sql("DELETE FROM Incidents; DELETE FROM Customers");
    insert(&app, LONG, 200);
    for (list, (path, ..)) in LISTS.into_iter().enumerate() {
        let database: Connection = app.database();
        let lock = || database.execute_batch("BEGIN EXCLUSIVE").unwrap();
        assert_cut_off(&app, list, lock, "300ms");
        database.execute_batch("ROLLBACK").unwrap();
        let is_whole = || app.get(path).status == 200;
        eventually("the circuit of the database is closed", is_whole);
    }
}
