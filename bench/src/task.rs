//! What this program does as a process of its own, started by itself.

use std::path::PathBuf;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::load::{self, Load};
use crate::native::{self, Service};
use crate::raw::{self, RawQuery};
use crate::slow_readers::{self, SlowReaders};

#[derive(Debug, Serialize, Deserialize)]
pub enum Task {
    Load(Load),
    SlowReaders(SlowReaders),
    Native { service: Service, listen: String },
    Raw { query: RawQuery, database: PathBuf },
}

impl Task {
    /// The argument before the task as JSON.
    pub const FLAG: &str = "--task";

    /// Does the task and prints its result as JSON, if it has one.
    ///
    /// # Errors
    /// What the task says.
    pub fn run(self) -> Result<()> {
        match self {
            Self::Load(load) => print(&load::run(&load)?),
            Self::SlowReaders(task) => slow_readers::run(&task),
            Self::Native { service, listen } => native::serve(&service, &listen),
            Self::Raw { query, database } => print(&raw::run(query, &database)?),
        }
    }
}

fn print(result: &impl Serialize) -> Result<()> {
    println!("{}", serde_json::to_string(result)?);
    Ok(())
}
