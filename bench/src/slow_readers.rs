//! Clients that take their time: each asks for a long list and reads it at a fixed pace.

use std::io::Read;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, ensure};
use serde::{Deserialize, Serialize};

use crate::client::{Client, Target};

/// How many there are, and what they read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SlowReaders {
    pub target: Target,
    pub readers: usize,
    /// How many bytes each of them reads in a second.
    pub pace: u64,
}

/// Reads until standard input ends, which it does when the process that started this one closes it.
///
/// # Errors
/// If an answer breaks off, or a reader is not given anything.
pub fn run(task: &SlowReaders) -> Result<()> {
    let readers: Vec<_> = (0..task.readers)
        .map(|_| {
            let task = task.clone();
            thread::spawn(move || -> Result<()> {
                loop {
                    read(&task)?;
                }
            })
        })
        .collect();
    std::io::stdin().read_to_end(&mut Vec::new())?;
    for reader in readers {
        // A reader ends only by an error; the others end with the process.
        if reader.is_finished() {
            reader.join().map_err(|_| anyhow!("a reader's thread has panicked"))??;
        }
    }
    Ok(())
}

fn read(task: &SlowReaders) -> Result<()> {
    let begun = Instant::now();
    let mut bytes = 0;
    let answer = Client::connect(&task.target)?.get(|piece| {
        bytes += piece.len() as u64;
        let due = Duration::from_secs_f64(bytes as f64 / task.pace as f64);
        thread::sleep(due.saturating_sub(begun.elapsed()));
        Ok(())
    })?;
    ensure!(answer.status == 200, "GET {}: status {}", task.target.path, answer.status);
    Ok(())
}
