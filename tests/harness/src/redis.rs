//! A Redis server of a test's own: on a free port of this machine, and nothing of it stays.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use ::redis::{Client, FromRedisValue};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

/// How long a server may take to come up on a busy machine.
const START_LIMIT: Duration = Duration::from_secs(30);

/// How long a server that is up may take to answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// A Redis server. It is killed when this is dropped.
pub struct Redis {
    process: Child,
    port: u16,
    password: Option<String>,
    options: Vec<String>,
    directory: TempDir,
}

impl Redis {
    /// A server for everybody.
    pub fn start() -> Self {
        Self::start_with(None, &[])
    }

    /// A server for those who know a password.
    pub fn with_password(password: &str) -> Self {
        Self::start_with(Some(password), &[])
    }

    /// A server that takes so many bytes, and no more.
    pub fn with_memory(bytes: u64) -> Self {
        Self::start_with(None, &["--maxmemory", &bytes.to_string(), "--maxmemory-policy", "noeviction"])
    }

    fn start_with(password: Option<&str>, options: &[&str]) -> Self {
        let mut options: Vec<_> = options.iter().map(ToString::to_string).collect();
        options
            .extend(password.iter().flat_map(|password| ["--requirepass".to_owned(), password.to_string()]));
        // Redis cannot be asked for any free port, and another process may be faster at taking this one.
        for _ in 0..10 {
            let port = free_port();
            let directory = tempfile::tempdir().expect("a temporary directory can be made");
            let process = spawn(port, &options, &directory);
            let password = password.map(str::to_owned);
            let mut redis = Self { process, port, password, options: options.clone(), directory };
            if redis.comes_up() {
                return redis;
            }
        }
        panic!("redis-server does not start");
    }

    /// `127.0.0.1:<port>`
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Its URL, with the password if it has one.
    pub fn url(&self) -> String {
        match &self.password {
            Some(password) => format!("redis://:{password}@{}", self.address()),
            None => format!("redis://{}", self.address()),
        }
    }

    /// What it answers to a command: to look at what is there, and to put something there.
    ///
    /// # Panics
    /// If that is an error, or nothing.
    pub fn ask<T: FromRedisValue>(&self, command: &[&str]) -> T {
        let client = Client::open(self.url()).expect("its own URL is right");
        let mut connection = client.get_connection_with_timeout(ANSWER_LIMIT).expect("it is up");
        connection.set_read_timeout(Some(ANSWER_LIMIT)).expect("a timeout can be set");
        let answer = ::redis::cmd(command[0]).arg(&command[1..]).query(&mut connection);
        answer.unwrap_or_else(|error| panic!("{command:?}: {error}"))
    }

    /// Makes it silent: it takes connections and requests, and answers none of them.
    pub fn pause(&self) {
        self.signal(Signal::SIGSTOP);
    }

    /// Lets it go on after [`Redis::pause`].
    pub fn resume(&self) {
        self.signal(Signal::SIGCONT);
    }

    /// Ends it as a crash would, with all that it had.
    pub fn kill(&mut self) {
        let _ = self.process.kill();
        self.process.wait().expect("a child can be waited for");
    }

    /// Starts it again, empty, on the same port, after [`Redis::kill`].
    pub fn restart(&mut self) {
        self.process = spawn(self.port, &self.options, &self.directory);
        assert!(self.comes_up(), "redis-server does not start again");
    }

    /// Waits until it is the one that answers on its port; false if it ends.
    fn comes_up(&mut self) -> bool {
        let itself = format!("process_id:{}\r", self.process.id());
        let client = Client::open(self.url()).expect("its own URL is right");
        let started = Instant::now();
        while self.process.try_wait().expect("a child can be waited for").is_none() {
            let info = client.get_connection().and_then(|mut connection| {
                ::redis::cmd("INFO").arg("server").query::<String>(&mut connection)
            });
            if info.is_ok_and(|info| info.contains(&itself)) {
                return true;
            }
            assert!(started.elapsed() < START_LIMIT, "redis-server does not come up");
            sleep(Duration::from_millis(10));
        }
        false
    }

    fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.process.id()).expect("a process id");
        kill(Pid::from_raw(id), signal).expect("a child can be signalled");
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A port that nothing listens on, for tests of what is never there as well.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    listener.local_addr().expect("it has an address").port()
}

fn spawn(port: u16, options: &[String], directory: &TempDir) -> Child {
    Command::new("redis-server")
        .args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", "", "--appendonly", "no"])
        .args(options)
        .current_dir(directory.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .expect("redis-server can be started")
}
