//! Text for the person at the terminal, in Spin's own layout.
//!
//! Writing never panics: a closed pipe must not end a running server.

use std::fmt::{Arguments, Display};
use std::io::{IsTerminal, Write};

const BOLD_RED: &str = "\x1b[1;31m";
const BOLD_GREEN: &str = "\x1b[1;32m";
const BOLD_YELLOW: &str = "\x1b[1;33m";
const RESET: &str = "\x1b[0m";

/// Writes one line to stdout.
pub fn line(text: Arguments<'_>) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Writes one line to stdout that starts with a highlighted word.
pub fn step(word: &str, text: Arguments<'_>) {
    let mut stdout = std::io::stdout();
    let word = paint(word, BOLD_GREEN, stdout.is_terminal());
    let _ = writeln!(stdout, "{word} {text}");
}

/// Writes one line to stderr.
pub fn note(text: Arguments<'_>) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Writes `Warning: …` to stderr.
pub fn warning(text: Arguments<'_>) {
    let mut stderr = std::io::stderr();
    let word = paint("Warning", BOLD_YELLOW, stderr.is_terminal());
    let _ = writeln!(stderr, "{word}: {text}");
}

/// Writes `Error: …` to stderr: the error and its causes, on one line.
pub fn error(error: &anyhow::Error) {
    let mut stderr = std::io::stderr();
    let word = paint("Error", BOLD_RED, stderr.is_terminal());
    let _ = writeln!(stderr, "{word}: {}", one_line(format_args!("{error:#}")));
}

/// Joins the lines of a text with single spaces.
pub fn one_line(text: impl Display) -> String {
    let text = text.to_string();
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(" ")
}

fn paint(word: &str, color: &str, is_terminal: bool) -> String {
    match is_terminal && std::env::var_os("NO_COLOR").is_none() {
        true => format!("{color}{word}{RESET}"),
        false => word.to_owned(),
    }
}
