//! libSQL's server, which has the app's database in a cluster.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::{Hrana, PATIENCE, agent, artifacts, free_port, needs};

/// Its name in the list of programs.
pub(crate) const PROGRAM: &str = "libsql-server";

/// A server with its own port and database, which survive a restart. It is killed when this is dropped.
#[derive(Debug)]
pub struct LibsqlServer {
    program: &'static Path,
    key: Option<String>,
    directory: TempDir,
    port: u16,
    process: Child,
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
    ///
    /// # Panics
    /// For another value of that variable, and if there is no server.
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
        let program = program()?;
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        // Another process may take the free port first.
        let start = |_| {
            let port = free_port();
            Some((port, launch(program, key.as_deref(), directory.path(), port)?))
        };
        let (port, process) = (0..10).find_map(start).expect("the server starts, or prints an error");
        Some(Self { program, key, directory, port, process })
    }

    /// `http://127.0.0.1:<port>`
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// A client without a token.
    pub fn client(&self) -> Hrana {
        Hrana::new(&self.url(), None)
    }

    /// A client with a token.
    pub fn client_with(&self, token: &str) -> Hrana {
        Hrana::new(&self.url(), Some(token))
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
        std::fs::write(&path, text).expect("the file can be written");
        path
    }

    /// Makes it hang: it accepts connections and sends nothing.
    pub fn hang(&self) {
        self.signal(Signal::SIGSTOP);
        // It may respond until its last thread has stopped.
        let stopped = waitpid(self.process_id(), Some(WaitPidFlag::WUNTRACED));
        assert!(matches!(stopped, Ok(WaitStatus::Stopped(..))), "{stopped:?}");
    }

    /// Ends [`LibsqlServer::hang`].
    pub fn resume(&self) {
        self.signal(Signal::SIGCONT);
    }

    /// The liveness probe of `deploy/libsql`.
    pub fn is_healthy(&self) -> bool {
        is_healthy(self.port, Duration::from_secs(5))
    }

    /// Kills it, as a crash would.
    pub fn kill(&mut self) {
        self.process.kill().expect("a child can be killed");
        self.process.wait().expect("a child can be waited for");
    }

    /// Starts it again after a kill, on its port and with its data.
    pub fn restart(&mut self) {
        self.kill();
        self.process = launch(self.program, self.key.as_deref(), self.directory.path(), self.port)
            .expect("the port is still free");
    }

    fn signal(&self, signal: Signal) {
        kill(self.process_id(), signal).expect("a child can be signalled");
    }

    fn process_id(&self) -> Pid {
        Pid::from_raw(self.process.id().cast_signed())
    }
}

impl Drop for LibsqlServer {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
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
fn launch(program: &Path, key: Option<&str>, directory: &Path, port: u16) -> Option<Child> {
    let mut process = Command::new(program)
        .arg("--no-welcome")
        .args(["--http-listen-addr", &format!("127.0.0.1:{port}"), "--db-path"])
        .arg(directory.join("data"))
        .env_clear() // SQLD_ variables may be meant for another server.
        .env("TOKIO_WORKER_THREADS", "64") // With few threads it can deadlock.
        .envs(key.map(|key| ("SQLD_AUTH_JWT_KEY", key)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the server can be started");
    let mut log = BufReader::new(process.stdout.take().expect("stdout is piped")).lines();
    let listens = log.by_ref().map_while(Result::ok).any(|line| line.contains("listening for incoming user"));
    if !listens {
        process.wait().expect("a child can be waited for");
        return None;
    }
    thread::spawn(move || log.for_each(drop));
    assert!(is_healthy(port, PATIENCE), "libSQL's server does not become healthy");
    Some(process)
}

fn is_healthy(port: u16, patience: Duration) -> bool {
    let request = agent(patience).get(format!("http://127.0.0.1:{port}/health"));
    request.call().is_ok_and(|response| response.status() == 200)
}
