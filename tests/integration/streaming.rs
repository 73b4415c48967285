//! Lists that are longer than a page: the same bytes as ever, in bounded memory, whatever a client does.

use std::collections::HashMap;
use std::io::{self, BufWriter, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use harness::{App, Options, assert_growth_below};
use http::StatusCode;
use rusqlite::Connection;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;

mod expected;

/// How much the processes may grow, in bytes. One list of a million rows is more, and so are the pages that
/// two hundred clients have asked for.
const GROWTH: u64 = 64 << 20;

/// Longer than anything takes that does happen.
const LIMIT: Duration = Duration::from_secs(30);

/// Longer than a database is left alone that has not answered.
const PAUSE: Duration = Duration::from_millis(1100);

/// A million incidents, every other one of the same customer, and a million customers. No list needs the
/// triggers, which would take most of the time.
const MILLION: &str = "
    PRAGMA synchronous = OFF;
    DROP TRIGGER customers_before_insert; DROP TRIGGER customers_after_insert;
    DROP TRIGGER incidents_before_insert; DROP TRIGGER incidents_after_insert;
    BEGIN;
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000)
    INSERT INTO Customers
    SELECT printf('%08x-0000-4000-8000-000000000000', i), printf('Customer %06d', i / 2), 'Ürgüp', 'Türkiye', i % 11
    FROM n;
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000)
    INSERT INTO Incidents
    SELECT printf('%08x-0000-4000-8000-000000000000', i), iif(i % 3, i, i / 4.0),
        iif(i % 2, 'Big', printf('Customer \"%05d\"', i / 20)), 'Fire'
    FROM n;
    COMMIT;";

/// Compares what is written to it with what an answer gives, a piece at a time, and looks how much memory
/// the app has meanwhile.
struct Comparison<'a, R> {
    app: &'a App,
    answer: R,
    compared: usize,
    most_memory: Option<u64>,
}

impl<R: Read> Write for Comparison<'_, R> {
    fn write(&mut self, expected: &[u8]) -> io::Result<usize> {
        let mut piece = vec![0; expected.len()];
        self.answer.read_exact(&mut piece)?;
        assert!(piece == expected, "different after {} bytes", self.compared);
        self.compared += expected.len();
        self.most_memory = self.most_memory.max(self.app.resident());
        Ok(expected.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

const PIECE: usize = 1 << 20;

/// Holds if the list at `path` is what `write` writes, to the last byte, and returns the most memory that
/// the app had meanwhile.
fn assert_is(app: &App, path: &str, write: fn(&Connection, &mut dyn Write)) -> Option<u64> {
    let comparison = Comparison { app, answer: app.open(path).into_body(), compared: 0, most_memory: None };
    let mut expected = BufWriter::with_capacity(PIECE, comparison);
    write(&app.database(), &mut expected);
    expected.flush().unwrap();
    let mut comparison = expected.into_parts().0;
    let more = comparison.answer.read(&mut [0]).unwrap();
    assert_eq!(more, 0, "{path} goes on after {} bytes", comparison.compared);
    println!("{path}: {} bytes", comparison.compared);
    comparison.most_memory
}

#[test]
fn lists_of_a_million_rows_are_right_and_take_no_more_memory() {
    let app = App::start();
    app.sql(MILLION);
    for path in ["/customers/top/5000", "/incidents/items/x"] {
        app.get(path);
    }
    let before = app.resident();
    let most = thread::scope(|scope| {
        let lists = [
            scope.spawn(|| assert_is(&app, "/customers/items", expected::customers)),
            scope.spawn(|| assert_is(&app, "/incidents/items", expected::incidents)),
            scope.spawn(|| assert_is(&app, "/incidents/grouped-by-customer", expected::groups)),
        ];
        lists.into_iter().map(|list| list.join().unwrap()).max().flatten()
    });
    assert_growth_below(GROWTH, before, most);
}

#[test]
fn an_answer_tells_its_length_just_if_it_fits_into_a_page() {
    let app = App::with_data(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1001)
        INSERT INTO Customers
        SELECT printf('%08x-0000-4000-8000-000000000000', i), 'Customer ' || i, 'x', 'y', i % 3 FROM n;
        INSERT INTO Incidents SELECT Id, Scoring, Name, 'z' FROM Customers",
    );
    let assert_length = |path: &str, expected: bool| {
        let reply = app.get(path);
        assert!(reply.status == 200 && reply.json() != Value::Null);
        let length = expected.then(|| reply.body.len().to_string());
        assert_eq!(reply.header("content-length"), length.as_deref(), "{path}");
        assert_eq!(reply.header("transfer-encoding"), (!expected).then_some("chunked"), "{path}");
    };
    let lists = ["/customers/items", "/customers/top/1001", LONG_LISTS[0], LONG_LISTS[1]];
    lists.iter().for_each(|path| assert_length(path, false));
    assert_length("/customers/top/1000", true);
    app.sql("DELETE FROM Customers WHERE Name = 'Customer 5'; DELETE FROM Incidents WHERE CustomerName = 'Customer 5'");
    lists.iter().for_each(|path| assert_length(path, true));
}

#[test]
fn a_list_that_ends_where_a_page_does_is_whole() {
    let app = App::with_data(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
        INSERT INTO Customers
        SELECT printf('%08x-0000-4000-8000-000000000000', i), 'Customer ' || (i / 700), 'x', 'y', i % 3 FROM n;
        INSERT INTO Incidents SELECT Id, Scoring, Name, 'z' FROM Customers",
    );
    assert_is(&app, "/customers/items", expected::customers);
    assert_is(&app, "/incidents/items", expected::incidents);
    assert_is(&app, "/incidents/grouped-by-customer", expected::groups);
    for limit in [1999, 2000, 3000] {
        let top = app.get(&format!("/customers/top/{limit}")).json();
        assert_eq!(top.as_array().map(Vec::len), Some(limit.min(2000)));
    }
}

#[test]
fn head_of_a_list_that_is_longer_than_a_page_is_get_without_the_list() {
    let app = app_with_long_lists();
    for path in ["/customers/items", "/customers/top/1001", LONG_LISTS[0], LONG_LISTS[1]] {
        let (get, head) = (app.open(path), app.send("HEAD", path, &[]));
        let mut headers = [get.headers().clone(), head.headers.clone()];
        assert!(get.headers().contains_key("transfer-encoding"), "{path} is not longer than a page");
        for about_this_message in ["date", "transfer-encoding", "x-request-id"] {
            headers.iter_mut().for_each(|headers| drop(headers.remove(about_this_message)));
        }
        assert_eq!(headers[0], headers[1], "{path}");
        assert_eq!((get.status(), head.status, head.text()), (StatusCode::OK, StatusCode::OK, ""), "{path}");

        // Nothing of a body is on the wire either, where it would be taken for the next answer.
        let mut stream = TcpStream::connect(app.address()).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        let host = app.address();
        write!(stream, "HEAD {path} HTTP/1.1\r\nhost: {host}\r\n\r\n").unwrap();
        write!(stream, "GET /customers/count HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").unwrap();
        let mut received = String::new();
        stream.read_to_string(&mut received).unwrap();
        let (_, after_head) = received.split_once("\r\n\r\n").unwrap();
        assert!(
            after_head.starts_with("HTTP/1.1 200 ") && after_head.ends_with(r#"{"count":40000}"#),
            "{path}: {received}"
        );
    }
    // That nobody wanted the list is no failure.
    for service in ["customers-service", "incidents-service"] {
        assert_eq!(app.log(service, "stderr"), "");
    }
    wait_until_nobody_reads(&impatient(&app));
}

const LONG_LISTS: [&str; 2] = ["/incidents/items", "/incidents/grouped-by-customer"];

const LONG: usize = 40_000;

/// The app with lists of ten megabytes, which is more than fits between a runtime and a client that does
/// not read. The dashboard may take long on a busy machine.
fn app_with_long_lists() -> App {
    let app = Options::default().migrated().variable("backend_timeout_ms", "30000").start();
    app.sql(&format!(
        "BEGIN; DELETE FROM Incidents; DELETE FROM Customers;
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {LONG})
        INSERT INTO Incidents
        SELECT printf('%08x-0000-4000-8000-000000000000', i), i, printf('Customer %0200d', i % 1000), 'Fire'
        FROM n;
        INSERT INTO Customers SELECT Id, CustomerName, 'x', 'y', Amount FROM Incidents;
        COMMIT;"
    ));
    app
}

/// A client that has got the first bytes of a list.
fn begin(app: &App, path: &str) -> (Vec<u8>, impl Read + use<>) {
    let mut answer = app.open(path);
    assert_eq!(answer.status(), 200);
    let mut first = vec![0; 100];
    answer.body_mut().read_exact(&mut first).unwrap();
    (first, answer.into_body())
}

/// A connection that never waits for a lock.
fn impatient(app: &App) -> Connection {
    let database = app.database();
    database.busy_timeout(Duration::ZERO).unwrap();
    database
}

/// Waits until the runtime has filled whatever lies between it and the clients, and no page is read any
/// more. If a client that does not read held a lock, this would never be.
fn wait_until_nobody_reads(database: &Connection) {
    let started = Instant::now();
    let mut free = 0;
    while free < 20 {
        assert!(started.elapsed() < LIMIT, "the database stays locked");
        free = if database.execute_batch("BEGIN EXCLUSIVE; ROLLBACK").is_ok() { free + 1 } else { 0 };
        thread::sleep(Duration::from_millis(5));
    }
}

fn assert_serves(app: &App) {
    assert_eq!(app.dashboard().header("x-aggregate-complete"), Some("true"));
    let item = "/incidents/items/00000001-0000-4000-8000-000000000000";
    for path in ["/customers/top/3", "/incidents/summary/3", item] {
        assert_eq!(app.get(path).status, 200, "{path}");
    }
}

/// The whole of an answer whose first bytes have been read.
fn read_on<T: DeserializeOwned>((mut body, mut answer): (Vec<u8>, impl Read)) -> T {
    answer.read_to_end(&mut body).unwrap();
    serde_json::from_slice(&body).unwrap()
}

#[test]
fn clients_that_do_not_read_hold_no_lock_and_delay_nobody() {
    let app = app_with_long_lists();
    // Each runtime lets an instance serve 16 requests at once.
    let items: Vec<_> = (0..20).map(|_| begin(&app, "/incidents/items")).collect();
    let groups: Vec<_> = (0..4).map(|_| begin(&app, "/incidents/grouped-by-customer")).collect();
    wait_until_nobody_reads(&impatient(&app));

    // A query that was answered may hold its lock a moment longer, but a client that does not read holds one for good.
    let database = app.database();
    for number in 0..20 {
        let id = crate::data::id(0xf000_0000 + number);
        database.execute("INSERT INTO Incidents VALUES (?1, 1, '~', 'Flood')", [id]).unwrap();
        assert_serves(&app);
    }

    // The new rows are the last ones of both lists. That they are there shows that the first bytes had
    // come before the rest was read.
    for items in items {
        assert_eq!(read_on::<Vec<IgnoredAny>>(items).len(), LONG + 20);
    }
    for groups in groups {
        let groups: HashMap<String, Vec<IgnoredAny>> = read_on(groups);
        assert_eq!((groups.len(), groups["~"].len()), (1001, 20));
    }
}

#[test]
fn clients_that_go_away_half_way_leave_nothing_behind() {
    let app = app_with_long_lists();
    let go_away = |clients: usize| {
        thread::scope(|scope| {
            for path in LONG_LISTS {
                scope.spawn(|| (0..clients / 2).for_each(|_| drop(begin(&app, path))));
            }
        });
        wait_until_nobody_reads(&impatient(&app));
        app.resident()
    };
    let before = go_away(40);
    let after = go_away(200);
    assert_serves(&app);
    assert_growth_below(GROWTH, before, after);
    assert_eq!(app.log("incidents-service", "stderr"), "");
}

/// All that comes on the wire in answer to a GET. `meanwhile` is called after the first bytes.
fn wire(app: &App, path: &str, meanwhile: impl FnOnce()) -> Vec<u8> {
    let mut stream = TcpStream::connect(app.address()).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
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

#[test]
fn a_failure_half_way_ends_the_answer_so_that_the_client_can_tell() {
    let app = app_with_long_lists();
    for (path, service, table) in LISTS {
        assert!(wire(&app, path, || ()).ends_with(LAST_CHUNK), "{path}");
        let gone = || app.sql(&format!("ALTER TABLE {table} RENAME TO Gone"));
        assert_breaks_off(&app, path, service, gone, "no such table");
        app.sql(&format!("ALTER TABLE Gone RENAME TO {table}"));
    }
    assert_serves(&app);
}

#[test]
fn a_page_that_is_not_there_in_time_ends_the_answer_so_that_the_client_can_tell() {
    let app = app_with_long_lists();
    for (path, service, _) in LISTS {
        let database = app.database();
        let locked = || database.execute_batch("BEGIN EXCLUSIVE").unwrap();
        assert_breaks_off(&app, path, service, locked, "the database has not answered within 2s");
        database.execute_batch("ROLLBACK").unwrap();
        thread::sleep(PAUSE);
        assert!(wire(&app, path, || ()).ends_with(LAST_CHUNK), "{path}");
    }
    assert_serves(&app);
}

const LISTS: [(&str, &str, &str); 3] = [
    ("/incidents/items", "incidents-service", "Incidents"),
    ("/incidents/grouped-by-customer", "incidents-service", "Incidents"),
    ("/customers/items", "customers-service", "Customers"),
];

/// Holds if two clients, one of whom looks at every byte, see that a list is not whole which breaks off after
/// its first bytes, because of `failure`.
fn assert_breaks_off(app: &App, path: &str, service: &str, failure: impl FnOnce(), cause: &str) {
    let (_, mut other) = begin(app, path);
    let before = app.log(service, "stderr").lines().count();

    let received = wire(app, path, failure);
    assert!(received.starts_with(b"HTTP/1.1 200 OK\r\n"), "{path}");
    assert!(!received.ends_with(LAST_CHUNK), "{path} ends as if it were whole");
    assert!(io::copy(&mut other, &mut io::sink()).is_err(), "a client takes {path} for whole");

    let log = lines_of_two_failures(app, service, before);
    assert_eq!(log.len(), 2, "{log:#?}");
    for line in log {
        assert!(line.contains(path) && line.contains(cause), "{line}");
    }
}

/// What a service has written to its log after the first `before` lines, as soon as there are two.
fn lines_of_two_failures(app: &App, service: &str, before: usize) -> Vec<String> {
    let started = Instant::now();
    loop {
        let log = app.log(service, "stderr");
        let lines: Vec<_> = log.lines().skip(before).map(str::to_owned).collect();
        if lines.len() >= 2 || started.elapsed() > LIMIT {
            return lines;
        }
        thread::sleep(Duration::from_millis(5)); // A runtime may write its log a little later.
    }
}
