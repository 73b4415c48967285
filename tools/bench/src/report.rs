//! The report: tables in Markdown, then the goals.

use std::time::Duration;

pub const MIB: f64 = 1024.0 * 1024.0;

/// A table, and the goals that its figures are held to.
pub struct Section {
    title: String,
    lines: Vec<Vec<String>>,
    pub goals: Vec<Goal>,
}

impl Section {
    pub fn new(title: impl Into<String>, columns: &[&str], goals: Vec<Goal>) -> Self {
        let header = columns.iter().map(|column| (*column).to_owned()).collect();
        Self { title: title.into(), lines: vec![header], goals }
    }

    pub fn row<const COLUMNS: usize>(&mut self, cells: [String; COLUMNS]) {
        self.lines.push(cells.into());
    }
}

/// A figure and its limit.
pub struct Goal {
    what: String,
    measured: f64,
    limit: f64,
    is_met: bool,
    direction: &'static str,
}

impl Goal {
    pub fn at_most(limit: f64, what: impl Into<String>, measured: f64) -> Self {
        Self { what: what.into(), measured, limit, is_met: measured <= limit, direction: "at most" }
    }

    pub fn at_least(limit: f64, what: impl Into<String>, measured: f64) -> Self {
        Self { what: what.into(), measured, limit, is_met: measured >= limit, direction: "at least" }
    }
}

pub fn print(sections: &[Section]) -> String {
    let tables =
        sections.iter().map(|section| format!("\n## {}\n\n{}", section.title, table(&section.lines)));
    let mut goals = vec![["goal", "target", "measured", "met"].map(str::to_owned).to_vec()];
    for Goal { what, measured, limit, is_met, direction } in
        sections.iter().flat_map(|section| &section.goals)
    {
        let met = if *is_met { "yes" } else { "no" };
        goals.push(vec![
            what.clone(),
            format!("{direction} {limit}"),
            format!("{measured:.2}"),
            met.to_owned(),
        ]);
    }
    tables.collect::<String>() + "\n## Goals\n\n" + &table(&goals)
}

/// Lines of cells, the first of them the header, padded to equal widths.
fn table(lines: &[Vec<String>]) -> String {
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..lines[0].len()).map(width).collect();
    let print = |line: &[String]| {
        let cells = line.iter().zip(&widths).map(|(cell, width)| format!(" {cell:width$} |"));
        format!("|{}\n", cells.collect::<String>())
    };
    let rule: String = widths.iter().map(|width| format!("{}|", "-".repeat(width + 2))).collect();
    let rows: String = lines[1..].iter().map(|line| print(line)).collect();
    format!("{}|{rule}\n{rows}", print(&lines[0]))
}

pub fn duration(time: Duration) -> String {
    let milliseconds = time.as_secs_f64() * 1000.0;
    match milliseconds {
        ..10.0 => format!("{milliseconds:.2} ms"),
        ..1000.0 => format!("{milliseconds:.0} ms"),
        _ => format!("{:.2} s", milliseconds / 1000.0),
    }
}

pub fn megabytes(bytes: u64) -> String {
    format!("{:.0} MiB", bytes as f64 / MIB)
}

pub fn ratio(one: f64, other: f64) -> String {
    format!("{:.2}", one / other)
}

/// Empty for a figure that the system does not provide.
pub fn optional<T>(value: Option<T>, print: impl Fn(T) -> String) -> String {
    value.map(print).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_suitable_unit() {
        let texts = [520, 44_000, 1_234_000].map(|micros| duration(Duration::from_micros(micros)));
        assert_eq!(texts, ["0.52 ms", "44 ms", "1.23 s"]);
    }

    #[test]
    fn a_report_has_aligned_tables_and_says_which_goals_are_met() {
        let goals =
            vec![Goal::at_most(2.0, "a", 2.0), Goal::at_most(2.0, "b", 2.1), Goal::at_least(0.5, "c", 0.4)];
        let mut section = Section::new("Title", &["é×", "x"], goals);
        section.row(["a".to_owned(), "bcd".to_owned()]);
        let expected = "\n## Title\n\n| é× | x   |\n|----|-----|\n| a  | bcd |\n\
            \n## Goals\n\n\
            | goal | target       | measured | met |\n\
            |------|--------------|----------|-----|\n\
            | a    | at most 2    | 2.00     | yes |\n\
            | b    | at most 2    | 2.10     | no  |\n\
            | c    | at least 0.5 | 0.40     | no  |\n";
        assert_eq!(print(&[section]), expected);
    }
}
