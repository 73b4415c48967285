use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use http::Response;
use nix::sys::signal::Signal;
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;
use ureq::{Agent, Body};

use crate::{
    Ended, LibsqlServer, Manifest, PATIENCE, Reply, Runtime, Server, artifacts, backends, http_client, usage,
};

/// Starts an app with changes.
pub struct Options {
    runtime: Runtime,
    manifest: Manifest,
    arguments: Vec<String>,
    state: Option<State>,
}

impl Default for Options {
    fn default() -> Self {
        let manifest = Manifest::of_the_app();
        Self { runtime: Runtime::chosen(), manifest, arguments: Vec::new(), state: None }
    }
}

impl Options {
    /// Uses this runtime instead of the chosen one.
    pub fn on(mut self, runtime: Runtime) -> Self {
        self.runtime = runtime;
        self
    }

    /// Changes the manifest.
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

    /// Uses this state directory instead of a new one.
    pub fn state(mut self, state: impl Into<State>) -> Self {
        self.state = Some(state.into());
        self
    }

    /// Starts the app and waits until it serves.
    pub fn start(self) -> App {
        self.try_start().unwrap_or_else(|ended| panic!("{}\n{}", ended.status, ended.output))
    }

    /// The same; an error if the app ends instead.
    pub fn try_start(mut self) -> Result<App, Ended> {
        let state = self.state.unwrap_or_default();
        let manifest = state.path().join("spin.toml");
        std::fs::write(&manifest, self.manifest.document().to_string()).expect("the manifest can be written");
        let mut command = self.runtime.up();
        command.arg("--from").arg(&manifest).args(["--listen", "127.0.0.1:0", "--state-dir"]);
        command.arg(state.path()).args(&self.arguments).current_dir(state.path());
        if let Some(server) = &state.libsql {
            command.arg("--runtime-config-file").arg(server.runtime_config("none"));
        }
        let server = Server::start(&mut command)?;
        Ok(App { server, agent: http_client::agent(PATIENCE), state })
    }
}

/// Where an app keeps its database and logs.
#[derive(Debug)]
pub struct State {
    path: PathBuf,
    /// Holds the database instead of a file in the directory.
    libsql: Option<LibsqlServer>,
    /// Removes the directory when it is dropped.
    _temporary: Option<TempDir>,
}

impl State {
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Default for State {
    fn default() -> Self {
        let directory = tempfile::Builder::new().prefix("aggregate-pattern-").tempdir();
        let directory = directory.expect("a temporary directory can be made");
        let path = directory.path().to_owned();
        Self { path, libsql: LibsqlServer::chosen(), _temporary: Some(directory) }
    }
}

impl From<PathBuf> for State {
    fn from(path: PathBuf) -> Self {
        Self { path, libsql: None, _temporary: None }
    }
}

impl From<LibsqlServer> for State {
    fn from(server: LibsqlServer) -> Self {
        Self { libsql: Some(server), ..Self::default() }
    }
}

/// An app whose process has ended.
#[derive(Debug)]
pub struct Stopped {
    pub status: ExitStatus,
    /// All of stdout and stderr.
    pub output: String,
    pub state: State,
}

/// A running app. It is stopped when this is dropped.
pub struct App {
    server: Server,
    agent: Agent,
    state: State,
}

impl App {
    /// The app with its sample data.
    pub fn start() -> Self {
        Options::default().migrated().start()
    }

    /// The app with the tables of `migrations.sql`, filled by `sql` instead of the sample rows.
    pub fn with_data(sql: &str) -> Self {
        let app = Self::start();
        let delete: String =
            backends().iter().map(|backend| format!("DELETE FROM {};", backend.table)).collect();
        app.sql(&format!("BEGIN; {delete} {sql}; COMMIT;"));
        app
    }

    /// `http://127.0.0.1:<port>`
    pub fn base(&self) -> &str {
        self.server.base()
    }

    /// `127.0.0.1:<port>`
    pub fn address(&self) -> &str {
        self.base().trim_start_matches("http://")
    }

    /// Sends a GET without further headers.
    pub fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[])
    }

    /// Sends a request without a body.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Reply {
        let response = http_client::send(&self.agent, method, &format!("{}{path}", self.base()), headers);
        response.and_then(http_client::read).unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    /// Sends a GET and returns after the head of the response. The test may read the body.
    pub fn open(&self, path: &str) -> Response<impl Read + use<>> {
        let response = http_client::send(&self.agent, "GET", &format!("{}{path}", self.base()), &[]);
        response.unwrap_or_else(|error| panic!("GET {path}: {error}")).map(Body::into_reader)
    }

    /// The dashboard as JSON.
    pub fn dashboard(&self) -> Reply {
        self.get("/aggregates/dashboard")
    }

    /// Opens a connection to the app's database, which is read-only if a server holds the database.
    pub fn database(&self) -> Connection {
        let connection = match &self.state.libsql {
            None => Connection::open(self.state.path.join("sqlite_db.db")),
            Some(server) => {
                Connection::open_with_flags(server.database_file(), OpenFlags::SQLITE_OPEN_READ_ONLY)
            }
        };
        let connection = connection.expect("the database can be opened");
        connection.busy_timeout(Duration::from_secs(30)).expect("a timeout can be set");
        connection
    }

    /// Runs SQL on the app's database.
    pub fn sql(&self, sql: &str) {
        match &self.state.libsql {
            None => self.database().execute_batch(sql).expect("the SQL of the test is right"),
            Some(server) => server.client().script(sql).expect("the SQL of the test is right"),
        }
    }

    /// The libSQL server with the app's database.
    pub fn libsql(&mut self) -> &mut LibsqlServer {
        self.state.libsql.as_mut().expect("the app was started on a libSQL server")
    }

    /// Where the app keeps its database and logs.
    pub fn state_directory(&self) -> &Path {
        self.state.path()
    }

    /// The `stdout` or `stderr` of a component so far.
    pub fn log(&self, component: &str, stream: &str) -> String {
        let path = self.state_directory().join("logs").join(format!("{component}_{stream}.txt"));
        std::fs::read_to_string(path).unwrap_or_default()
    }

    /// The output of the runtime so far.
    pub fn output(&self) -> String {
        self.server.output()
    }

    /// The process of the runtime.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// The memory of the app's processes in bytes, where the system has `/proc`.
    pub fn resident(&self) -> Option<u64> {
        usage::memory(&self.server.processes())
    }

    /// Ends the app with a signal and waits for it.
    pub fn stop(self, signal: Signal) -> Stopped {
        let Ended { status, output } = self.server.stop(signal);
        Stopped { status, output, state: self.state }
    }
}
