//! The tables, in Markdown that is also readable as it is.

use std::time::Duration;

use harness::usage;

use crate::data::grouped;
use crate::goals::Goal;
use crate::inserts::{self, Inserted};
use crate::rounds::Measured;

const MIB: f64 = 1024.0 * 1024.0;

/// What a run gives.
pub struct Report {
    pub sections: Vec<Section>,
    pub inserted: Vec<Inserted>,
    pub goals: Vec<Goal>,
}

/// Some measurements that belong together.
pub struct Section {
    pub title: String,
    /// Each row is of one request at a time: there is no p99, but the time to its first byte matters.
    pub once: bool,
    pub rows: Vec<Row>,
}

/// One line of a table.
#[derive(Clone)]
pub struct Row {
    pub measured: Measured,
    /// Another measurement of the same section, and what it is called.
    pub peer: Option<(Measured, &'static str)>,
}

impl Row {
    pub fn alone(measured: &Measured) -> Self {
        Self { measured: measured.clone(), peer: None }
    }

    pub fn against(measured: &Measured, peer: &Measured, name: &'static str) -> Self {
        Self { measured: measured.clone(), peer: Some((peer.clone(), name)) }
    }
}

/// All that a run has found.
pub fn whole(report: &Report, on: &str, quick: bool, took: Duration) -> String {
    let processors = std::thread::available_parallelism().map_or(0, usize::from);
    let effort = if quick { "a quick run" } else { "a full run" };
    let mut text = format!(
        "# Benchmark on {on}\n\nThe medians of {effort} of {:.0} s on {processors} processors, which the load \
         generator shares.",
        took.as_secs_f64()
    );
    if !usage::can_be_read() {
        text += " This system does not tell how much memory a process takes.";
    }
    text += "\n";
    let sections = report.sections.iter().map(section);
    for part in sections.chain((!report.inserted.is_empty()).then(|| insertions(&report.inserted))) {
        text += &format!("\n{part}");
    }
    text + &format!("\n{}", goals(&report.goals))
}

/// A section as a Markdown table under a heading.
fn section(section: &Section) -> String {
    let second = if section.once { "first byte" } else { "p99" };
    let header = [
        "what",
        "p50",
        second,
        "requests/s",
        "p50 to peer",
        "requests/s to peer",
        "CPU/request",
        "peak memory",
    ];
    let mut lines = vec![header.map(str::to_owned).to_vec()];
    lines.extend(section.rows.iter().map(|row| {
        let Measured { what, latencies, peak, processor_time } = &row.measured;
        let (time_ratio, rate_ratio) = match &row.peer {
            None => (String::new(), String::new()),
            Some((peer, name)) => (
                format!("{:.2} × {name}", row.measured.time_to(peer)),
                format!("{:.2}", row.measured.rate_to(peer)),
            ),
        };
        let peak = peak.map(|peak| format!("{:.0} MiB", peak as f64 / MIB)).unwrap_or_default();
        let rate = if latencies.per_second < 10.0 {
            format!("{:.2}", latencies.per_second)
        } else {
            format!("{:.0}", latencies.per_second)
        };
        let processor_time = processor_time.map(duration).unwrap_or_default();
        let second = if section.once { latencies.head } else { latencies.p99 };
        vec![
            what.clone(),
            nanoseconds(latencies.p50),
            nanoseconds(second),
            rate,
            time_ratio,
            rate_ratio,
            processor_time,
            peak,
        ]
    }));
    format!("## {}\n\n{}", section.title, table(&lines))
}

fn insertions(inserted: &[Inserted]) -> String {
    let mut lines = vec![["what", "time", "incidents/s"].map(str::to_owned).to_vec()];
    lines.extend(inserted.iter().map(|Inserted { way, tables, time: took }| {
        let per_second = inserts::INCIDENTS as f64 / took.as_secs_f64();
        vec![format!("{way}, {tables}"), duration(*took), grouped(per_second as u64)]
    }));
    let number = grouped(inserts::INCIDENTS);
    format!("## Inserting {number} incidents in one transaction\n\n{}", table(&lines))
}

/// The goals as a Markdown table under a heading.
fn goals(goals: &[Goal]) -> String {
    let mut lines = vec![["goal", "target", "measured", "met"].map(str::to_owned).to_vec()];
    lines.extend(goals.iter().map(|goal| {
        let measured =
            goal.measured.map_or("not measured".to_owned(), |measured| goal.limit.format(measured));
        let met = match goal.is_met() {
            Some(true) => "yes",
            Some(false) => "no",
            None => "",
        };
        vec![goal.what.clone(), goal.limit.to_string(), measured, met.to_owned()]
    }));
    format!("## Goals\n\n{}", table(&lines))
}

/// Lines of cells, padded so that the columns stand below each other.
fn table(lines: &[Vec<String>]) -> String {
    let columns = lines.first().map_or(0, Vec::len);
    let width = |column: usize| {
        lines.iter().filter_map(|line| line.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for (index, line) in lines.iter().enumerate() {
        let cells: Vec<String> =
            line.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        text += &format!("| {} |\n", cells.join(" | "));
        if index == 0 {
            let rules: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
            text += &format!("|-{}-|\n", rules.join("-|-"));
        }
    }
    text
}

fn nanoseconds(nanoseconds: u64) -> String {
    duration(Duration::from_nanos(nanoseconds))
}

/// Three digits or so, in the unit that suits.
fn duration(time: Duration) -> String {
    let milliseconds = time.as_secs_f64() * 1000.0;
    match milliseconds {
        ..10.0 => format!("{milliseconds:.2} ms"),
        ..1000.0 => format!("{milliseconds:.0} ms"),
        _ => format!("{:.2} s", milliseconds / 1000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_the_unit_that_suits() {
        let texts = [520_000, 44_000_000, 1_234_000_000].map(nanoseconds);
        assert_eq!(texts, ["0.52 ms", "44 ms", "1.23 s"]);
    }

    #[test]
    fn columns_stand_below_each_other() {
        let lines = [["a", "bcd"], ["é×", ""]].map(|line| line.map(str::to_owned).to_vec());
        assert_eq!(table(&lines), "| a  | bcd |\n|----|-----|\n| é× |     |\n");
    }
}
