//! Text for the person at the terminal, in Spin's layout. A closed pipe does not end a running server.

use std::fmt::Arguments;
use std::io::{IsTerminal, Write};

const BOLD_RED: &str = "1;31";
const BOLD_GREEN: &str = "1;32";
const BOLD_YELLOW: &str = "1;33";

/// Writes one line to stdout.
pub fn line(text: Arguments<'_>) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Writes one line to stdout that starts with a highlighted word.
pub fn step(word: &str, text: Arguments<'_>) {
    let word = paint(word, BOLD_GREEN, std::io::stdout().is_terminal());
    line(format_args!("{word} {text}"));
}

/// Writes one line to stderr.
pub fn note(text: Arguments<'_>) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Writes `Warning: …` to stderr.
pub fn warning(text: Arguments<'_>) {
    let word = paint("Warning", BOLD_YELLOW, std::io::stderr().is_terminal());
    note(format_args!("{word}: {text}"));
}

/// Writes `Error: …` to stderr: the error and its causes.
pub fn error(error: &anyhow::Error) {
    let word = paint("Error", BOLD_RED, std::io::stderr().is_terminal());
    note(format_args!("{word}: {error:#}"));
}

fn paint(word: &str, color: &str, is_terminal: bool) -> String {
    match is_terminal && std::env::var_os("NO_COLOR").is_none() {
        true => format!("\x1b[{color}m{word}\x1b[0m"),
        false => word.to_owned(),
    }
}
