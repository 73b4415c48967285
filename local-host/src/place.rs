//! Places in text files, as people and editors write them.

use std::fmt;
use std::ops::Range;

/// A file that has been read, for messages about it.
pub struct TextFile<'a> {
    pub name: &'a str,
    pub text: &'a str,
}

impl TextFile<'_> {
    /// `file:line:column` of a byte offset; columns count characters.
    pub fn at(&self, span: Range<usize>) -> impl fmt::Display {
        let (line, column) = position(self.text, span.start);
        format!("{}:{line}:{column}", self.name)
    }

    /// What is wrong in this TOML file, and where.
    pub fn toml_error(&self, error: &toml::de::Error) -> anyhow::Error {
        match error.span() {
            Some(span) => anyhow::anyhow!("{}: {}", self.at(span), error.message()),
            None => anyhow::anyhow!("{}: {}", self.name, error.message()),
        }
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
        let file = TextFile { name: "a.toml", text: "x\ny" };
        assert_eq!(file.at(2..3).to_string(), "a.toml:2:1");
    }
}
