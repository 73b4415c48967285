//! Proxies in front of the app: nginx as a cache, and retries by nginx and HAProxy.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use harness::{App, Options, PATIENCE, Reply, agent, eventually, free_port, needs};
use nix::sys::signal::Signal;
use tempfile::TempDir;

use super::blocks;

/// How long a proxy may take to start on a busy machine.
const START_LIMIT: Duration = Duration::from_secs(30);

/// A proxy with its own port. It is killed when this is dropped.
pub struct Proxy {
    process: Child,
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
        let process = Command::new(program).arg(flag).arg(&path).stdin(Stdio::null()).spawn().unwrap();
        let mut proxy = Self { process, address, _directory: directory };
        let started = Instant::now();
        while TcpStream::connect(&proxy.address).is_err() {
            assert!(proxy.process.try_wait().unwrap().is_none(), "{program} does not start");
            assert!(started.elapsed() < START_LIMIT, "{program} does not come up");
            thread::sleep(Duration::from_millis(10));
        }
        Some(proxy)
    }

    /// The cache of the document in front of `upstream`, with a header that says `HIT` or `MISS`.
    fn cache(upstream: &str) -> Option<Self> {
        let block = blocks("nginx", "Response cache")[0]
            .replace("listen 80;", "listen LISTEN;")
            .replace("/var/cache/nginx", "DIRECTORY")
            .replace("http://127.0.0.1:3000", upstream)
            .replace("location / {", "location / {\nadd_header x-cache $upstream_cache_status always;");
        Self::start("nginx", &nginx(&block))
    }

    fn dashboard(&self, headers: &[(&str, &str)]) -> Reply {
        let mut request = agent(PATIENCE).get(format!("http://{}{DASHBOARD}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (head, mut body) = request.call().unwrap().into_parts();
        Reply { status: head.status, headers: head.headers, body: body.read_to_vec().unwrap() }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
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

fn caching_app() -> App {
    Options::default().migrated().variable("cache_max_age_s", "600").start()
}

const DASHBOARD: &str = "/aggregates/dashboard";

#[test]
fn a_cached_dashboard_has_the_id_of_its_own_request_and_no_server_timing() {
    let app = caching_app();
    let Some(nginx) = Proxy::cache(app.base()) else { return };
    let mut hits = 0;
    // An entry lasts until the end of the second, so a hit may take more than one attempt.
    for number in 0..200 {
        let id = format!("request-{number}");
        let reply = nginx.dashboard(&[("x-request-id", &id)]);
        assert_eq!(reply.header("x-aggregate-complete"), Some("true"), "{reply:?}");
        assert_eq!(reply.header("x-request-id"), Some(id.as_str()));
        assert_eq!(reply.header("server-timing"), None);
        // Otherwise a browser would add the max-age again.
        assert_eq!(reply.header("cache-control"), Some("no-cache"));
        hits += usize::from(reply.header("x-cache") == Some("HIT"));
        if hits == 3 {
            break;
        }
    }
    assert_eq!(hits, 3, "nginx caches nothing");
    let invalid = nginx.dashboard(&[("x-request-id", "not valid")]);
    assert_eq!(invalid.header("x-request-id").unwrap().len(), 32, "{invalid:?}");
    let etag = nginx.dashboard(&[]).header("etag").unwrap().to_owned();
    assert_eq!(nginx.dashboard(&[("if-none-match", &etag)]).status, 304);
    let page = nginx.dashboard(&[("accept", "text/html")]);
    assert!(page.header("content-type").unwrap().starts_with("text/html"), "{page:?}");
}

#[test]
fn a_cached_dashboard_is_not_older_than_its_max_age() {
    let app = caching_app();
    let Some(nginx) = Proxy::cache(app.base()) else { return };
    let shows = |count: &str| nginx.dashboard(&[]).text().starts_with(count);
    // The app has a dashboard in its response cache for ten minutes.
    assert!(app.dashboard().text().starts_with(r#"{"customerCount":40,"#));
    app.sql("DELETE FROM Customers WHERE Name = 'Albatros Shipping'");
    assert!(app.dashboard().text().starts_with(r#"{"customerCount":40,"#));
    assert!(shows(r#"{"customerCount":39,"#), "nginx adds its max-age to the age of the app's entry");

    app.sql("DELETE FROM Customers WHERE Name = 'Yarrow Pharma'");
    eventually("the entry expires", || shows(r#"{"customerCount":38,"#));

    // A partial dashboard is not cached.
    app.sql("ALTER TABLE Incidents RENAME TO Gone");
    let is_partial = || nginx.dashboard(&[]).header("x-aggregate-complete") == Some("false");
    eventually("the entry expires", is_partial);
    let reply = nginx.dashboard(&[]);
    assert_eq!((reply.header("cache-control"), reply.header("x-cache")), (Some("no-store"), Some("MISS")));
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
    let mut response =
        agent(PATIENCE).get(format!("http://{}/incidents/items", nginx.address)).call().unwrap();
    server.join().unwrap();
    assert_eq!(response.status(), 200);
    assert!(response.body_mut().read_to_vec().is_err(), "a list that is cut off looks complete");
}

/// A proxy in front of two servers.
type TwoServers = fn(&App, &App) -> Option<Proxy>;

#[test]
fn requests_are_retried_when_one_of_two_servers_stops_under_load() {
    let haproxy: TwoServers = |one, two| {
        let backend = blocks("haproxy", "Many clients")[0]
            .replace("127.0.0.1:3000", one.address())
            .replace("127.0.0.1:3001", two.address());
        let front = "defaults\n mode http\n timeout connect 10s\n timeout client 60s\n timeout server 60s\n\
            frontend front\n bind LISTEN\n default_backend app\n";
        Proxy::start("haproxy", &format!("{front}{backend}"))
    };
    let nginx: TwoServers = |one, two| {
        let upstream = format!("upstream app {{ server {}; server {}; }}\n", one.address(), two.address());
        let server = "server { listen LISTEN; location / { proxy_pass http://app; } }\n";
        Proxy::start("nginx", &nginx(&format!("{upstream}{server}")))
    };
    for proxy in [haproxy, nginx] {
        let (one, two) = (App::start(), App::start());
        let Some(proxy) = proxy(&one, &two) else { return };
        let (clients, requests) = (8, 100);
        let half_time = Barrier::new(clients + 1);
        thread::scope(|scope| {
            for _ in 0..clients {
                scope.spawn(|| {
                    let agent = agent(PATIENCE);
                    for number in 0..requests {
                        if number == requests / 4 {
                            half_time.wait();
                        }
                        let url = format!("http://{}{DASHBOARD}", proxy.address);
                        let mut response = agent.get(url).call().unwrap();
                        assert_eq!(response.status(), 200);
                        assert!(response.body_mut().read_to_string().unwrap().ends_with("]}"));
                    }
                });
            }
            half_time.wait();
            one.stop(Signal::SIGTERM);
        });
    }
}
