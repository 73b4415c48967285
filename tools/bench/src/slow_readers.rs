//! Clients that take their time: each asks for a long list and reads it at a fixed pace.

use std::io::Read;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, ensure};
use serde::{Deserialize, Serialize};

/// How many there are, and what they read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SlowReaders {
    pub url: String,
    pub readers: usize,
    /// How many bytes each of them reads in a second.
    pub pace: u64,
}

impl SlowReaders {
    /// Reads until standard input ends, which it does when the process that started this one closes it.
    ///
    /// # Errors
    /// If an answer breaks off, or a reader is not given anything.
    pub fn run(&self) -> Result<()> {
        let readers: Vec<_> = (0..self.readers)
            .map(|_| {
                let task = self.clone();
                thread::spawn(move || -> Result<()> {
                    loop {
                        task.read()?;
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

    fn read(&self) -> Result<()> {
        let mut answer = harness::agent(None).get(&self.url).call()?;
        ensure!(answer.status() == 200, "GET {}: status {}", self.url, answer.status());
        let mut body = answer.body_mut().as_reader();
        let mut piece = vec![0; 64 * 1024];
        let begun = Instant::now();
        let mut bytes = 0;
        loop {
            match body.read(&mut piece)? {
                0 => return Ok(()),
                read => bytes += read as u64,
            }
            let due = Duration::from_secs_f64(bytes as f64 / self.pace as f64);
            thread::sleep(due.saturating_sub(begun.elapsed()));
        }
    }
}
