//! What the documents name is there: files of the repository, and places in documents.

use std::collections::BTreeSet;
use std::fs::read_to_string;
use std::path::{Path, PathBuf};

use harness::root;

/// The repository as far as documents can speak of it: its files and folders, by their paths from the root.
struct Repository {
    paths: BTreeSet<PathBuf>,
    /// What git ignores: builds, data, secrets.
    ignored: BTreeSet<String>,
}

impl Repository {
    fn read() -> Self {
        let ignored = read_to_string(root().join(".gitignore")).unwrap();
        let ignored = ignored.lines().map(|line| line.trim_matches('/').to_owned()).collect();
        let mut repository = Self { paths: BTreeSet::new(), ignored };
        repository.add(Path::new(""));
        repository
    }

    fn add(&mut self, folder: &Path) {
        for entry in root().join(folder).read_dir().unwrap() {
            let entry = entry.unwrap();
            let path = folder.join(entry.file_name());
            if self.ignores(&path) || path == Path::new(".git") {
                continue;
            }
            if entry.file_type().unwrap().is_dir() {
                self.add(&path);
            }
            self.paths.insert(path);
        }
    }

    fn ignores(&self, path: &Path) -> bool {
        self.ignored.iter().any(|ignored| path.starts_with(ignored))
    }

    /// Whether `code`, which stands in backticks, names a file or a folder, be it there or not.
    fn speaks_of_a_file(&self, code: &str) -> bool {
        let path = Path::new(code);
        let plain = code.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-./".contains(&byte));
        let known = |extension| self.paths.iter().any(|file| file.extension() == Some(extension));
        let in_a_folder = || {
            let first = path.iter().next().unwrap_or_default();
            code.contains('/') && self.paths.contains(Path::new(first))
        };
        plain
            && !code.starts_with('/')
            && !self.ignores(path)
            && (path.extension().is_some_and(known) || code.ends_with('/') || in_a_folder())
    }

    /// Whether there is such a file or folder. A name without a folder may be that of any file.
    fn has(&self, code: &str) -> bool {
        let path = Path::new(code);
        self.paths.contains(path)
            || (!code.contains('/') && self.paths.iter().any(|file| file.file_name() == path.file_name()))
    }

    /// What a document names and the repository has not.
    fn mistakes(&self, document: &Path, text: &str) -> Vec<String> {
        let text = without_blocks(text);
        let mut mistakes = Vec::new();
        for target in links(&text) {
            if !leads_somewhere(document, &text, target) {
                mistakes.push(format!("the link to {target}"));
            }
        }
        let parts: Vec<&str> = text.split('`').skip(1).collect();
        for pair in parts.chunks(2) {
            let [code, after] = pair else { panic!("a backtick without another") };
            let right = match after.strip_prefix("](").and_then(|rest| rest.split(')').next()) {
                // The text of a link may be the end of the path that it leads to.
                Some(target) => target.ends_with(code) || !self.speaks_of_a_file(code),
                None => self.has(code) || !self.speaks_of_a_file(code),
            };
            if !right {
                mistakes.push((*code).to_owned());
            }
        }
        mistakes
    }
}

/// The text without what is fenced off in it.
fn without_blocks(text: &str) -> String {
    let mut inside = false;
    let lines = text.lines().filter(|line| {
        let fence = line.trim_start().starts_with("```");
        inside ^= fence;
        !inside && !fence
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The links of a document to others of the repository, and to places in itself.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.filter(|target| !target.contains("://"))
}

fn leads_somewhere(document: &Path, text: &str, target: &str) -> bool {
    let (file, heading) = target.split_once('#').unwrap_or((target, ""));
    let path = root().join(document).parent().unwrap().join(file);
    let has_heading = |text: &str| heading.is_empty() || headings(text).any(|found| found == heading);
    match file {
        "" => has_heading(text),
        _ if heading.is_empty() => path.exists(),
        _ => read_to_string(path).is_ok_and(|text| has_heading(&without_blocks(&text))),
    }
}

/// The headings, as links name them.
fn headings(text: &str) -> impl Iterator<Item = String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings.map(|line| {
        let line = line.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
        line.chars().filter(|character| character.is_alphanumeric() || "-_".contains(*character)).collect()
    })
}

/// The rows of all tables that stand below a heading, each with its cells.
pub fn rows<'a>(text: &'a str, heading: &str) -> Vec<Vec<&'a str>> {
    let (_, section) = text.split_once(&format!("\n## {heading}\n")).expect("the heading is there");
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| "));
    rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

#[test]
fn every_file_and_every_link_is_there() {
    let repository = Repository::read();
    let documents = repository.paths.iter().filter(|path| path.extension().is_some_and(|end| end == "md"));
    let documents: Vec<_> = documents.collect();
    let mistakes = documents.iter().flat_map(|document| {
        let text = read_to_string(root().join(document)).unwrap();
        let mistakes = repository.mistakes(document, &text).into_iter();
        mistakes.map(|mistake| format!("{}: {mistake}", document.display()))
    });
    assert_eq!(mistakes.collect::<Vec<_>>(), Vec::<String>::new());
    for document in ["README.md", "docs/deploy.md", "docs/operate.md", "docs/scaling.md"] {
        assert!(documents.contains(&&PathBuf::from(document)), "{documents:?}");
    }
}

#[test]
fn a_file_or_a_link_that_is_not_there_is_noticed() {
    let repository = Repository::read();
    let mistakes = |text: &str| repository.mistakes(Path::new("docs/deploy.md"), text);
    for wrong in [
        "`migration.sql`",
        "`tests/integration/nothing.rs`",
        "`elsewhere/src/lib.rs`",
        "`deploy/nothing`",
        "`elsewhere/`",
        "[it](README.md)",
        "[it](operate.md#nothing)",
        "[it](#nothing)",
        "[`lib.rs`](../spin.toml)",
    ] {
        assert_eq!(mistakes(wrong).len(), 1, "{wrong}");
    }
    for right in [
        "`migrations.sql`, `deploy/new-secret`, `tests/integration/`, `executor.yaml`",
        "`application/json`, `text/html`, `/customers/count`, `url.path`, `0.01`, `spin up`, `docs/*.md`",
        "`database.env`, `deploy/redis/redis.env`, `.spin/`, `target/x.rs`",
        "[it](../README.md), [it](operate.md#logs), [`toml`](../spin.toml), [it](https://x.example/y.md)",
        "# Its own heading\n[it](#its-own-heading)",
        "```sh\ncat `migration.sql`\n```",
    ] {
        assert_eq!(mistakes(right), Vec::<String>::new(), "{right}");
    }
}
