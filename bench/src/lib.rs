//! Measures the application against its peers: the same services as native processes, a hello component
//! on the same runtime, and SQLite alone. Run by `cargo bench`; see `options.rs` for its arguments.
//!
//! A timing never makes it fail, a wrong answer does.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result};

mod all;
mod client;
mod data;
mod goals;
mod inserts;
mod lists;
mod load;
mod native;
mod options;
mod process;
mod random;
mod raw;
mod report;
mod rounds;
mod routes;
mod running;
mod runtime;
mod slow_readers;
mod started;
mod task;
mod usage;

use options::{Options, USAGE};
use runtime::Runtime;
use task::Task;

/// The program: reads its arguments, measures, and prints the report.
///
/// # Errors
/// For unknown arguments, if something cannot be built or started, and for every wrong answer.
pub fn run() -> Result<()> {
    let mut arguments = std::env::args().skip(1).peekable();
    if arguments.next_if(|argument| argument == Task::FLAG).is_some() {
        let task: Task = serde_json::from_str(&arguments.next().context("a task is missing")?)?;
        return task.run();
    }
    match Options::parse(arguments)? {
        None => println!("{USAGE}"),
        Some(options) => measure(&options)?,
    }
    Ok(())
}

fn measure(options: &Options) -> Result<()> {
    let begun = Instant::now();
    let root = root()?;
    let runtime = Runtime::from_environment()?;
    let (report, on) = match &options.running {
        Some(authority) => (running::measure(authority, options.effort())?, authority.as_str()),
        None => (all::measure(runtime, &root, options.effort())?, runtime.name()),
    };
    let text = report::whole(&report, on, options.quick, begun.elapsed());
    println!("\n{text}");
    let file = root.join("target").join("bench").join("report.md");
    fs::create_dir_all(file.with_file_name(""))?;
    fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
    eprintln!("Written to target/bench/report.md");
    Ok(())
}

/// The root of the repository. Cargo starts a benchmark in its package.
fn root() -> Result<PathBuf> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    Ok(package.parent().context("the package lies in the repository")?.to_owned())
}
