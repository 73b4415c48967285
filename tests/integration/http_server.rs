//! Requests as bytes: what the HTTP server of the runtime rejects, and clients that send slowly, endlessly or too much.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

use harness::{App, PATIENCE, Runtime, assert_growth_below};

use crate::routes;

/// How much memory a hostile client may take, in bytes.
const GROWTH: u64 = 32 << 20;

/// More bytes than the system buffers for a connection.
const TAKEN: usize = 64 << 20;

/// Sends the first bytes of a request.
fn send(app: &App, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(app.address()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    // The server may reject the request before all of it was sent.
    let _ = stream.write_all(request.as_bytes());
    stream
}

/// Everything until the server closes the connection, which it may do while the client still writes.
fn answer(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        Err(error) if error.kind() != ErrorKind::ConnectionReset => panic!("{error}"),
        _ => String::from_utf8(answer).unwrap(),
    }
}

fn assert_serves(app: &App) {
    for path in routes::paths() {
        assert_eq!(app.get(&path).status, 200, "{path}");
    }
    assert_eq!(app.dashboard().header("x-aggregate-complete"), Some("true"));
}

#[test]
fn a_request_names_one_host_and_no_component() {
    let app = App::start();
    for (hosts, is_accepted) in [
        ("host: example.com:81\r\n", true),
        ("", false),
        ("host: a b\r\n", false),
        ("host: customers-service.spin.internal\r\n", false),
        ("host: customers-service.spin.internal:80\r\n", false),
    ] {
        let request = format!("GET /customers/count HTTP/1.1\r\n{hosts}connection: close\r\n\r\n");
        let answer = answer(send(&app, &request));
        match Runtime::chosen() {
            _ if is_accepted => assert!(answer.starts_with("HTTP/1.1 200 "), "{hosts}: {answer}"),
            Runtime::DevServer => assert!(answer.starts_with("HTTP/1.1 400 "), "{hosts}: {answer}"),
            Runtime::Spin => assert_eq!(answer, "", "{hosts}"),
        }
    }
}

#[test]
fn an_offer_of_h2c_gets_an_http_1_1_response() {
    let app = App::start();
    let request = "GET /aggregates/dashboard HTTP/1.1\r\nhost: x\r\n";
    let offer = "connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAEAAEAAAAIAAAAA\r\n";
    // The connection stays usable.
    let answer = answer(send(&app, &format!("{request}{offer}\r\n{request}connection: close\r\n\r\n")));
    assert_eq!(answer.matches("HTTP/1.1 200 OK\r\n").count(), 2, "{answer}");
    assert!(!answer.contains("HTTP/1.1 101 "), "{answer}");
}

#[test]
fn slow_connections_delay_no_other_client() {
    let app = App::start();
    let half_a_head = "GET /customers/count HTTP/1.1\r\nhost: x\r\nx-slow: ";
    let half_a_body = "POST /customers/count HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\nx";
    let slow: Vec<_> = (0..150).map(|_| [send(&app, half_a_head), send(&app, half_a_body)]).collect();
    assert_serves(&app);
    for [mut head, _body] in slow.into_iter().take(10) {
        head.write_all(b"x\r\nconnection: close\r\n\r\n").unwrap();
        assert!(answer(head).ends_with(r#"{"count":40}"#));
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
        let head = format!("{request} HTTP/1.1\r\nhost: x\r\ncontent-length: 10000000000\r\n\r\n");
        let mut stream = send(&app, &head);
        let piece = [b'x'; 1 << 16];
        let mut taken = 0;
        while taken < TAKEN && stream.write_all(&piece).is_ok() {
            taken += piece.len();
        }
        assert!(taken < TAKEN, "{request}: {taken} bytes were read");
        let answer = answer(stream);
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
    let long = "x".repeat(1_000_000);
    let many: String = (0..50_000).map(|n| format!("x-many-{n:06}: x\r\n")).collect();
    for (target, header) in
        [("", format!("x-long: {long}\r\n")), ("", many), (&format!("?{long}"), String::new())]
    {
        let request = format!("GET /customers/count{target} HTTP/1.1\r\nhost: x\r\n{header}\r\n");
        let answer = answer(send(&app, &request));
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
    for path in ["/customers/count\u{9b}31m", "/customers/count?\u{9b}31m", "/\u{9b}31m"] {
        answer(send(&app, &format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")));
    }
    app.get("/customers/count").error(500);
    let log = app.log("customers-service", "stderr");
    assert!(log.contains("GET /customers/count"), "{log}");
    for text in [log, app.output()] {
        assert!(!text.chars().any(|char| char.is_control() && char != '\n'), "{text:?}");
    }
}
