//! Measures the application against its peers: the same services as native processes, a hello component
//! on the same runtime, and SQLite alone. Run by `cargo bench`; see `options.rs` for its arguments.
//!
//! A timing never makes it fail, a wrong answer does.

use std::fs;
use std::time::Instant;

use anyhow::{Context, Result};
use clap::Parser;
use harness::{Runtime, usage};

mod at_url;
mod comparison;
mod crowd;
mod data;
mod goals;
mod inserts;
mod lists;
mod load;
mod native;
mod options;
mod random;
mod raw_query;
mod report;
mod rounds;
mod routes;
mod servers;
mod slow_readers;
mod worker;

use options::Options;

/// The program: reads its arguments, measures, and prints the report.
///
/// # Errors
/// If something cannot be written, and for every wrong answer.
///
/// # Panics
/// If something cannot be built or started.
pub fn run() -> Result<()> {
    let options = Options::parse();
    if let Some(task) = options.task {
        return task.run();
    }
    usage::allow_open_files(); // a crowd needs more than most shells give
    let begun = Instant::now();
    let effort = options.effort();
    let (report, on) = match &options.url {
        Some(url) => (at_url::measure(url, effort)?, url.as_str()),
        None => (comparison::measure(effort)?, Runtime::chosen().name()),
    };
    let text = report::whole(&report, on, options.is_quick(), begun.elapsed());
    println!("\n{text}");
    let file = harness::root().join("target").join("bench").join("report.md");
    fs::create_dir_all(file.with_file_name(""))?;
    fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
    eprintln!("Written to target/bench/report.md");
    Ok(())
}
