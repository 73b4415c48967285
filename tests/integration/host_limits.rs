//! How the server treats clients that send too little, too slowly or the wrong thing.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use harness::{App, Manifest, Runtime, program, root};
use tempfile::tempdir;

/// Longer than anything takes that does happen.
const LIMIT: Duration = Duration::from_secs(30);

/// What comes back for these bytes, until the server closes the connection.
fn answer(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_request_says_once_for_which_host_it_is() {
    let app = App::start();
    let get = |target: &str, hosts: &[&str]| {
        let hosts: String = hosts.iter().map(|host| format!("host: {host}\r\n")).collect();
        answer(app.address(), &format!("GET {target} HTTP/1.1\r\n{hosts}connection: close\r\n\r\n"))
    };
    let path = "/customers/count";
    for hosts in [&["localhost"][..], &["example.com:81"]] {
        assert!(get(path, hosts).starts_with("HTTP/1.1 200 "), "{hosts:?}");
    }
    assert!(get("http://one.example/customers/count", &["one.example"]).starts_with("HTTP/1.1 200 "));
    for (target, hosts) in [
        (path, &[][..]),
        (path, &["a b"]),
        ("http://one.example/customers/count", &["other.example"]),
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
    // Where no component is asked, it does not matter.
    assert!(get("/.well-known/spin/health", &[]).starts_with("HTTP/1.1 200 "));
}

/// A local host that may open few files. It is ended with this.
struct Poor(Child);

impl Drop for Poor {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn idle_connections_leave_files_for_the_app() {
    const FILES: usize = 128;
    // As many as fill all files, and as wait in the system's queue without being accepted.
    const IDLE: usize = 120;
    let directory = tempdir().unwrap();
    let mut manifest = Manifest::of_the_app();
    fs::write(directory.path().join("spin.toml"), toml::to_string(manifest.document()).unwrap()).unwrap();
    let mut poor = Command::new("sh");
    poor.args(["-c", &format!("ulimit -n {FILES} && exec \"$0\" \"$@\"")])
        .arg(program("dev-server"))
        .args(["--listen", "127.0.0.1:0", "--sqlite"])
        .arg(format!("@{}", root().join("migrations.sql").display()));
    let poor = poor.current_dir(directory.path()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut poor = Poor(poor.spawn().unwrap());
    let mut started = String::new();
    let mut stdout = poor.0.stdout.take().unwrap();
    while !started.contains("Available Routes") {
        let mut piece = [0; 1024];
        let read = stdout.read(&mut piece).unwrap();
        assert!(read > 0, "it ended: {started}");
        started += std::str::from_utf8(&piece[..read]).unwrap();
    }
    let address = started.split("http://").nth(1).unwrap().lines().next().unwrap().to_owned();

    // The first is accepted, and so are as many of the others as the host can afford.
    let request = "GET /aggregates/dashboard HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let mut first = TcpStream::connect(&address).unwrap();
    first.write_all(&request.as_bytes()[..10]).unwrap();
    let idle: Vec<_> = (0..IDLE).map(|_| TcpStream::connect(&address).unwrap()).collect();
    first.write_all(&request.as_bytes()[10..]).unwrap();
    first.set_read_timeout(Some(LIMIT)).unwrap();
    let mut answer = String::new();
    first.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("x-aggregate-complete: true"), "{answer}");
    drop(idle);
}
