//! The HTTP server of the runtimes: which requests reach a component, and which it rejects itself.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use harness::{App, Runtime};

/// Longer than any answer takes on a busy machine.
const LIMIT: Duration = Duration::from_secs(30);

pub fn connect(app: &App) -> TcpStream {
    let stream = TcpStream::connect(app.address()).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    stream.set_write_timeout(Some(LIMIT)).unwrap();
    stream
}

/// Everything until the server closes the connection, which it may do while the client still writes.
pub fn rest(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        Err(error) if error.kind() != ErrorKind::ConnectionReset => panic!("{error}"),
        _ => String::from_utf8(answer).unwrap(),
    }
}

/// The answer to these bytes.
pub fn answer(app: &App, request: impl AsRef<[u8]>) -> String {
    let mut stream = connect(app);
    // The server may reject the request before all of it was sent.
    let _ = stream.write_all(request.as_ref());
    rest(stream)
}

#[test]
fn a_request_names_one_host() {
    let app = App::start();
    let get = |target: &str, hosts: &[&str]| {
        let hosts: String = hosts.iter().map(|host| format!("host: {host}\r\n")).collect();
        answer(&app, format!("GET {target} HTTP/1.1\r\n{hosts}connection: close\r\n\r\n"))
    };
    let (path, absolute) = ("/customers/count", "http://one.example/customers/count");
    for (target, host) in [(path, "localhost"), (path, "example.com:81"), (absolute, "one.example")] {
        assert!(get(target, &[host]).starts_with("HTTP/1.1 200 "), "{target} {host}");
    }
    for (target, hosts) in [
        (path, &[][..]),
        (path, &["a b"]),
        (absolute, &["other.example"]),
        // Names of components are for components.
        (path, &["customers-service.spin.internal"]),
        (path, &["customers-service.spin.internal:80"]),
    ] {
        let answer = get(target, hosts);
        match Runtime::chosen() {
            Runtime::DevServer => assert!(answer.starts_with("HTTP/1.1 400 "), "{hosts:?}: {answer}"),
            Runtime::Spin => assert_eq!(answer, "", "{hosts:?}"),
        }
    }
    assert!(get("/.well-known/spin/health", &[]).starts_with("HTTP/1.1 200 "));
}

#[test]
fn an_offer_of_h2c_gets_an_http_1_1_response() {
    let app = App::start();
    for path in ["/customers/count", "/aggregates/dashboard", "/.well-known/spin/health"] {
        let mut stream = connect(&app);
        let offer =
            "connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAEAAEAAAAIAAAAA\r\n";
        write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\n{offer}\r\n").unwrap();
        // The connection stays usable.
        write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
        let answer = rest(stream);
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{path}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1 200 OK\r\n").count(), 2, "{path}: {answer}");
    }
}

#[test]
fn a_header_that_is_not_utf8_is_a_500_without_a_body() {
    let app = App::start();
    for name in ["accept", "if-none-match", "x-other"] {
        let mut request = b"GET /aggregates/dashboard HTTP/1.1\r\nhost: x\r\nconnection: close\r\n".to_vec();
        request.extend_from_slice(name.as_bytes());
        request.extend_from_slice(b": \xff\xfe\r\n\r\n");
        let answer = answer(&app, request);
        assert!(answer.starts_with("HTTP/1.1 500 "), "{name}: {answer:?}");
        assert!(answer.contains("content-length: 0\r\n"), "{name}: {answer:?}");
    }
    assert_eq!(app.dashboard().header("x-aggregate-complete"), Some("true"));
}
