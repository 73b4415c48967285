//! libSQL's server, which has the app's database in a cluster.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

use tempfile::TempDir;

use crate::{Hrana, Process, agent, artifacts, eventually, free_port, needs};

/// Its name in the list of programs.
pub(crate) const PROGRAM: &str = "libsql-server";

/// A server with its own port and database, which survive a restart.
#[derive(Debug)]
pub struct LibsqlServer {
    process: Process,
    port: u16,
    key: Option<String>,
    directory: TempDir,
}

impl LibsqlServer {
    /// A server that needs no token; `None` if the program is missing.
    pub fn start() -> Option<Self> {
        Self::start_with(None)
    }

    /// A server that needs a token signed with the private half of `key`, an Ed25519 key as `deploy/new-secret`
    /// writes it.
    pub fn with_key(key: &str) -> Option<Self> {
        Self::start_with(Some(key.to_owned()))
    }

    /// The server for `APP_DATABASE=libsql`; `None` if the database is a file.
    pub(crate) fn chosen() -> Option<Self> {
        match std::env::var("APP_DATABASE").as_deref() {
            Err(_) | Ok("" | "file") => None,
            Ok("libsql") => Some(Self::start().expect("APP_DATABASE=libsql needs libSQL's server")),
            Ok(other) => panic!("APP_DATABASE is {other:?}; it may be `file` or `libsql`"),
        }
    }

    fn start_with(key: Option<String>) -> Option<Self> {
        if !needs(&[PROGRAM]) {
            return None;
        }
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        // Another process may take the free port first.
        let start = |_| {
            let port = free_port();
            Some((port, launch(key.as_deref(), directory.path(), port)?))
        };
        let (port, process) = (0..10).find_map(start).expect("the server starts, or prints an error");
        Some(Self { process, port, key, directory })
    }

    /// `http://127.0.0.1:<port>`
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// A client of a server that needs no token.
    pub fn client(&self) -> Hrana {
        self.client_with("none")
    }

    pub fn client_with(&self, token: &str) -> Hrana {
        Hrana::new(&self.url(), token)
    }

    /// The database, for reading.
    pub fn database_file(&self) -> PathBuf {
        self.directory.path().join("data/dbs/default/data")
    }

    /// A runtime config file with this server as the database `default`.
    pub fn runtime_config(&self, token: &str) -> PathBuf {
        let path = self.directory.path().join("runtime-config.toml");
        let url = self.url();
        let text =
            format!("[sqlite_database.default]\ntype = \"libsql\"\nurl = {url:?}\ntoken = {token:?}\n");
        fs::write(&path, text).expect("the file can be written");
        path
    }

    /// Makes it hang until [`LibsqlServer::resume`].
    pub fn hang(&self) {
        self.process.hang();
    }

    pub fn resume(&self) {
        self.process.resume();
    }

    /// The liveness probe of `deploy/libsql`.
    pub fn is_healthy(&self) -> bool {
        is_healthy(self.port)
    }

    /// Kills it, as a crash would.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Starts it again after a kill, on its port and with its data.
    pub fn restart(&mut self) {
        self.kill();
        let process = launch(self.key.as_deref(), self.directory.path(), self.port);
        self.process = process.expect("the port is still free");
    }
}

/// The server that `.ci/libsql-server` installs; its errors go to stderr.
pub(crate) fn program() -> Option<&'static Path> {
    static PATH: LazyLock<Option<PathBuf>> = LazyLock::new(|| {
        let script = artifacts::root().join(".ci").join(PROGRAM);
        let output = Command::new(script).stderr(Stdio::inherit()).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().into())
    });
    PATH.as_deref()
}

/// Waits until the server is healthy; `None` if it ends, as it does if the port is in use.
fn launch(key: Option<&str>, directory: &Path, port: u16) -> Option<Process> {
    let log = directory.join("log");
    let mut process = Process::start(
        Command::new(program()?)
            .arg("--no-welcome")
            .args(["--http-listen-addr", &format!("127.0.0.1:{port}"), "--db-path"])
            .arg(directory.join("data"))
            .env_clear() // SQLD_ variables may be meant for another server.
            .env("TOKIO_WORKER_THREADS", "64") // With few threads it can deadlock.
            .envs(key.map(|key| ("SQLD_AUTH_JWT_KEY", key)))
            .stdin(Stdio::null())
            .stdout(File::create(&log).expect("the log can be written")),
    );
    let mut listens = false;
    eventually("libSQL's server starts", || {
        let log = fs::read_to_string(&log).expect("the log can be read");
        listens = log.contains("listening for incoming user");
        listens || process.has_ended()
    });
    listens.then(|| eventually("libSQL's server is healthy", || is_healthy(port)))?;
    Some(process)
}

fn is_healthy(port: u16) -> bool {
    let request = agent(Duration::from_secs(5)).get(format!("http://127.0.0.1:{port}/health"));
    request.call().is_ok_and(|response| response.status() == 200)
}
