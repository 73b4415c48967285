//! Lists that are longer than a page of rows: complete, in bounded memory, and independent of slow clients.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use harness::{App, Options, assert_growth_below, eventually};

/// The rows of the first page, and of the second.
const PAGE: usize = 1000;

/// How much the runtime may grow, in bytes. The longest list of these tests is larger.
const GROWTH: u64 = 64 << 20;

/// Lists with their tables, and queries for the same JSON.
const LISTS: [(&str, &str, &str); 4] = [
    (
        "/customers/items",
        "Customers",
        "SELECT json_group_array(json_object('id', Id, 'name', Name, 'country', Country, 'scoring', Scoring)
             ORDER BY Name, Id) FROM Customers",
    ),
    (
        "/customers/top/999999",
        "Customers",
        "SELECT json_group_array(json_object('id', Id, 'name', Name, 'country', Country, 'scoring', Scoring)
             ORDER BY Scoring DESC, Name, Id) FROM Customers",
    ),
    (
        "/incidents/items",
        "Incidents",
        "SELECT json_group_array(json_object('id', Id, 'amount', Amount, 'customerName', CustomerName)
             ORDER BY rowid) FROM Incidents",
    ),
    (
        "/incidents/grouped-by-customer",
        "Incidents",
        "SELECT json_group_object(CustomerName, json(list)) FROM (
             SELECT CustomerName, json_group_array(
                 json_object('id', Id, 'amount', Amount, 'customerName', CustomerName) ORDER BY rowid) AS list
             FROM Incidents GROUP BY CustomerName ORDER BY CustomerName)",
    ),
];

/// The log of the service with this table.
fn log(app: &App, table: &str) -> String {
    app.log(&format!("{}-service", table.to_lowercase()), "stderr")
}

/// Inserts as many customers and incidents, with names of this length, of which some are the same.
fn insert(app: &App, rows: usize, length: usize) {
    app.sql(&format!(
        "BEGIN; DELETE FROM Incidents; DELETE FROM Customers;
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
    let app = App::start();
    for rows in [1, PAGE, PAGE + 1, 2 * PAGE, 2 * PAGE + 500] {
        insert(&app, rows, 20);
        for (path, _, sql) in LISTS {
            let expected: String = app.database().query_row(sql, [], |row| row.get(0)).unwrap();
            let reply = app.get(path);
            assert!(reply.text() == expected, "{path} with {rows} rows");
            let length = (rows <= PAGE).then(|| expected.len().to_string());
            assert_eq!(reply.header("content-length"), length.as_deref(), "{path} with {rows} rows");
        }
        let all = app.get("/customers/top/999999").json();
        for limit in [PAGE, PAGE + 1, rows] {
            let top = app.get(&format!("/customers/top/{limit}")).json();
            let all = all.as_array().unwrap();
            assert!(top.as_array().unwrap()[..] == all[..limit.min(rows)], "{limit} of {rows} rows");
        }
    }
}

#[test]
fn a_long_list_takes_bounded_memory() {
    let app = App::start();
    insert(&app, 250_000, 250);
    for (path, ..) in LISTS {
        app.get(&format!("{path}/x"));
    }
    let before = app.resident();
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
    let most = thread::scope(|scope| {
        let lists: Vec<_> = LISTS[1..].iter().map(|(path, ..)| scope.spawn(move || read(path))).collect();
        lists.into_iter().map(|list| list.join().unwrap()).max().flatten()
    });
    assert_growth_below(GROWTH, before, most);
}

/// An app whose lists have ten megabytes, which is more than fits into the buffers between the runtime and a
/// client that does not read.
fn app_with_long_lists(variable: &str, value: &str) -> App {
    let app = Options::default().migrated().variable(variable, value).start();
    insert(&app, 40_000, 200);
    app
}

#[test]
fn head_of_a_long_list_has_the_headers_of_get_and_no_body() {
    let app = app_with_long_lists("backend_timeout_ms", "30000");
    let host = app.address();
    for (path, table, _) in LISTS {
        let (get, head) = (app.open(path), app.send("HEAD", path, &[]));
        let mut headers = [get.headers().clone(), head.headers];
        for changing in ["date", "transfer-encoding", "x-request-id"] {
            headers.iter_mut().for_each(|headers| drop(headers.remove(changing)));
        }
        assert_eq!((get.status(), &headers[0]), (head.status, &headers[1]), "{path}");

        // A body would be taken for the next response.
        let mut stream = TcpStream::connect(host).unwrap();
        write!(stream, "HEAD {path} HTTP/1.1\r\nhost: {host}\r\n\r\n").unwrap();
        write!(stream, "GET /customers/count HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").unwrap();
        let received = io::read_to_string(stream).unwrap();
        let (_, next) = received.split_once("\r\n\r\n").unwrap();
        assert!(next.starts_with("HTTP/1.1 200 ") && next.ends_with(r#"{"count":40000}"#), "{received}");
        assert_eq!(log(&app, table), "");
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
    let app = app_with_long_lists("backend_timeout_ms", "30000");
    // An instance serves 16 requests at once.
    let lists: Vec<_> = (0..20).map(|index| begin(&app, LISTS[index % LISTS.len()].0)).collect();
    wait_until_unlocked(&app);
    for number in 0..20 {
        let id = crate::data::id(0xf000_0000 + number);
        app.sql(&format!("INSERT INTO Incidents VALUES ('{id}', 1, '~', 'Flood')"));
        assert_eq!(app.dashboard().header("x-aggregate-complete"), Some("true"));
        assert_eq!(app.get("/customers/top/3").status, 200);
    }
    for (list, index) in lists.into_iter().zip(0..) {
        let rest = io::read_to_string(list).unwrap();
        // The new rows are the last ones, so the first bytes were sent before the rest was read.
        let (path, table, _) = LISTS[index % LISTS.len()];
        assert_eq!(rest.matches("\"~\"").count() >= 20, table == "Incidents", "{path}");
    }
}

#[test]
fn clients_that_disconnect_leave_no_lock_no_memory_and_no_log_line() {
    let app = &app_with_long_lists("backend_timeout_ms", "30000");
    let disconnect = |clients: usize| {
        thread::scope(|scope| {
            for (path, ..) in LISTS {
                scope.spawn(move || (0..clients).for_each(|_| drop(begin(app, path))));
            }
        });
        wait_until_unlocked(app);
        app.resident()
    };
    let before = disconnect(10);
    assert_growth_below(GROWTH, before, disconnect(50));
    assert!(LISTS.iter().all(|(_, table, _)| log(app, table).is_empty()));
}

/// Asserts that a client sees that a list was cut off, and that the log has the cause.
fn assert_cut_off(app: &App, path: &str, table: &str, failure: impl FnOnce(), cause: &str) {
    let mut body = begin(app, path);
    let before = log(app, table).lines().count();
    failure();
    assert!(io::copy(&mut body, &mut io::sink()).is_err(), "{path}: the list looks complete");
    eventually("a line in the log", || log(app, table).lines().count() == before + 1);
    let log = log(app, table);
    let line = log.lines().last().unwrap();
    assert!(line.contains(path) && line.contains(cause), "{line}");
}

#[test]
fn a_list_is_cut_off_half_way_by_an_error_and_by_a_page_that_exceeds_database_timeout_ms() {
    let app = app_with_long_lists("database_timeout_ms", "300");
    for (path, table, _) in LISTS {
        let rename = || app.sql(&format!("ALTER TABLE {table} RENAME TO Elsewhere"));
        assert_cut_off(&app, path, table, rename, "no such table");
        app.sql(&format!("ALTER TABLE Elsewhere RENAME TO {table}"));

        let database = app.database();
        let lock = || database.execute_batch("BEGIN EXCLUSIVE").unwrap();
        assert_cut_off(&app, path, table, lock, "300ms");
        database.execute_batch("ROLLBACK").unwrap();
        eventually("the circuit of the database is closed", || app.get(path).status == 200);
    }
}
