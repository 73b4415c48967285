use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::NamedTempFile;

use crate::usage;

/// How long a server may take to come up on a busy machine.
const START_LIMIT: Duration = Duration::from_secs(90);

/// A process that serves HTTP. It is stopped when this is dropped.
pub struct Server {
    child: Child,
    base: String,
    /// Its stdout and stderr.
    output: NamedTempFile,
}

/// A server whose process has ended.
#[derive(Debug)]
pub struct Ended {
    pub status: ExitStatus,
    /// All of stdout and stderr.
    pub output: String,
}

impl Server {
    /// Starts `command` and waits until it prints `Serving http://…`, as Spin does; an error if it ends instead.
    pub fn start(command: &mut Command) -> Result<Self, Ended> {
        let output = NamedTempFile::new().expect("a temporary file can be made");
        let stream = || output.as_file().try_clone().expect("a file can be shared");
        // Backtraces of errors take time. A process that reads its standard input ends with this one.
        let child = command
            .env_remove("RUST_BACKTRACE")
            .stdin(Stdio::piped())
            .stdout(stream())
            .stderr(stream())
            .spawn()
            .unwrap_or_else(|error| panic!("{:?} cannot be started: {error}", command.get_program()));
        let mut server = Self { child, base: String::new(), output };
        let started = Instant::now();
        loop {
            let status = server.child.try_wait().expect("a child can be waited for");
            let output = server.output();
            if let Some(base) = base_in(&output) {
                server.base = base.to_owned();
                return Ok(server);
            }
            if let Some(status) = status {
                return Err(Ended { status, output });
            }
            assert!(started.elapsed() < START_LIMIT, "the server does not start:\n{output}");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// `http://127.0.0.1:<port>`
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Its output so far.
    pub fn output(&self) -> String {
        let output = std::fs::read(self.output.path()).expect("the file can be read");
        String::from_utf8_lossy(&output).into_owned()
    }

    /// The process and its descendants: `spin up` starts another one.
    pub fn processes(&self) -> Vec<u32> {
        usage::with_descendants(self.child.id())
    }

    /// Ends it with a signal and waits for its exit.
    pub fn stop(mut self, signal: Signal) -> Ended {
        // `spin up` cannot pass on a SIGKILL.
        let descendants = if signal == Signal::SIGKILL { self.processes().split_off(1) } else { Vec::new() };
        let status = self.end(signal, &descendants);
        Ended { status, output: self.output() }
    }

    fn end(&mut self, signal: Signal, descendants: &[u32]) -> ExitStatus {
        let send = |process: u32| kill(Pid::from_raw(process.cast_signed()), signal);
        for process in descendants {
            let _ = send(*process); // It may have ended already.
        }
        send(self.child.id()).expect("a child can be signalled");
        self.child.wait().expect("a child can be waited for")
    }
}

/// The URL in a complete line.
fn base_in(output: &str) -> Option<&str> {
    output.split_inclusive('\n').find_map(|line| line.strip_prefix("Serving ")?.strip_suffix('\n'))
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|status| status.is_none()) {
            let descendants = self.processes().split_off(1);
            self.end(Signal::SIGTERM, &descendants);
        }
        if thread::panicking() {
            eprintln!("output of {}:\n{}", self.base, self.output());
        }
    }
}
