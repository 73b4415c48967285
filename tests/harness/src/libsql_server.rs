//! libSQL's own server, which keeps the app's database in a cluster.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::{Hrana, PATIENCE, agent, artifacts, needs};

/// As [`needs`] knows it.
pub(crate) const PROGRAM: &str = "libsql-server";

/// A server with its own port and empty database. Both outlive its process, which is killed on drop.
#[derive(Debug)]
pub struct LibsqlServer {
    program: &'static Path,
    key: Option<String>,
    directory: TempDir,
    port: u16,
    process: Child,
}

impl LibsqlServer {
    /// A server without authentication; `None` if it is not installed.
    pub fn start() -> Option<Self> {
        Self::start_with(None)
    }

    /// A server that accepts tokens signed with the private half of `key`, an Ed25519 key as `deploy/new-secret`
    /// writes it.
    pub fn with_key(key: &str) -> Option<Self> {
        Self::start_with(Some(key.to_owned()))
    }

    /// A server with `APP_DATABASE=libsql`; `None` without it, for a database file.
    ///
    /// # Panics
    /// For another value than `libsql` and `file`, and if the server is not installed.
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
        // Another process may take the port first.
        let (port, process) = (0..10)
            .find_map(|_| {
                let port = free_port();
                Some((port, launch(program, key.as_deref(), directory.path(), port)?))
            })
            .expect("the server starts, or says on stderr why it does not");
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

    /// The database file, for readers only.
    pub fn database_file(&self) -> PathBuf {
        self.directory.path().join("data/dbs/default/data")
    }

    /// A runtime config file that makes this server the app's database.
    pub fn runtime_config(&self, token: &str) -> PathBuf {
        let path = self.directory.path().join("runtime-config.toml");
        let url = self.url();
        let text =
            format!("[sqlite_database.default]\ntype = \"libsql\"\nurl = {url:?}\ntoken = {token:?}\n");
        std::fs::write(&path, text).expect("the file can be written");
        path
    }

    /// Stops the server (SIGSTOP): it accepts connections and does not respond.
    pub fn hang(&self) {
        self.signal(Signal::SIGSTOP);
        // It may respond until its last thread has stopped.
        let stopped = waitpid(self.process_id(), Some(WaitPidFlag::WUNTRACED));
        assert!(matches!(stopped, Ok(WaitStatus::Stopped(..))), "{stopped:?}");
    }

    /// Ends [`LibsqlServer::hang`].
    pub fn go_on(&self) {
        self.signal(Signal::SIGCONT);
    }

    /// The request of the liveness probe in `deploy/libsql`, with the same timeout.
    pub fn is_healthy(&self) -> bool {
        is_healthy(self.port, Duration::from_secs(5))
    }

    /// The number of its connections, from the system's list.
    pub fn connections(&self) -> usize {
        let all = std::fs::read_to_string("/proc/net/tcp").expect("it is readable on Linux");
        let here = format!("0100007F:{:04X}", self.port);
        all.lines().filter(|line| line.split_whitespace().nth(2) == Some(&here)).count()
    }

    /// Kills the server.
    pub fn kill(&mut self) {
        self.process.kill().expect("a child can be killed");
        self.process.wait().expect("a child can be waited for");
    }

    /// Starts the server again, on its port and with its data.
    pub fn start_again(&mut self) {
        self.kill();
        self.process = launch(self.program, self.key.as_deref(), self.directory.path(), self.port)
            .expect("the port is still free");
    }

    fn signal(&self, signal: Signal) {
        kill(self.process_id(), signal).expect("a child can be signalled");
    }

    fn process_id(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.process.id()).expect("a process id"))
    }
}

impl Drop for LibsqlServer {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The path of the server, which `.ci/libsql-server` installs. Its errors go to stderr.
pub(crate) fn program() -> Option<&'static Path> {
    static PATH: LazyLock<Option<PathBuf>> = LazyLock::new(|| {
        let script = artifacts::root().join(".ci").join(PROGRAM);
        let output = Command::new(script).stderr(Stdio::inherit()).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().into())
    });
    PATH.as_deref()
}

/// Waits until the server responds; `None` if it ends, for instance because its port is taken.
fn launch(program: &Path, key: Option<&str>, directory: &Path, port: u16) -> Option<Child> {
    let mut process = Command::new(program)
        .arg("--no-welcome")
        .args(["--http-listen-addr", &format!("127.0.0.1:{port}"), "--db-path"])
        .arg(directory.join("data"))
        .env_clear() // of SQLD_ variables for another server
        .env("TOKIO_WORKER_THREADS", "64") // with few threads it may deadlock
        .envs(key.map(|key| ("SQLD_AUTH_JWT_KEY", key)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped()) // its log; errors are on stderr
        .spawn()
        .expect("the server can be started");
    let mut log = BufReader::new(process.stdout.take().expect("stdout is piped")).lines();
    let listens = log.by_ref().map_while(Result::ok).any(|line| line.contains("listening for incoming user"));
    if !listens {
        process.wait().expect("a child can be waited for");
        return None;
    }
    thread::spawn(move || log.for_each(drop));
    // A request that arrives before the database is open waits for it.
    assert!(is_healthy(port, PATIENCE), "libSQL's server does not become healthy");
    Some(process)
}

fn is_healthy(port: u16, patience: Duration) -> bool {
    let request = agent(patience).get(format!("http://127.0.0.1:{port}/health"));
    request.call().is_ok_and(|response| response.status() == 200)
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("a bound address").port()
}
