//! Clients that send slowly, endlessly or too much do not disturb the others.

use std::io::Write;

use harness::{App, assert_growth_below};

use crate::http_server::{answer, connect, rest};
use crate::routes;

/// How much memory one of them may take, in bytes.
const GROWTH: u64 = 32 << 20;

/// More bytes than the system buffers for a connection.
const TAKEN: usize = 64 << 20;

const MEGABYTE: usize = 1_000_000;

fn assert_serves(app: &App) {
    for path in routes::paths() {
        assert_eq!(app.get(&path).status, 200, "{path}");
    }
    assert_eq!(app.dashboard().header("x-aggregate-complete"), Some("true"));
}

#[test]
fn slow_connections_delay_no_other_client() {
    let app = App::start();
    let half_a_head = "GET /customers/count HTTP/1.1\r\nhost: x\r\nx-slow: ";
    let half_a_body = "POST /customers/count HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\nx";
    let begin = |request: &str| {
        let mut stream = connect(&app);
        stream.write_all(request.as_bytes()).unwrap();
        stream
    };
    let slow: Vec<_> = (0..150).flat_map(|_| [begin(half_a_head), begin(half_a_body)]).collect();
    assert_serves(&app);
    for mut stream in slow.into_iter().step_by(2).take(10) {
        stream.write_all(b"x\r\nconnection: close\r\n\r\n").unwrap();
        assert!(rest(stream).ends_with(r#"{"count":40}"#));
    }
}

#[test]
fn a_body_of_ten_gigabytes_is_not_read() {
    let app = App::start();
    assert_serves(&app);
    let before = app.resident();
    for (request, status) in
        [("GET /customers/count", 200), ("GET /aggregates/dashboard", 200), ("POST /incidents/items", 405)]
    {
        let mut stream = connect(&app);
        write!(stream, "{request} HTTP/1.1\r\nhost: x\r\ncontent-length: 10000000000\r\n\r\n").unwrap();
        let piece = [b'x'; 1 << 16];
        let mut taken = 0;
        while taken < TAKEN && stream.write_all(&piece).is_ok() {
            taken += piece.len();
        }
        assert!(taken < TAKEN, "{request}: {taken} bytes were read");
        let answer = rest(stream);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{request}: {answer:?}");
    }
    assert_growth_below(GROWTH, before, app.resident());
    assert_serves(&app);
}

#[test]
fn a_head_of_a_megabyte_is_rejected() {
    let app = App::start();
    assert_serves(&app);
    let before = app.resident();
    let long = "x".repeat(MEGABYTE);
    let many: String = (0..MEGABYTE / 20).map(|n| format!("x-many-{n:06}: x\r\n")).collect();
    for (target, header) in [
        ("count".to_owned(), format!("x-long: {long}\r\n")),
        ("count".to_owned(), many),
        (format!("items/{long}"), String::new()),
        (format!("count?{long}"), String::new()),
    ] {
        let request = format!("GET /customers/{target} HTTP/1.1\r\nhost: x\r\n{header}\r\n");
        let answer = answer(&app, &request);
        let rejected = ["HTTP/1.1 431 ", "HTTP/1.1 414 "].iter().any(|status| answer.starts_with(status));
        assert!(rejected, "{}…: {answer:?}", &request[..60]);
    }
    assert_growth_below(GROWTH, before, app.resident());
    assert_serves(&app);
}

#[test]
fn control_characters_of_a_client_do_not_reach_the_log() {
    let app = App::start();
    app.sql("ALTER TABLE Customers RENAME TO Gone");
    // In Latin-1, one character of the second half begins a terminal command.
    for path in ["/customers/count\u{9b}31m", "/customers/\u{85}", "/customers/count?\u{9b}31m", "/\u{9b}31m"]
    {
        answer(&app, format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"));
    }
    app.get("/customers/count").error(500);
    let log = app.log("customers-service", "stderr");
    assert!(log.contains("GET /customers/count"), "{log}");
    for text in [log, app.output()] {
        assert!(!text.chars().any(|char| char.is_control() && char != '\n'), "{text:?}");
    }
}
