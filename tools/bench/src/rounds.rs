//! Subjects are measured in turns, round after round, so that a busy moment of the machine affects all of them.
//! The median of the rounds counts.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::apps::Running;
use crate::load::{self, Response};
use crate::{Effort, processes};

/// A URL of something that runs.
pub struct Subject<'a> {
    pub what: String,
    pub running: &'a Running,
    pub path: &'static str,
    /// The length of every right response.
    length: usize,
}

/// The medians of a subject's rounds.
#[derive(Clone, Debug)]
pub struct Measured {
    pub what: String,
    pub p50: Duration,
    pub p99: Duration,
    pub per_second: f64,
    pub cpu_per_request: Option<Duration>,
    pub peak_memory: Option<u64>,
}

impl<'a> Subject<'a> {
    pub fn new(what: impl Into<String>, running: &'a Running, path: &'static str) -> Result<Self> {
        let length = load::get_ok(&running.address, path)?.len();
        Ok(Self { what: what.into(), running, path, length })
    }

    fn load(&self, clients: usize, time: Duration) -> Result<Vec<Response>> {
        let responses = load::run(&self.running.address, self.path, clients, time)?;
        let wrong =
            responses.iter().find(|response| response.status != 200 || response.length != self.length);
        ensure!(wrong.is_none(), "{}: {wrong:?} instead of {} bytes", self.what, self.length);
        Ok(responses)
    }
}

/// Measures each subject with so many clients.
pub fn in_turns(subjects: &[Subject], clients: usize, effort: &Effort) -> Result<Vec<Measured>> {
    let mut rounds: Vec<Vec<Measured>> = subjects.iter().map(|_| Vec::new()).collect();
    for _ in 0..effort.rounds {
        for (subject, rounds) in subjects.iter().zip(&mut rounds) {
            subject.load(clients, effort.warm_up)?;
            rounds.push(round(subject, clients, effort.round)?);
        }
    }
    Ok(rounds.iter().map(|rounds| medians(rounds)).collect())
}

fn round(subject: &Subject, clients: usize, time: Duration) -> Result<Measured> {
    let processes = &subject.running.processes;
    processes::reset_peak(processes);
    let before = processes::cpu_time(processes);
    let begun = Instant::now();
    let responses = subject.load(clients, time)?;
    let elapsed = begun.elapsed();
    let cpu_time = processes::cpu_time(processes).zip(before).map(|(after, before)| after - before);
    let times: Vec<Duration> = responses.iter().map(|response| response.whole).collect();
    Ok(Measured {
        what: subject.what.clone(),
        p50: percentile(times.clone(), 50),
        p99: percentile(times.clone(), 99),
        per_second: times.len() as f64 / elapsed.as_secs_f64(),
        cpu_per_request: cpu_time.map(|cpu_time| cpu_time.div_f64(times.len() as f64)),
        peak_memory: processes::peak_memory(processes),
    })
}

fn medians(rounds: &[Measured]) -> Measured {
    let per_second = rounds.iter().map(|round| round.per_second).collect();
    Measured {
        what: rounds[0].what.clone(),
        p50: median(rounds.iter().map(|round| round.p50).collect()),
        p99: median(rounds.iter().map(|round| round.p99).collect()),
        per_second: median(per_second),
        cpu_per_request: rounds.iter().map(|round| round.cpu_per_request).collect::<Option<_>>().map(median),
        peak_memory: rounds.iter().filter_map(|round| round.peak_memory).max(),
    }
}

pub fn median<T: PartialOrd>(values: Vec<T>) -> T {
    percentile(values, 50)
}

/// The value that so many per cent of all values are below.
pub fn percentile<T: PartialOrd>(mut values: Vec<T>, percent: usize) -> T {
    values.sort_by(|one, other| one.partial_cmp(other).expect("no value is NaN"));
    let index = values.len() * percent / 100;
    values.swap_remove(index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bad_round_does_not_move_the_median() {
        assert_eq!(median(vec![9.0, 1.0, 2.0]), 2.0);
        assert_eq!(percentile((0..1000).rev().collect(), 99), 990);
        assert_eq!(percentile(vec![7], 99), 7);
    }
}
