//! Requests as bytes: an offer of HTTP/2 and an endless body.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

use harness::{App, PATIENCE};

/// More bytes than the system buffers for a connection.
const TAKEN: usize = 64 << 20;

/// Sends the first bytes of a request.
fn send(app: &App, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(app.address()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
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
fn a_body_of_ten_gigabytes_is_not_read() {
    let app = App::start();
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
}
