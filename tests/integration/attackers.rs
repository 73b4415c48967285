//! Clients that mean harm: they get an error, or wait for nothing, and everybody else is served as ever.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use harness::{App, Runtime, assert_growth_below};

use crate::routes;

/// Longer than anything takes that does happen.
const LIMIT: Duration = Duration::from_secs(30);

/// How much memory the app may take for one of them, in bytes.
const GROWTH: u64 = 32 << 20;

/// What the system itself keeps for a connection whose other end does not read is less, in bytes.
const TAKEN: usize = 64 << 20;

const MEGABYTE: usize = 1_000_000;

fn connect(app: &App) -> TcpStream {
    let stream = TcpStream::connect(app.address()).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    stream.set_write_timeout(Some(LIMIT)).unwrap();
    stream
}

/// All that comes until the server closes the connection, which it may do while more is being sent.
fn rest(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        Err(error) if error.kind() != ErrorKind::ConnectionReset => panic!("{error}"),
        _ => String::from_utf8(answer).unwrap(),
    }
}

/// What comes back for these bytes.
fn answer(app: &App, request: impl AsRef<[u8]>) -> String {
    let mut stream = connect(app);
    // The server may have refused the request before all of it was sent.
    let _ = stream.write_all(request.as_ref());
    rest(stream)
}

/// Holds if everybody else gets what they always get.
fn assert_serves(app: &App) {
    for path in routes::paths() {
        assert_eq!(app.get(&path).status, 200, "{path}");
    }
    assert_eq!(app.dashboard().header("x-aggregate-complete"), Some("true"));
}

#[test]
fn many_slow_connections_delay_nobody() {
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
    // They were there all the while, and are no worse off than before.
    for mut stream in slow.into_iter().step_by(2).take(10) {
        stream.write_all(b"x\r\nconnection: close\r\n\r\n").unwrap();
        assert!(rest(stream).ends_with(r#"{"count":40}"#));
    }
}

#[test]
fn a_body_of_ten_gigabytes_is_not_taken() {
    let app = App::start();
    assert_serves(&app);
    let before = app.resident();
    for (request, status) in [
        ("GET /customers/count", 200),
        ("GET /aggregates/dashboard", 200),
        ("POST /incidents/items", 405),
        ("PUT /customers/nothing", 404),
        ("POST /nowhere", 404),
    ] {
        let mut stream = connect(&app);
        write!(stream, "{request} HTTP/1.1\r\nhost: x\r\ncontent-length: 10000000000\r\n\r\n").unwrap();
        let piece = [b'x'; 1 << 16];
        let mut taken = 0;
        while taken < TAKEN && stream.write_all(&piece).is_ok() {
            taken += piece.len();
        }
        assert!(taken < TAKEN, "{request}: {taken} bytes have gone to somebody");
        let answer = rest(stream);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{request}: {answer:?}");
    }
    assert_growth_below(GROWTH, before, app.resident());
    assert_serves(&app);
}

#[test]
fn a_head_of_a_megabyte_is_refused() {
    let app = App::start();
    assert_serves(&app);
    let before = app.resident();
    let long = "x".repeat(MEGABYTE);
    let many: String = (0..MEGABYTE / 20).map(|n| format!("x-many-{n:06}: x\r\n")).collect();
    for request in [
        format!("GET /customers/count HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-long: {long}\r\n\r\n"),
        format!("GET /customers/count HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{many}\r\n"),
        format!("GET /customers/items/{long} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"),
        format!("GET /customers/count?{long} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"),
    ] {
        let answer = answer(&app, &request);
        let refused = ["HTTP/1.1 431 ", "HTTP/1.1 414 "].iter().any(|status| answer.starts_with(status));
        assert!(refused, "{}…: {answer:?}", &request[..60]);
    }
    assert_growth_below(GROWTH, before, app.resident());
    assert_serves(&app);
}

#[test]
fn control_characters_of_a_client_are_nowhere_in_the_log() {
    let app = App::start();
    app.sql("ALTER TABLE Customers RENAME TO Gone");
    // What a terminal takes for the begin of a command is one character among those of Latin-1's second half.
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

#[test]
fn a_header_that_is_no_text_harms_nobody_but_its_sender() {
    let app = App::start();
    for name in ["accept", "if-none-match", "x-other"] {
        let mut request = b"GET /aggregates/dashboard HTTP/1.1\r\nhost: x\r\nconnection: close\r\n".to_vec();
        request.extend_from_slice(name.as_bytes());
        request.extend_from_slice(b": \xff\xfe\r\n\r\n");
        let answer = answer(&app, request);
        let status = match Runtime::chosen() {
            Runtime::DevServer => 400,
            Runtime::Spin => 500, // No component hears of it.
        };
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{name}: {answer:?}");
        assert!(answer.contains("content-length: 0\r\n"), "{name}: {answer:?}");
    }
    assert_serves(&app);
}
