//! What this program does as a process of its own, started by itself, so that what is measured shares no
//! memory with what measures.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::load::Load;
use crate::native::Service;
use crate::raw_query::RawQuery;
use crate::slow_readers::SlowReaders;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Task {
    Load(Load),
    SlowReaders(SlowReaders),
    Native(Service),
    Raw { query: RawQuery, database: PathBuf },
}

impl Task {
    /// Does the task and prints its result as JSON, if it has one.
    ///
    /// # Errors
    /// What the task says.
    pub fn run(self) -> Result<()> {
        match self {
            Self::Load(load) => print(&load.run()?),
            Self::SlowReaders(readers) => readers.run(),
            Self::Native(service) => service.serve(),
            Self::Raw { query, database } => print(&query.run(&database)?),
        }
    }

    /// This program, to do the task.
    ///
    /// # Errors
    /// If it does not know where it is.
    pub fn command(&self) -> Result<Command> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("--task").arg(serde_json::to_string(self)?);
        Ok(command)
    }

    /// Has the task done, and gives what it prints.
    ///
    /// # Errors
    /// If it fails; it has then said why on standard error.
    pub fn result<T: DeserializeOwned>(&self) -> Result<T> {
        let output = self.command()?.stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
        ensure!(output.status.success(), "a measurement has failed");
        serde_json::from_slice(&output.stdout).context("a measurement has printed something else")
    }
}

fn print(result: &impl Serialize) -> Result<()> {
    println!("{}", serde_json::to_string(result)?);
    Ok(())
}

/// A process that works in the background until it is told to stop.
pub struct Background(Child);

impl Background {
    /// # Errors
    /// If it cannot be started.
    pub fn start(task: &Task) -> Result<Self> {
        Ok(Self(task.command()?.stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?))
    }

    /// Stops it by closing its standard input.
    ///
    /// # Errors
    /// If something has gone wrong in it.
    pub fn stop(mut self) -> Result<()> {
        let status = self.0.wait()?; // which closes that first
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
