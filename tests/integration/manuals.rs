//! What the documents name is there: files, links, variables, and what the log says.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::read_to_string;
use std::path::{Path, PathBuf};

use harness::{App, Manifest, Options, root};
use serde_json::Value;
use toml::Table;

/// The repository as far as documents can speak of it: its files and folders, by their paths from the root.
struct Repository {
    paths: BTreeSet<PathBuf>,
    /// What git ignores at the root: builds, data, secrets.
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
        let first = path.iter().next().and_then(|first| first.to_str());
        first.is_some_and(|first| self.ignored.contains(first))
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

fn operate() -> String {
    read_to_string(root().join("docs/operate.md")).unwrap()
}

/// The rows of all tables that stand below a heading, each with its cells.
fn rows<'a>(text: &'a str, heading: &str) -> Vec<Vec<&'a str>> {
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
    for document in &documents {
        let text = read_to_string(root().join(document)).unwrap();
        assert_eq!(repository.mistakes(document, &text), Vec::<String>::new(), "in {}", document.display());
    }
    for document in ["README.md", "docs/deploy.md", "docs/operate.md"] {
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
        "`database.env`, `.spin/`, `target/x.rs`",
        "[it](../README.md), [it](operate.md#logs), [`toml`](../spin.toml), [it](https://x.example/y.md)",
        "# Its own heading\n[it](#its-own-heading)",
        "```sh\ncat `migration.sql`\n```",
    ] {
        assert_eq!(mistakes(right), Vec::<String>::new(), "{right}");
    }
}

#[test]
fn every_variable_of_the_app_is_described_with_its_default() {
    let manifest: Table = read_to_string(root().join("spin.toml")).unwrap().parse().unwrap();
    let variables = manifest["variables"].as_table().unwrap().iter();
    let variables: BTreeMap<_, _> =
        variables.map(|(name, value)| (name.as_str(), value["default"].as_str().unwrap())).collect();
    let text = operate();
    let rows = rows(&text, "Variables");
    let described = rows.iter().skip(1).map(|row| (row[0].trim_matches('`'), row[1].trim_matches('`')));
    assert_eq!(described.collect::<BTreeMap<_, _>>(), variables);
}

#[test]
fn the_line_of_the_log_is_one_that_the_app_writes() {
    let text = operate();
    let shown = text.split("```json\n").nth(1).unwrap().lines().next().unwrap();
    let app = App::start();
    app.sql("DROP TABLE Customers");
    app.dashboard();
    let written = app.log("aggregates-service", "stderr");
    let without_time = |line: &str| {
        let mut line: Value = serde_json::from_str(line).unwrap();
        assert!(line["elapsedMs"].take().is_u64());
        line.to_string()
    };
    assert_eq!(without_time(written.trim_end()), without_time(shown));
}

#[test]
fn a_variable_that_is_wrong_is_warned_of_as_described() {
    let text = operate().split_whitespace().collect::<Vec<_>>().join(" ");
    let shown = text.split("there is one line: `").nth(1).unwrap().split('`').next().unwrap();
    let app = Options::default().migrated().variable("backend_timeout_ms", "soon").start();
    app.dashboard();
    let line: Value = serde_json::from_str(app.log("aggregates-service", "stderr").trim_end()).unwrap();
    assert_eq!((&line["level"], &line["error"]), (&Value::from("warn"), &Value::from(shown)));
}

/// What may be wrong with the customers service, and what of it is in the log.
const CAUSES: [(&str, &str); 8] = [
    ("stall_before_headers", "no whole answer within 1s"),
    ("status_500", "status 500"),
    ("not_allowed", "ErrorCode::HttpRequestDenied"),
    ("html", "expected value at line 1 column 1"),
    ("wrong_types", "invalid type: …"),
    ("truncated", "EOF while parsing …"),
    ("shorter_than_declared", "the body broke off"),
    ("over_one_mib", "a body of more than 1048576 bytes"),
];

#[test]
fn every_cause_of_a_missing_section_is_described_as_it_is_logged() {
    let text = operate();
    let described: Vec<&str> = rows(&text, "Logs").iter().map(|row| row[0]).collect();
    for (fault, cause) in CAUSES {
        let code = format!("`{cause}`");
        assert!(described.iter().any(|cell| cell.split(", ").any(|part| part == code)), "{cause}");
        let change = |manifest: Manifest| match fault {
            "not_allowed" => {
                let host = vec!["http://incidents-service.spin.internal"];
                manifest.set("aggregates-service", "allowed_outbound_hosts", host)
            }
            _ => manifest.replace("customers-service", fault),
        };
        let app = Options::default().migrated().manifest(change).start();
        app.dashboard();
        let log = app.log("aggregates-service", "stderr");
        let start = format!("failed: {}", cause.trim_end_matches('…'));
        assert!(log.contains(&start), "{fault}: {start} is not in {log}");
    }
}

#[test]
fn every_cause_of_a_failed_query_is_described_as_it_is_logged() {
    let text = operate();
    let described: Vec<&str> = rows(&text, "Logs").iter().map(|row| row[0]).collect();
    let without_database = |manifest: Manifest| manifest.unset("customers-service", "sqlite_databases");
    for (app, cause) in [
        (
            Options::default().migrated().manifest(without_database),
            "cannot open the database: Error::AccessDenied",
        ),
        (Options::default(), "no such table: Customers"),
    ] {
        assert!(described.iter().any(|cell| cell.contains(cause)), "{cause}");
        let app = app.start();
        app.get("/customers/count").error(500);
        let log = app.log("customers-service", "stderr");
        assert!(log.contains(cause), "{cause} is not in {log}");
    }
}
