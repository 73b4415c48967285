//! Measures the app beside a hello component on the same runtime, a native peer, and SQLite alone.
//!
//! - `apps.rs` starts the subjects; `data.rs` makes its rows; `native.rs` is the native peer.
//! - `load.rs` sends requests; `rounds.rs` lets subjects take turns; `processes.rs` reads CPU time and memory.
//! - `dashboard.rs`, `lists.rs`, `hang.rs` and `inserts.rs` measure; `report.rs` prints tables and goals.
//!
//! A slow result is a missed goal in the report. A wrong response is an error.

use std::path::Path;
use std::time::{Duration, Instant};
use std::{env, fs};

use anyhow::{Context, Result, bail};

mod apps;
mod dashboard;
mod data;
mod hang;
mod inserts;
mod lists;
mod load;
mod native;
mod processes;
mod report;
mod rounds;

use data::DataSets;

/// How long a run takes.
struct Effort {
    rounds: usize,
    warm_up: Duration,
    round: Duration,
    /// Rounds of measurements that take seconds each: long lists and inserts.
    long_rounds: usize,
    hang: Duration,
}

const FULL: Effort = Effort {
    rounds: 7,
    warm_up: Duration::from_millis(300),
    round: Duration::from_millis(1500),
    long_rounds: 5,
    hang: Duration::from_secs(20),
};

const QUICK: Effort = Effort {
    rounds: 3,
    warm_up: Duration::from_millis(100),
    round: Duration::from_millis(400),
    long_rounds: 2,
    hang: Duration::from_secs(5),
};

/// The program `cargo bench`.
///
/// # Errors
/// For unknown arguments, a wrong response, and files that cannot be written.
///
/// # Panics
/// If something cannot be built or started.
pub fn run() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [] => measure(&FULL, "full"),
        ["quick" | "--quick"] => measure(&QUICK, "quick"),
        [native::ARGUMENT, database] => native::serve(Path::new(database)),
        _ => bail!("usage: cargo bench [-- quick], with APP_RUNTIME=spin to measure on Spin"),
    }
}

fn measure(effort: &Effort, name: &str) -> Result<()> {
    let begun = Instant::now();
    // target/release/deps/benchmark-…
    let program = env::current_exe()?;
    let target = program.ancestors().nth(3).context("the program is in the target directory")?;
    let data = DataSets::new(&target.join("bench"))?;

    let mut sections = vec![dashboard::measure(&data, effort)?];
    sections.push(lists::measure(&data, effort)?);
    sections.push(hang::measure(effort)?);
    sections.push(inserts::measure(&data, effort)?);

    let processors = std::thread::available_parallelism().map_or(0, usize::from);
    let title = format!(
        "# Benchmark on {}\n\nMedians of a {name} run of {} s on {processors} processors, which the load generator \
         shares.\n",
        apps::runtime(),
        begun.elapsed().as_secs(),
    );
    let report = title + &report::print(&sections);
    let file = target.join("bench/report.md");
    fs::write(&file, &report).with_context(|| format!("cannot write {}", file.display()))?;
    println!("\n{report}\nWritten to {}", file.display());
    Ok(())
}
