//! The recipes of `docs/operate.md`: nginx and HAProxy, loading rows, backups.

pub mod front;
mod rows;

use std::fs::read_to_string;

/// The code blocks in this language below a heading of the second level.
fn blocks(language: &str, heading: &str) -> Vec<String> {
    let text = read_to_string(harness::root().join("docs/operate.md")).unwrap();
    let (_, section) = text.split_once(&format!("\n## {heading}\n")).expect(heading);
    let section = section.split("\n## ").next().unwrap();
    let start = format!("```{language}\n");
    section.split(&start).skip(1).map(|block| block.split("```").next().unwrap().to_owned()).collect()
}
