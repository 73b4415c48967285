//! Places in text files, as people and editors write them.

use std::ops::Range;

/// `file:line:column` of a byte offset; columns count characters.
pub fn place(file: &str, text: &str, span: Range<usize>) -> String {
    let (line, column) = position(text, span.start);
    format!("{file}:{line}:{column}")
}

/// What is wrong in a TOML file, and where.
pub fn toml_error(file: &str, text: &str, error: &toml::de::Error) -> anyhow::Error {
    match error.span() {
        Some(span) => anyhow::anyhow!("{}: {}", place(file, text, span), error.message()),
        None => anyhow::anyhow!("{file}: {}", error.message()),
    }
}

/// Line and column, both from 1.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.matches('\n').count() + 1;
    let column = before[line_start..].chars().count() + 1;
    (line, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        assert_eq!(position("ä = 1\nöü x", 11), (2, 3));
        assert_eq!(position("", 5), (1, 1));
        assert_eq!(place("a.toml", "x\ny", 2..3), "a.toml:2:1");
    }
}
