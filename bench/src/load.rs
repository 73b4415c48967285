//! The load generator: one thread for each connection, the next request as soon as an answer is there.
//! It runs as a process of its own, so that the one that is measured shares no memory with it.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::client::{Client, Target};

/// What to ask for, how, and for how long.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Load {
    pub target: Target,
    pub connections: usize,
    pub warm_up: Duration,
    /// A request that has begun by then is finished; each connection makes one at least.
    pub measure: Duration,
    /// What every body must be long.
    pub length: u64,
}

impl Load {
    /// One request.
    pub fn once(target: Target, length: u64) -> Self {
        Self { target, connections: 1, warm_up: Duration::ZERO, measure: Duration::ZERO, length }
    }
}

/// Latencies from the first byte of a request to the last of its answer, in nanoseconds.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Latencies {
    pub p50: u64,
    pub p99: u64,
    /// The median time to the first byte of an answer.
    pub first_byte: u64,
    pub per_second: f64,
    /// How many answers there were, those of the warm-up included.
    pub answers: u64,
}

/// What one connection saw.
struct Seen {
    warm_up: u64,
    whole: Histogram<u64>,
    first_byte: Histogram<u64>,
}

impl Seen {
    fn new() -> Result<Self> {
        Ok(Self { warm_up: 0, whole: Histogram::new(3)?, first_byte: Histogram::new(3)? })
    }
}

/// Drives the load.
///
/// # Errors
/// If any answer is not a 200 of the expected length.
pub fn run(load: &Load) -> Result<Latencies> {
    let start = Barrier::new(load.connections);
    let (seen, elapsed) = thread::scope(|scope| -> Result<_> {
        let connections: Vec<_> =
            (0..load.connections).map(|_| scope.spawn(|| drive(load, &start))).collect();
        let mut all = Seen::new()?;
        let mut longest = Duration::ZERO;
        for connection in connections {
            let joined = connection.join().map_err(|_| anyhow!("a connection's thread has panicked"))?;
            let (seen, elapsed) = joined?;
            all.warm_up += seen.warm_up;
            all.whole.add(&seen.whole)?;
            all.first_byte.add(&seen.first_byte)?;
            longest = longest.max(elapsed);
        }
        Ok((all, longest))
    })?;
    Ok(Latencies {
        p50: seen.whole.value_at_quantile(0.5),
        p99: seen.whole.value_at_quantile(0.99),
        first_byte: seen.first_byte.value_at_quantile(0.5),
        per_second: seen.whole.len() as f64 / elapsed.as_secs_f64(),
        answers: seen.warm_up + seen.whole.len(),
    })
}

/// Makes requests on one connection; the time is that from the first measured one to the end.
fn drive(load: &Load, start: &Barrier) -> Result<(Seen, Duration)> {
    let connected = Client::connect(&load.target);
    // Reached with an error too, or the other connections would wait for ever.
    start.wait();
    let mut client = connected?;
    let mut seen = Seen::new()?;
    let begun = Instant::now();
    while begun.elapsed() < load.warm_up {
        request(&mut client, load)?;
        seen.warm_up += 1;
    }
    let begun = Instant::now();
    loop {
        let sent = Instant::now();
        let first_byte = request(&mut client, load)?;
        seen.whole.record(nanoseconds(sent.elapsed()))?;
        seen.first_byte.record(nanoseconds(first_byte - sent))?;
        if begun.elapsed() >= load.measure {
            return Ok((seen, begun.elapsed()));
        }
    }
}

fn request(client: &mut Client, load: &Load) -> Result<Instant> {
    let path = &load.target.path;
    let answer = client.get(|_| Ok(())).with_context(|| format!("GET {path}"))?;
    ensure!(answer.status == 200, "GET {path}: status {}", answer.status);
    let expected = load.length;
    ensure!(answer.length == expected, "GET {path}: {} bytes instead of {expected}", answer.length);
    Ok(answer.first_byte)
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// A body, told apart from any other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    pub length: u64,
    pub sha256: [u8; 32],
}

impl Fingerprint {
    pub fn of(body: &[u8]) -> Self {
        Self { length: body.len() as u64, sha256: Sha256::digest(body).into() }
    }
}

/// Asks once, to know what every further answer has to be.
///
/// # Errors
/// If the answer is not a 200.
pub fn fingerprint(target: &Target) -> Result<Fingerprint> {
    let mut hash = Sha256::new();
    let answer = Client::connect(target)?.get(|piece| {
        hash.update(piece);
        Ok(())
    })?;
    ensure!(answer.status == 200, "GET {}: status {}", target.path, answer.status);
    Ok(Fingerprint { length: answer.length, sha256: hash.finalize().into() })
}
