//! The databases of the application: which there are, and what `--sqlite`
//! does to them before the first request.

use crate::place::TextFile;
use crate::sqlite::{self, Database};
use anyhow::{Context, Result, anyhow, ensure};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The label that exists without any configuration.
pub const DEFAULT: &str = "default";

const DEFAULT_FILE: &str = "sqlite_db.db";

/// Databases by label.
#[derive(Debug)]
pub struct Databases(HashMap<String, Arc<Database>>);

impl Databases {
    /// The configured databases, and the default one in the state directory
    /// unless it is configured.
    pub fn new(configured: HashMap<String, Database>, state_dir: Option<&Path>) -> Self {
        let mut databases = configured;
        databases.entry(DEFAULT.to_owned()).or_insert_with(|| Database {
            path: state_dir.map(|directory| directory.join(DEFAULT_FILE)),
            ..Database::default()
        });
        let databases = databases.into_iter();
        Self(databases.map(|(label, database)| (label, Arc::new(database))).collect())
    }

    /// The same databases, whose connections fail every query after so many.
    pub fn drop_connections_after(self, queries: u64) -> Self {
        let databases = self.0.into_iter().map(|(label, database)| {
            let database = Database { queries_per_connection: Some(queries), ..(*database).clone() };
            (label, Arc::new(database))
        });
        Self(databases.collect())
    }

    /// The database with a label.
    ///
    /// # Errors
    /// If nothing defines it.
    pub fn get(&self, label: &str) -> Result<&Arc<Database>> {
        self.0.get(label).with_context(|| {
            format!(
                "the database `{label}` is not defined: check the spelling, or define it in a --runtime-config-file"
            )
        })
    }

    /// Makes the databases ready: creates the directories that they lie in,
    /// makes sure that what is there can be read, and runs the `--sqlite`
    /// arguments in order. Of a file all statements run, of a text the first.
    ///
    /// # Errors
    /// If a directory cannot be created, a file is no database, or SQLite
    /// refuses a statement. A broken file stays as it is.
    pub fn prepare(&self, arguments: &[String]) -> Result<()> {
        for database in self.0.values() {
            let Some(path) = &database.path else {
                continue;
            };
            create_parent(path)?;
            if path.exists() {
                check(database).with_context(|| {
                    format!("the database {} cannot be read and is left as it is", database.summary())
                })?;
            }
        }
        for argument in arguments {
            match argument.strip_prefix('@') {
                Some(reference) => self.run_file(reference)?,
                None => self.run_text(argument)?,
            }
        }
        Ok(())
    }

    fn run_file(&self, reference: &str) -> Result<()> {
        let (file, label) = file_and_label(reference)?;
        let database = self.get(label).with_context(|| format!("--sqlite @{reference}"))?;
        let sql =
            std::fs::read_to_string(file).with_context(|| format!("--sqlite: failed to read {file}"))?;
        let failed = || format!("--sqlite: failed on the database {}", database.summary());
        let connection = database.open().map_err(plain).with_context(failed)?;
        connection.execute_batch(&sql).map_err(|err| sql_error(file, &sql, err)).with_context(failed)
    }

    fn run_text(&self, sql: &str) -> Result<()> {
        let database = self.get(DEFAULT)?;
        let failed = || format!("--sqlite: failed on the database {}", database.summary());
        let connection = database.open().map_err(plain).with_context(failed)?;
        let result = sqlite::run(&connection, sql, Vec::new());
        result.map_err(|err| anyhow!("{}", sqlite::message(&err))).with_context(failed)?;
        Ok(())
    }
}

/// Reads the schema, as SQLite does before the first statement.
fn check(database: &Database) -> Result<()> {
    let count = "SELECT count(*) FROM sqlite_schema";
    let connection = database.open().map_err(plain)?;
    connection.query_row(count, (), |_| Ok(())).map_err(plain)
}

/// SQLite's message alone, without the name of its error code.
fn plain(error: rusqlite::Error) -> anyhow::Error {
    anyhow!("{error}")
}

/// Says where in the file an error is; rusqlite would repeat the rest of the file.
fn sql_error(file: &str, text: &str, error: rusqlite::Error) -> anyhow::Error {
    match error {
        rusqlite::Error::SqlInputError { msg, sql, offset, .. } => {
            let start = text.len().saturating_sub(sql.len());
            let offset = start + usize::try_from(offset).unwrap_or_default();
            let file = TextFile { name: file, text };
            anyhow!("{}: {msg}", file.at(offset..offset))
        }
        other => anyhow!("{file}: {other}"),
    }
}

fn create_parent(path: &Path) -> Result<()> {
    let parent = path.parent().map(PathBuf::from).unwrap_or_default();
    std::fs::create_dir_all(&parent)
        .with_context(|| format!("failed to create the directory {}", parent.display()))
}

/// Splits `file` or `file:label`.
fn file_and_label(reference: &str) -> Result<(&str, &str)> {
    let (file, label) = reference.split_once(':').unwrap_or((reference, DEFAULT));
    let (file, label) = (file.trim(), label.trim());
    ensure!(!file.is_empty(), "--sqlite @{reference}: the name of the file is missing");
    ensure!(!label.is_empty(), "--sqlite @{reference}: the label after the colon is missing");
    Ok((file, label))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_memory() -> Databases {
        Databases::new(HashMap::new(), None)
    }

    fn prepare_error(argument: &str) -> String {
        let result = in_memory().prepare(&[argument.to_owned()]);
        format!("{:#}", result.unwrap_err())
    }

    #[test]
    fn a_file_may_have_a_label() {
        assert_eq!(file_and_label("a.sql").unwrap(), ("a.sql", "default"));
        assert_eq!(file_and_label(" a.sql : b ").unwrap(), ("a.sql", "b"));
        for bad in ["", ":b", "a.sql:", "a.sql: "] {
            assert!(file_and_label(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_default_database_lies_in_the_state_directory() {
        let directory = tempfile::tempdir().unwrap();
        let state = directory.path().join("state");
        let databases = Databases::new(HashMap::new(), Some(&state));
        databases.prepare(&[]).unwrap();
        let path = databases.get(DEFAULT).unwrap().path.clone();
        assert_eq!(path, Some(state.join("sqlite_db.db")));
        assert!(state.is_dir());
    }

    #[test]
    fn files_run_whole_and_texts_up_to_the_first_semicolon() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("a.sql");
        std::fs::write(&file, "CREATE TABLE a (x);\nCREATE TABLE b (x);").unwrap();
        let databases = Databases::new(HashMap::new(), Some(directory.path()));
        let run = |argument: &str| databases.prepare(&[argument.to_owned()]);
        run(&format!("@{}", file.display())).unwrap();
        run("INSERT INTO b VALUES (1); INSERT INTO b VALUES (2)").unwrap();
        let connection = databases.get(DEFAULT).unwrap().open().unwrap();
        let count = connection.query_row("SELECT count(*) FROM b", (), |row| row.get::<_, i64>(0));
        assert_eq!(count.unwrap(), 1);
    }

    #[test]
    fn what_sqlite_says_is_in_the_error() {
        let text = prepare_error("SELEC 1");
        assert!(text.contains("near \"SELEC\": syntax error"), "{text}");
        assert!(prepare_error("@no-such-file.sql").contains("failed to read"));
        assert!(prepare_error("@a.sql:other").contains("database `other` is not defined"));
    }

    #[test]
    fn an_error_in_a_file_has_a_place() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("a.sql");
        std::fs::write(&file, "CREATE TABLE a (x);\nINSERT INTO a VALUES (1);\n  SELEC 1;").unwrap();
        let text = prepare_error(&format!("@{}", file.display()));
        assert!(text.ends_with("a.sql:3:3: near \"SELEC\": syntax error"), "{text}");
    }

    #[test]
    fn a_broken_database_is_reported_and_left_as_it_is() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join(DEFAULT_FILE);
        let noise: Vec<u8> = (0..5000u32).map(|i| (i * 7919 % 251) as u8).collect();
        std::fs::write(&file, &noise).unwrap();
        let databases = Databases::new(HashMap::new(), Some(directory.path()));
        let text = format!("{:#}", databases.prepare(&["CREATE TABLE a (x)".to_owned()]).unwrap_err());
        assert!(text.ends_with("left as it is: file is not a database"), "{text}");
        assert_eq!(std::fs::read(&file).unwrap(), noise);
    }
}
