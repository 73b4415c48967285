use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::output::Output;
use crate::usage;

/// How long a server may take to come up on a busy machine.
const START_LIMIT: Duration = Duration::from_secs(90);

/// A process that serves HTTP. It is stopped when this is dropped.
pub struct Server {
    child: Child,
    base: String,
    output: Output,
}

/// A server whose process has ended.
#[derive(Debug)]
pub struct Ended {
    pub status: ExitStatus,
    /// All of stdout and stderr.
    pub output: String,
}

impl Server {
    /// Starts `command` and waits until it prints `Serving http://…`, as Spin does.
    ///
    /// # Errors
    /// If it ends instead.
    ///
    /// # Panics
    /// If it does neither, with its output.
    pub fn start(command: &mut Command) -> Result<Self, Ended> {
        // Backtraces of errors take time. A process that reads its standard input ends with this one.
        let mut child = command
            .env_remove("RUST_BACKTRACE")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{:?} cannot be started: {error}", command.get_program()));
        let output = Output::default();
        output.follow(child.stdout.take().expect("stdout is piped"));
        output.follow(child.stderr.take().expect("stderr is piped"));
        let mut server = Self { child, base: String::new(), output };

        let started = Instant::now();
        loop {
            if let Some(base) = server.output.find(|line| line.strip_prefix("Serving ")) {
                server.base = base;
                return Ok(server);
            }
            if let Some(status) = server.child.try_wait().expect("a child can be waited for") {
                return Err(server.ended(status));
            }
            assert!(started.elapsed() < START_LIMIT, "the server does not start:\n{}", server.output());
            server.output.wait_for_more(Duration::from_millis(100));
        }
    }

    /// `http://127.0.0.1:<port>`
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Its output so far.
    pub fn output(&self) -> String {
        self.output.text()
    }

    /// The process and its descendants: `spin up` starts another one.
    pub fn processes(&self) -> Vec<u32> {
        usage::with_descendants(self.child.id())
    }

    /// Ends it with a signal and waits for its exit.
    pub fn stop(mut self, signal: Signal) -> Ended {
        let status = self.end(signal);
        self.ended(status)
    }

    fn end(&mut self, signal: Signal) -> ExitStatus {
        if signal == Signal::SIGKILL {
            // `spin up` cannot pass it on.
            for process in self.processes().split_off(1) {
                let _ = send(signal, process);
            }
        }
        send(signal, self.child.id()).expect("a child can be signalled");
        self.child.wait().expect("a child can be waited for")
    }

    fn ended(&self, status: ExitStatus) -> Ended {
        self.output.wait_for_end();
        Ended { status, output: self.output() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|status| status.is_none()) {
            for process in self.processes().split_off(1) {
                // It may have ended already.
                let _ = send(Signal::SIGTERM, process);
            }
            self.end(Signal::SIGTERM);
        }
        if thread::panicking() {
            eprintln!("output of {}:\n{}", self.base, self.output());
        }
    }
}

fn send(signal: Signal, process: u32) -> nix::Result<()> {
    kill(Pid::from_raw(process.cast_signed()), signal)
}
