use std::process::{Child, Command};

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

/// A process that is killed when this is dropped.
#[derive(Debug)]
pub struct Process(pub Child);

impl Process {
    pub fn start(command: &mut Command) -> Self {
        Self(command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}")))
    }

    pub fn has_ended(&mut self) -> bool {
        self.0.try_wait().expect("a child can be waited for").is_some()
    }

    /// Makes it hang: a server accepts connections and sends nothing.
    pub fn hang(&self) {
        kill(self.id(), Signal::SIGSTOP).expect("a child can be signalled");
        // It may respond until its last thread has stopped.
        let stopped = waitpid(self.id(), Some(WaitPidFlag::WUNTRACED));
        assert!(matches!(stopped, Ok(WaitStatus::Stopped(..))), "{stopped:?}");
    }

    pub fn resume(&self) {
        kill(self.id(), Signal::SIGCONT).expect("a child can be signalled");
    }

    pub fn kill(&mut self) {
        let _ = self.0.kill(); // It may have ended already.
        self.0.wait().expect("a child can be waited for");
    }

    fn id(&self) -> Pid {
        Pid::from_raw(self.0.id().cast_signed())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
