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
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.matches('\n').count() + 1;
        let column = before[line_start..].chars().count() + 1;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        let file = TextFile { name: "a.toml", text: "ä = 1\nöü x" };
        assert_eq!(file.at(11..12).to_string(), "a.toml:2:3");
        assert_eq!(file.at(99..99).to_string(), "a.toml:2:5");
    }
}
