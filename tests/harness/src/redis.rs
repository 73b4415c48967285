//! A Redis server for one test, on a free port, without persistence.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use ::redis::{Client, FromRedisValue, RedisResult, cmd};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::eventually;

const RESPONSE_LIMIT: Duration = Duration::from_secs(10);

/// A Redis server. It is killed when this is dropped.
pub struct Redis {
    process: Child,
    port: u16,
    password: Option<String>,
    options: Vec<String>,
}

impl Redis {
    pub fn start() -> Self {
        Self::start_with(None, &[])
    }

    /// A server that needs a password.
    pub fn with_password(password: &str) -> Self {
        Self::start_with(Some(password), &["--requirepass", password])
    }

    /// A server that rejects writes beyond this size.
    pub fn with_memory(bytes: u64) -> Self {
        Self::start_with(None, &["--maxmemory", &bytes.to_string(), "--maxmemory-policy", "noeviction"])
    }

    fn start_with(password: Option<&str>, options: &[&str]) -> Self {
        let options: Vec<_> = options.iter().map(ToString::to_string).collect();
        // Redis cannot choose a port itself, and another process may take a free one first.
        for _ in 0..10 {
            let port = free_port();
            let process = spawn(port, &options);
            let password = password.map(str::to_owned);
            let mut redis = Self { process, port, password, options: options.clone() };
            if redis.is_up() {
                return redis;
            }
        }
        panic!("redis-server does not start");
    }

    /// `127.0.0.1:<port>`
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Its URL, with the password.
    pub fn url(&self) -> String {
        match &self.password {
            Some(password) => format!("redis://:{password}@{}", self.address()),
            None => format!("redis://{}", self.address()),
        }
    }

    /// The response to a command.
    ///
    /// # Panics
    /// If the command fails.
    pub fn command<T: FromRedisValue>(&self, command: &[&str]) -> T {
        self.query(command).unwrap_or_else(|error| panic!("{command:?}: {error}"))
    }

    fn query<T: FromRedisValue>(&self, command: &[&str]) -> RedisResult<T> {
        let mut connection = Client::open(self.url())?.get_connection_with_timeout(RESPONSE_LIMIT)?;
        connection.set_read_timeout(Some(RESPONSE_LIMIT))?;
        cmd(command[0]).arg(&command[1..]).query(&mut connection)
    }

    /// Makes it hang: it accepts connections and requests, and sends nothing.
    pub fn hang(&self) {
        self.signal(Signal::SIGSTOP);
    }

    /// Ends [`Redis::hang`].
    pub fn resume(&self) {
        self.signal(Signal::SIGCONT);
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.process.id().cast_signed()), signal).expect("a child can be signalled");
    }

    /// Ends it and its data, as a crash would.
    pub fn kill(&mut self) {
        let _ = self.process.kill();
        self.process.wait().expect("a child can be waited for");
    }

    /// Starts it again after [`Redis::kill`], empty, on the same port.
    pub fn restart(&mut self) {
        self.process = spawn(self.port, &self.options);
        assert!(self.is_up(), "redis-server does not start again");
    }

    /// Waits until this process serves the port; false if it ends.
    fn is_up(&mut self) -> bool {
        let itself = format!("process_id:{}\r", self.process.id());
        let (mut serves, mut has_ended) = (false, false);
        eventually("redis-server starts", || {
            serves = self.query::<String>(&["INFO", "server"]).is_ok_and(|info| info.contains(&itself));
            has_ended = self.process.try_wait().expect("a child can be waited for").is_some();
            serves || has_ended
        });
        serves
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A port that nothing listens on.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    listener.local_addr().expect("it has an address").port()
}

fn spawn(port: u16, options: &[String]) -> Child {
    Command::new("redis-server")
        .args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", "", "--appendonly", "no"])
        .args(options)
        .current_dir(std::env::temp_dir())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .expect("redis-server can be started")
}
