//! The load generator: one thread for each connection, the next request as soon as an answer is there.
//!
//! The client is ureq, as in the tests. It takes 40 µs of CPU for an answer, 24 of them in the kernel, which
//! any client would: a twenty-fifth of a dashboard on Spin, a fifth of hello, with the load generator on the same
//! processors.

use std::io::Read;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use harness::Agent;
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

const BUFFER_LENGTH: usize = 64 * 1024;

/// What to ask for, how, and for how long.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Load {
    pub url: String,
    pub connections: usize,
    pub warm_up: Duration,
    /// A request that has begun by then is finished; each connection makes one at least.
    pub measure: Duration,
    /// What every body must be long.
    pub length: u64,
    /// Whether another answer is no mistake, as where a service fails.
    pub others: bool,
}

impl Load {
    /// One request.
    pub fn once(url: String, length: u64) -> Self {
        Self { url, connections: 1, warm_up: Duration::ZERO, measure: Duration::ZERO, length, others: false }
    }

    /// Drives the load.
    ///
    /// # Errors
    /// If any answer is not a 200 of the expected length, unless others may be.
    pub fn run(&self) -> Result<Latencies> {
        let start = Barrier::new(self.connections);
        let (seen, elapsed) = thread::scope(|scope| -> Result<_> {
            let connections: Vec<_> =
                (0..self.connections).map(|_| scope.spawn(|| self.drive(&start))).collect();
            let mut all = Seen::new()?;
            let mut longest = Duration::ZERO;
            for connection in connections {
                let joined = connection.join().map_err(|_| anyhow!("a connection's thread has panicked"))?;
                let (seen, elapsed) = joined?;
                all.warm_up += seen.warm_up;
                all.others += seen.others;
                all.whole.add(&seen.whole)?;
                all.head.add(&seen.head)?;
                longest = longest.max(elapsed);
            }
            Ok((all, longest))
        })?;
        Ok(Latencies {
            p50: seen.whole.value_at_quantile(0.5),
            p99: seen.whole.value_at_quantile(0.99),
            head: seen.head.value_at_quantile(0.5),
            per_second: seen.whole.len() as f64 / elapsed.as_secs_f64(),
            answers: seen.warm_up + seen.whole.len(),
            others: seen.others,
        })
    }

    /// Makes requests on one connection; the time is that from the first measured one to the end.
    fn drive(&self, start: &Barrier) -> Result<(Seen, Duration)> {
        let agent = harness::agent(harness::PATIENCE);
        let mut buffer = vec![0; BUFFER_LENGTH];
        let mut request = || self.request(&agent, &mut buffer).with_context(|| format!("GET {}", self.url));
        start.wait();
        let mut seen = Seen::new()?;
        let begun = Instant::now();
        while begun.elapsed() < self.warm_up {
            seen.others += u64::from(request()?.1);
            seen.warm_up += 1;
        }
        let begun = Instant::now();
        loop {
            let sent = Instant::now();
            let (head, other) = request()?;
            seen.others += u64::from(other);
            seen.whole.record(nanoseconds(sent.elapsed()))?;
            seen.head.record(nanoseconds(head - sent))?;
            if begun.elapsed() >= self.measure {
                return Ok((seen, begun.elapsed()));
            }
        }
    }

    /// Makes one request, and gives the time when its head was there and whether it is another than expected.
    fn request(&self, agent: &Agent, buffer: &mut [u8]) -> Result<(Instant, bool)> {
        let mut answer = agent.get(&self.url).call()?;
        let (head, status) = (Instant::now(), answer.status());
        let mut body = answer.body_mut().as_reader();
        let mut length = 0;
        loop {
            match body.read(buffer)? {
                0 => break,
                read => length += read as u64,
            }
        }
        let other = status != 200 || length != self.length;
        ensure!(self.others || !other, "status {status}, {length} bytes instead of {}", self.length);
        Ok((head, other))
    }
}

/// Latencies from the first byte of a request to the last of its answer, in nanoseconds.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Latencies {
    pub p50: u64,
    pub p99: u64,
    /// The median time to the head of an answer, and so to its first byte.
    pub head: u64,
    pub per_second: f64,
    /// How many answers there were, those of the warm-up included.
    pub answers: u64,
    /// How many of them were not those expected.
    pub others: u64,
}

/// What one connection saw.
struct Seen {
    warm_up: u64,
    others: u64,
    whole: Histogram<u64>,
    head: Histogram<u64>,
}

impl Seen {
    fn new() -> Result<Self> {
        Ok(Self { warm_up: 0, others: 0, whole: Histogram::new(3)?, head: Histogram::new(3)? })
    }
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
pub fn fingerprint(url: &str) -> Result<Fingerprint> {
    let reply = harness::get(url);
    ensure!(reply.status == 200, "GET {url}: status {}", reply.status);
    Ok(Fingerprint::of(&reply.body))
}
