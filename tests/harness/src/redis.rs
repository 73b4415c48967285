//! A Redis server for one test, on a free port, without persistence.

use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::time::Duration;

use ::redis::{Client, FromRedisValue, RedisResult, cmd};

use crate::{Process, eventually};

const RESPONSE_LIMIT: Duration = Duration::from_secs(10);

/// A Redis server.
pub struct Redis {
    process: Process,
    port: u16,
    url: String,
    options: Vec<String>,
}

impl Redis {
    pub fn start() -> Self {
        Self::start_with("", &[])
    }

    /// A server that needs a password.
    pub fn with_password(password: &str) -> Self {
        Self::start_with(&format!(":{password}@"), &["--requirepass", password])
    }

    /// A server that rejects writes beyond this size.
    pub fn with_memory(bytes: u64) -> Self {
        Self::start_with("", &["--maxmemory", &bytes.to_string(), "--maxmemory-policy", "noeviction"])
    }

    fn start_with(user: &str, options: &[&str]) -> Self {
        let options: Vec<_> = options.iter().map(ToString::to_string).collect();
        // Redis cannot choose a port itself, and another process may take a free one first.
        let start = |_| {
            let port = free_port();
            let (process, url) = (spawn(port, &options), format!("redis://{user}127.0.0.1:{port}"));
            let mut redis = Self { process, port, url, options: options.clone() };
            redis.is_up().then_some(redis)
        };
        (0..10).find_map(start).expect("redis-server starts")
    }

    /// Its URL, with the password.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// The response to a command.
    pub fn command<T: FromRedisValue>(&self, command: &[&str]) -> T {
        self.query(command).unwrap_or_else(|error| panic!("{command:?}: {error}"))
    }

    fn query<T: FromRedisValue>(&self, command: &[&str]) -> RedisResult<T> {
        let mut connection = Client::open(self.url.as_str())?.get_connection_with_timeout(RESPONSE_LIMIT)?;
        connection.set_read_timeout(Some(RESPONSE_LIMIT))?;
        cmd(command[0]).arg(&command[1..]).query(&mut connection)
    }

    /// Makes it hang until [`Redis::resume`].
    pub fn hang(&self) {
        self.process.hang();
    }

    pub fn resume(&self) {
        self.process.resume();
    }

    /// Ends it and its data, as a crash would.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Starts it again after [`Redis::kill`], empty, on the same port.
    pub fn restart(&mut self) {
        self.process = spawn(self.port, &self.options);
        assert!(self.is_up(), "redis-server does not start again");
    }

    /// Waits until this process serves the port; false if it ends.
    fn is_up(&mut self) -> bool {
        let itself = format!("process_id:{}\r", self.process.0.id());
        let (mut serves, mut has_ended) = (false, false);
        eventually("redis-server starts", || {
            serves = self.query::<String>(&["INFO", "server"]).is_ok_and(|info| info.contains(&itself));
            has_ended = self.process.has_ended();
            serves || has_ended
        });
        serves
    }
}

/// A port that nothing listens on.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    listener.local_addr().expect("it has an address").port()
}

fn spawn(port: u16, options: &[String]) -> Process {
    Process::start(
        Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", "", "--appendonly", "no"])
            .args(options)
            .current_dir(std::env::temp_dir())
            .stdin(Stdio::null())
            .stdout(Stdio::null()),
    )
}
