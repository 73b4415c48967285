//! Measurements that are to be compared take turns, round after round, so that a busy moment of the
//! machine hits all of them. What counts is the median of the rounds.

use std::time::Duration;

use anyhow::Result;
use harness::{Server, usage};

use crate::load::{Fingerprint, Latencies, Load, fingerprint};
use crate::worker::Task;

/// How many connections make a load.
pub const CONNECTIONS: usize = 8;

/// How long everything takes.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    pub rounds: usize,
    pub warm_up: Duration,
    /// For each subject in each round.
    pub measure: Duration,
    /// Rounds of what takes seconds: long lists, insertions.
    pub long_rounds: usize,
    /// For a crowd, who asks once while all is well and once while it is not.
    pub crowd: Duration,
}

/// Something to be measured.
#[derive(Clone, Debug)]
pub struct Subject {
    pub what: String,
    pub url: String,
    /// Those whose memory counts.
    pub processes: Vec<u32>,
    pub body: Fingerprint,
}

impl Subject {
    /// What a server of our own gives at `path`.
    ///
    /// # Errors
    /// If the first answer is not a 200.
    pub fn new(what: impl Into<String>, server: &Server, path: &str) -> Result<Self> {
        Self::of(what, format!("{}{path}", server.base()), server.processes())
    }

    /// What anybody gives at `url`.
    ///
    /// # Errors
    /// If the first answer is not a 200.
    pub fn of(what: impl Into<String>, url: String, processes: Vec<u32>) -> Result<Self> {
        let body = fingerprint(&url)?;
        Ok(Self { what: what.into(), url, processes, body })
    }
}

/// What a subject came to, over all rounds.
#[derive(Clone, Debug)]
pub struct Measured {
    pub what: String,
    pub latencies: Latencies,
    /// The most memory at any time, in bytes.
    pub peak: Option<u64>,
    /// Processor time of the processes for each answer.
    pub processor_time: Option<Duration>,
}

impl Measured {
    /// This median time to that of a peer.
    pub fn time_to(&self, peer: &Self) -> f64 {
        self.latencies.p50 as f64 / peer.latencies.p50 as f64
    }

    /// This rate to that of a peer.
    pub fn rate_to(&self, peer: &Self) -> f64 {
        self.latencies.per_second / peer.latencies.per_second
    }
}

/// Collects the rounds of one subject.
pub struct Collected {
    what: String,
    rounds: Vec<Latencies>,
    peak: Option<u64>,
    processor_time: Option<Duration>,
}

impl Collected {
    pub fn new(what: &str) -> Self {
        Self { what: what.to_owned(), rounds: Vec::new(), peak: None, processor_time: None }
    }

    /// Measures one round in a process of its own.
    ///
    /// # Errors
    /// If an answer is not the expected one.
    pub fn round(&mut self, subject: &Subject, load: Load) -> Result<()> {
        usage::reset_peak(&subject.processes);
        let before = usage::processor_time(&subject.processes);
        let latencies = Task::Load(load).result()?;
        let after = usage::processor_time(&subject.processes);
        let taken = after.zip(before).map(|(after, before)| after.saturating_sub(before));
        self.processor_time = taken.map(|taken| self.processor_time.unwrap_or_default() + taken);
        self.add(latencies, usage::memory(&subject.processes).map(|memory| memory.peak));
        Ok(())
    }

    /// Adds a round that was measured elsewhere.
    pub fn add(&mut self, round: Latencies, peak: Option<u64>) {
        self.rounds.push(round);
        self.peak = self.peak.max(peak);
    }

    /// The medians.
    pub fn measured(self) -> Measured {
        let middle = |pick: fn(&Latencies) -> u64| {
            median(self.rounds.iter().map(|round| pick(round) as f64).collect()) as u64
        };
        let latencies = Latencies {
            p50: middle(|round| round.p50),
            p99: middle(|round| round.p99),
            head: middle(|round| round.head),
            per_second: median(self.rounds.iter().map(|round| round.per_second).collect()),
            answers: self.rounds.iter().map(|round| round.answers).sum(),
            others: self.rounds.iter().map(|round| round.others).sum(),
        };
        let answers = u32::try_from(latencies.answers).unwrap_or(u32::MAX).max(1);
        let processor_time = self.processor_time.map(|time| time / answers);
        Measured { what: self.what, latencies, peak: self.peak, processor_time }
    }
}

/// Loads every subject over so many kept-alive connections, in turns.
///
/// # Errors
/// If an answer is not the expected one.
pub fn in_turns(subjects: &[Subject], connections: usize, effort: Effort) -> Result<Vec<Measured>> {
    turns(subjects, effort.rounds, |url, length| Load {
        url,
        connections,
        warm_up: effort.warm_up,
        measure: effort.measure,
        length,
        others: false,
    })
}

/// Asks for every subject once, in turns.
///
/// # Errors
/// If an answer is not the expected one.
pub fn once_each(subjects: &[Subject], rounds: usize) -> Result<Vec<Measured>> {
    turns(subjects, rounds, Load::once)
}

fn turns(subjects: &[Subject], rounds: usize, load: impl Fn(String, u64) -> Load) -> Result<Vec<Measured>> {
    let mut collected: Vec<Collected> =
        subjects.iter().map(|subject| Collected::new(&subject.what)).collect();
    for _ in 0..rounds {
        for (subject, collected) in subjects.iter().zip(&mut collected) {
            collected.round(subject, load(subject.url.clone(), subject.body.length))?;
        }
    }
    Ok(collected.into_iter().map(Collected::measured).collect())
}

/// The value in the middle, of two the higher; 0 of none.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_not_moved_by_one_bad_round() {
        assert_eq!(median(vec![9.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![1.0, 2.0]), 2.0);
        assert_eq!(median(Vec::new()), 0.0);
    }
}
