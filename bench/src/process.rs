//! Processes that the benchmark starts: the runtime, the native services, the load generator.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde::de::DeserializeOwned;

use crate::client::{Client, Target};
use crate::task::Task;
use crate::usage;

/// How long a start may take. The first one compiles components.
const START_TIMEOUT: Duration = Duration::from_secs(600);

const START_POLL: Duration = Duration::from_millis(20);

/// How much of a log is shown when a process fails.
const LOG_TAIL: usize = 2_000;

/// A process that serves HTTP until this value is dropped.
pub struct Server {
    child: Child,
    log: PathBuf,
    /// `host:port`
    pub authority: String,
}

impl Server {
    /// Starts `command`, which is to serve at `authority`, and waits until `ready` is answered there.
    ///
    /// # Errors
    /// If it ends before that, with the end of what it has printed.
    pub fn start(mut command: Command, authority: String, ready: &str, log: &Path) -> Result<Self> {
        let output = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        // Backtraces of errors would be measured too, where a developer has them switched on.
        command.env_remove("RUST_BACKTRACE");
        // A process of our own stops when its standard input ends, should this one be killed.
        command.stdin(Stdio::piped()).stdout(output.try_clone()?).stderr(output);
        let child = command.spawn().with_context(|| format!("cannot start {:?}", command.get_program()))?;
        let mut server = Self { child, log: log.to_owned(), authority };
        server.wait_until_ready(ready)?;
        Ok(server)
    }

    fn wait_until_ready(&mut self, path: &str) -> Result<()> {
        let target = self.target(path);
        let begun = Instant::now();
        while begun.elapsed() < START_TIMEOUT {
            let answer = Client::connect(&target).and_then(|mut client| client.get(|_| Ok(())));
            if answer.is_ok_and(|answer| answer.status == 200) {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("a server ended with {status} instead of serving:\n{}", self.log_tail());
            }
            thread::sleep(START_POLL);
        }
        bail!("{path} is not served after {START_TIMEOUT:?}:\n{}", self.log_tail())
    }

    fn log_tail(&self) -> String {
        let log = fs::read(&self.log).unwrap_or_default();
        String::from_utf8_lossy(&log[log.len().saturating_sub(LOG_TAIL)..]).into_owned()
    }

    pub fn target(&self, path: &str) -> Target {
        Target { authority: self.authority.clone(), path: path.to_owned() }
    }

    /// This process and those that it has started.
    pub fn processes(&self) -> Vec<u32> {
        usage::with_descendants(self.child.id())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // `spin up` serves in a child process, which would outlive it.
        for process in self.processes().into_iter().skip(1) {
            let _ = Command::new("kill").arg(process.to_string()).stderr(Stdio::null()).status();
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A free port on the loopback interface. Another process may take it before it is used, but hardly ever
/// does.
pub fn free_authority() -> Result<String> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.to_string())
}

/// This program, to do `task` as a process of its own.
pub fn worker(task: &Task) -> Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(Task::FLAG).arg(serde_json::to_string(task)?);
    Ok(command)
}

/// Does `task` in a process of its own, and gives what it prints.
///
/// # Errors
/// If it fails; it has then said why on standard error.
pub fn run<T: DeserializeOwned>(task: &Task) -> Result<T> {
    let output = worker(task)?.stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
    ensure!(output.status.success(), "a measurement has failed");
    serde_json::from_slice(&output.stdout).context("a measurement has printed something else")
}

/// A process that works in the background until it is told to stop.
pub struct Background(Child);

impl Background {
    /// # Errors
    /// If it cannot be started.
    pub fn start(task: &Task) -> Result<Self> {
        Ok(Self(worker(task)?.stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?))
    }

    /// Stops it by closing its standard input.
    ///
    /// # Errors
    /// If something has gone wrong in it.
    pub fn stop(mut self) -> Result<()> {
        drop(self.0.stdin.take());
        let status = self.0.wait()?;
        ensure!(status.success(), "a process in the background has failed");
        Ok(())
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
