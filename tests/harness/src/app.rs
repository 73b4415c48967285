use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use http::{Request, Response};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rusqlite::Connection;
use tempfile::TempDir;
use ureq::{Agent, Body};

use crate::{Manifest, Reply, Runtime, artifacts, memory};

/// How long an app may take to come up on a busy machine.
const START_LIMIT: Duration = Duration::from_secs(90);

/// How an app is to be started.
pub struct Options {
    manifest: Manifest,
    arguments: Vec<String>,
    state: Option<TempDir>,
}

impl Default for Options {
    fn default() -> Self {
        Self { manifest: Manifest::of_the_app(), arguments: Vec::new(), state: None }
    }
}

impl Options {
    /// Starts another manifest than the app's own.
    pub fn manifest(mut self, change: impl FnOnce(Manifest) -> Manifest) -> Self {
        self.manifest = change(self.manifest);
        self
    }

    /// Adds flags of `spin up`.
    pub fn arguments<'a>(mut self, arguments: impl IntoIterator<Item = &'a str>) -> Self {
        self.arguments.extend(arguments.into_iter().map(str::to_owned));
        self
    }

    /// Applies `migrations.sql`, sample rows included.
    pub fn migrated(self) -> Self {
        let migrations = format!("@{}", artifacts::root().join("migrations.sql").display());
        self.arguments(["--sqlite", &migrations])
    }

    /// Sets a variable of the app.
    pub fn variable(self, name: &str, value: &str) -> Self {
        self.arguments(["--variable", &format!("{name}={value}")])
    }

    /// Runs SQL on the database before the app is started.
    pub fn prepared(mut self, sql: &str) -> Self {
        let state = self.state.take().unwrap_or_else(state_directory);
        open(&database_path(state.path())).execute_batch(sql).expect("the SQL of the test is right");
        self.state = Some(state);
        self
    }

    /// Goes on with what another run has left.
    pub fn state(mut self, state: TempDir) -> Self {
        self.state = Some(state);
        self
    }

    /// Starts the app and waits until it serves.
    ///
    /// # Panics
    /// If it does not, with all that it has printed.
    pub fn start(self) -> App {
        match self.try_start() {
            Ok(app) => app,
            Err(stopped) => panic!("the app did not start: {}\n{}", stopped.status, stopped.output),
        }
    }

    /// Starts the app; an error if it ends before it serves.
    ///
    /// # Errors
    /// Its status and all that it has printed.
    pub fn try_start(self) -> Result<App, Stopped> {
        let state = self.state.unwrap_or_else(state_directory);
        let manifest = state.path().join("spin.toml");
        self.manifest.write(&manifest);
        let mut child = Runtime::chosen()
            .up()
            .arg("--from")
            .arg(&manifest)
            .args(["--listen", "127.0.0.1:0", "--state-dir"])
            .arg(state.path())
            .args(&self.arguments)
            .current_dir(state.path())
            .env_remove("RUST_BACKTRACE")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the runtime can be started");
        let output = Output::default();
        output.follow(child.stdout.take().expect("stdout is piped"));
        output.follow(child.stderr.take().expect("stderr is piped"));

        let started = Instant::now();
        loop {
            if let Some(base) = output.find(|line| line.strip_prefix("Serving ")) {
                let agent = Agent::config_builder()
                    .http_status_as_error(false)
                    .allow_non_standard_methods(true)
                    .max_redirects(0)
                    .timeout_global(Some(Duration::from_secs(60)))
                    .build();
                return Ok(App { base, agent: agent.into(), child: Some(child), state: Some(state), output });
            }
            if let Some(status) = child.try_wait().expect("the runtime can be waited for") {
                output.wait_for_end();
                return Err(Stopped { status, output: output.text(), state });
            }
            assert!(started.elapsed() < START_LIMIT, "the app does not come up:\n{}", output.text());
            output.wait_for_more(Duration::from_millis(100));
        }
    }
}

/// An app that ended, or was ended.
#[derive(Debug)]
pub struct Stopped {
    pub status: ExitStatus,
    /// All of stdout and stderr.
    pub output: String,
    pub state: TempDir,
}

/// A running app. It is stopped when this is dropped.
pub struct App {
    base: String,
    agent: Agent,
    child: Option<Child>,
    state: Option<TempDir>,
    output: Output,
}

impl App {
    /// The app with its sample data.
    pub fn start() -> Self {
        Options::default().migrated().start()
    }

    /// The app with the tables of `migrations.sql`, filled by `sql` instead of the sample rows.
    pub fn with_data(sql: &str) -> Self {
        let app = Options::default().migrated().start();
        app.sql(&format!("BEGIN; DELETE FROM Incidents; DELETE FROM Customers; {sql}; COMMIT;"));
        app
    }

    /// `http://127.0.0.1:<port>`
    pub fn base(&self) -> &str {
        &self.base
    }

    /// `127.0.0.1:<port>`
    pub fn address(&self) -> &str {
        self.base.trim_start_matches("http://")
    }

    /// The answer to a GET without any header of its own.
    pub fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[])
    }

    /// The answer to any request without a body.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Reply {
        self.try_send(method, path, headers).unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    /// As [`App::send`].
    ///
    /// # Errors
    /// If the answer does not come, or not whole.
    pub fn try_send(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Result<Reply, ureq::Error> {
        let (head, mut body) = self.request(method, path, headers)?.into_parts();
        let body = body.with_config().limit(u64::MAX).read_to_vec()?;
        Ok(Reply { status: head.status, headers: head.headers, body })
    }

    /// The answer to a GET as soon as its head is there. Its body is read by the test, or left unread.
    pub fn open(&self, path: &str) -> Response<impl Read + use<>> {
        let response = self.request("GET", path, &[]).unwrap_or_else(|error| panic!("GET {path}: {error}"));
        response.map(Body::into_reader)
    }

    fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Result<Response<Body>, ureq::Error> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.agent.run(request.body(()).expect("the request of the test is right"))
    }

    /// The dashboard as JSON.
    pub fn dashboard(&self) -> Reply {
        self.get("/aggregates/dashboard")
    }

    /// A connection of its own to the app's database.
    pub fn database(&self) -> Connection {
        open(&database_path(self.state_directory()))
    }

    /// Runs SQL on the app's database.
    pub fn sql(&self, sql: &str) {
        self.database().execute_batch(sql).unwrap_or_else(|error| panic!("{error}: {sql}"));
    }

    /// Where the app keeps its database and logs.
    pub fn state_directory(&self) -> &Path {
        self.state.as_ref().expect("the app is running").path()
    }

    /// What a component has written to a stream (`stdout` or `stderr`) so far.
    pub fn log(&self, component: &str, stream: &str) -> String {
        let path = self.state_directory().join("logs").join(format!("{component}_{stream}.txt"));
        std::fs::read_to_string(path).unwrap_or_default()
    }

    /// What the runtime has printed so far.
    pub fn output(&self) -> String {
        self.output.text()
    }

    /// The process that was started. Spin has another one below it.
    pub fn process_id(&self) -> u32 {
        self.child.as_ref().expect("the app is running").id()
    }

    /// The memory of the app's processes in KiB, `None` where the system does not tell.
    pub fn resident(&self) -> Option<u64> {
        memory::resident(self.process_id())
    }

    /// Ends the app with a signal and waits for it.
    pub fn stop(mut self, signal: Signal) -> Stopped {
        let mut child = self.child.take().expect("the app is running");
        let status = end(&mut child, signal);
        self.output.wait_for_end();
        Stopped { status, output: self.output.text(), state: self.state.take().expect("the app is running") }
    }
}

impl Drop for App {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            end(&mut child, Signal::SIGTERM);
            if thread::panicking() {
                eprintln!("The app had printed:\n{}", self.output.text());
            }
        }
    }
}

fn end(child: &mut Child, signal: Signal) -> ExitStatus {
    let id = i32::try_from(child.id()).expect("a process id");
    kill(Pid::from_raw(id), signal).expect("a child can be signalled");
    child.wait().expect("a child can be waited for")
}

fn state_directory() -> TempDir {
    tempfile::Builder::new()
        .prefix("aggregate-pattern-")
        .tempdir()
        .expect("a temporary directory can be made")
}

fn database_path(state: &Path) -> PathBuf {
    state.join("sqlite_db.db")
}

fn open(path: &Path) -> Connection {
    let connection = Connection::open(path).expect("the database can be opened");
    connection.busy_timeout(Duration::from_secs(30)).expect("a timeout can be set");
    connection
}

/// Lines as they are printed.
#[derive(Clone, Default)]
struct Output(Arc<(Mutex<Lines>, Condvar)>);

#[derive(Default)]
struct Lines {
    lines: Vec<String>,
    streams: usize,
}

impl Output {
    fn follow(&self, stream: impl Read + Send + 'static) {
        self.0.0.lock().expect("no thread panics").streams += 1;
        let Self(shared) = self.clone();
        thread::spawn(move || {
            let mut stream = BufReader::new(stream);
            let mut line = Vec::new();
            while stream.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
                let text = String::from_utf8_lossy(&line).trim_end().to_owned();
                shared.0.lock().expect("no thread panics").lines.push(text);
                shared.1.notify_all();
                line.clear();
            }
            shared.0.lock().expect("no thread panics").streams -= 1;
            shared.1.notify_all();
        });
    }

    fn find(&self, part: impl Fn(&str) -> Option<&str>) -> Option<String> {
        let lines = self.0.0.lock().expect("no thread panics");
        lines.lines.iter().find_map(|line| part(line)).map(str::to_owned)
    }

    fn wait_for_more(&self, limit: Duration) {
        let lines = self.0.0.lock().expect("no thread panics");
        drop(self.0.1.wait_timeout(lines, limit));
    }

    fn wait_for_end(&self) {
        let mut lines = self.0.0.lock().expect("no thread panics");
        while lines.streams > 0 {
            lines = self.0.1.wait(lines).expect("no thread panics");
        }
    }

    fn text(&self) -> String {
        self.0.0.lock().expect("no thread panics").lines.join("\n")
    }
}
