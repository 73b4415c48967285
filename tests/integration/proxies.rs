//! Proxies in front of the app, with the configurations of `docs/operate.md`: nginx as a cache, retries by HAProxy.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::Barrier;
use std::thread;

use harness::{App, Options, PATIENCE, Process, Reply, agent, eventually, free_port, get, needs};
use nix::sys::signal::Signal;
use tempfile::TempDir;

use crate::page::PATH;

/// A proxy with its own port.
pub struct Proxy {
    _process: Process,
    pub address: String,
    _directory: TempDir,
}

impl Proxy {
    /// Starts `nginx` or `haproxy` with a configuration in which `LISTEN` and `DIRECTORY` are replaced; `None` if
    /// the program is missing.
    pub fn start(program: &str, configuration: &str) -> Option<Self> {
        if !needs(&[program]) {
            return None;
        }
        let directory = tempfile::tempdir().unwrap();
        let address = format!("127.0.0.1:{}", free_port());
        let path = directory.path().join("configuration");
        let configuration = configuration
            .replace("LISTEN", &address)
            .replace("DIRECTORY", directory.path().to_str().unwrap());
        fs::write(&path, configuration).unwrap();
        let flag = if program == "nginx" { "-c" } else { "-f" };
        let mut process = Process::start(Command::new(program).arg(flag).arg(&path).stdin(Stdio::null()));
        eventually("the proxy serves", || {
            assert!(!process.has_ended(), "{program} does not start");
            TcpStream::connect(&address).is_ok()
        });
        Some(Self { _process: process, address, _directory: directory })
    }

    /// The cache of the document in front of `upstream`, with a header that says `HIT` or `MISS`.
    fn cache(upstream: &str) -> Option<Self> {
        let block = block("nginx")
            .replace("listen 80;", "listen LISTEN;")
            .replace("/var/cache/nginx", "DIRECTORY")
            .replace("http://127.0.0.1:3000", upstream)
            .replace("location / {", "location / {\nadd_header x-cache $upstream_cache_status always;");
        Self::start("nginx", &nginx(&block))
    }

    fn dashboard(&self, headers: &[(&str, &str)]) -> Reply {
        get(&format!("http://{}{PATH}", self.address), headers)
    }
}

/// The code block in this language in the document.
fn block(language: &str) -> String {
    let text = fs::read_to_string(harness::root().join("docs/operate.md")).unwrap();
    let (_, rest) = text.split_once(&format!("```{language}\n")).expect(language);
    rest.split("```").next().unwrap().to_owned()
}

/// A configuration of nginx for one process in the foreground.
pub fn nginx(http: &str) -> String {
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let temporary = temporary.map(|name| format!("{name}_temp_path DIRECTORY/{name};\n")).concat();
    format!(
        "daemon off;\nmaster_process off;\npid DIRECTORY/pid;\nerror_log DIRECTORY/errors;\nevents {{}}\n\
         http {{\naccess_log off;\n{temporary}{http}}}\n"
    )
}

#[test]
fn nginx_caches_a_complete_dashboard_for_a_second() {
    let app = Options::default().migrated().variable("cache_max_age_s", "600").start();
    let Some(nginx) = Proxy::cache(app.base()) else { return };
    let mut request = 0;
    eventually("the dashboard is cached", || {
        request += 1;
        let id = format!("request-{request}");
        let reply = nginx.dashboard(&[("x-request-id", &id)]);
        assert_eq!(reply.header("x-aggregate-complete"), Some("true"), "{reply:?}");
        assert_eq!(reply.header("x-request-id"), Some(id.as_str()));
        assert_eq!(reply.header("server-timing"), None);
        // Otherwise a browser would add the max-age again.
        assert_eq!(reply.header("cache-control"), Some("no-cache"));
        reply.header("x-cache") == Some("HIT")
    });
    let invalid = nginx.dashboard(&[("x-request-id", "not valid")]);
    assert_eq!(invalid.header("x-request-id").unwrap().len(), 32, "{invalid:?}");
    let etag = invalid.header("etag").unwrap();
    assert_eq!(nginx.dashboard(&[("if-none-match", etag)]).status, 304);
    let page = nginx.dashboard(&[("accept", "text/html")]);
    assert!(page.header("content-type").unwrap().starts_with("text/html"), "{page:?}");

    // The app keeps its dashboard for ten minutes.
    app.sql("DELETE FROM Customers WHERE Name = 'Albatros Shipping'");
    assert!(app.dashboard().text().starts_with(r#"{"customerCount":40,"#));
    eventually("the entry expires", || nginx.dashboard(&[]).text().starts_with(r#"{"customerCount":39,"#));

    app.sql("ALTER TABLE Incidents RENAME TO Gone");
    let is_partial = || nginx.dashboard(&[]).header("x-aggregate-complete") == Some("false");
    eventually("the entry expires", is_partial);
    let partial = nginx.dashboard(&[]);
    assert_eq!(
        (partial.header("cache-control"), partial.header("x-cache")),
        (Some("no-store"), Some("MISS"))
    );
}

#[test]
fn a_list_that_is_cut_off_is_an_error_behind_nginx() {
    let upstream = TcpListener::bind("127.0.0.1:0").unwrap();
    let Some(nginx) = Proxy::cache(&format!("http://{}", upstream.local_addr().unwrap())) else { return };
    // Sends the start of a list in the request's version of HTTP and closes the connection.
    let server = thread::spawn(move || {
        let (stream, _) = upstream.accept().unwrap();
        let mut request = BufReader::new(&stream).lines().map(Result::unwrap);
        let is_1_1 = request.next().unwrap().ends_with("HTTP/1.1");
        request.find(String::is_empty);
        let answer = match is_1_1 {
            true => "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\n[1,\r\n",
            false => "HTTP/1.0 200 OK\r\n\r\n[1,",
        };
        (&stream).write_all(answer.as_bytes()).unwrap();
    });
    let list = agent(PATIENCE).get(format!("http://{}/incidents/items", nginx.address)).call();
    server.join().unwrap();
    assert!(list.unwrap().body_mut().read_to_vec().is_err(), "a list that is cut off looks complete");
}

#[test]
fn haproxy_retries_requests_when_one_of_two_servers_stops_under_load() {
    let (one, two) = (App::start(), App::start());
    let backend =
        block("haproxy").replace("127.0.0.1:3000", one.address()).replace("127.0.0.1:3001", two.address());
    let front = "defaults\n mode http\n timeout connect 10s\n timeout client 60s\n timeout server 60s\n\
        frontend front\n bind LISTEN\n default_backend app\n";
    let Some(haproxy) = Proxy::start("haproxy", &format!("{front}{backend}")) else { return };
    let clients = 8;
    let under_load = Barrier::new(clients + 1);
    thread::scope(|scope| {
        for _ in 0..clients {
            scope.spawn(|| {
                for request in 0..100 {
                    if request == 25 {
                        under_load.wait();
                    }
                    let reply = haproxy.dashboard(&[]);
                    assert_eq!(reply.header("x-aggregate-complete"), Some("true"), "{reply:?}");
                }
            });
        }
        under_load.wait();
        one.stop(Signal::SIGKILL); // Requests in flight get no response, as on Spin after a SIGTERM.
    });
}
