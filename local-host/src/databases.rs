//! The databases of the application: which there are, and what `--sqlite`
//! does to them before the first request.

use crate::sqlite::{self, Database};
use anyhow::{Context, Result, ensure};
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
    /// unless it is configured. Creates the directories that they lie in.
    ///
    /// # Errors
    /// If a directory cannot be created.
    pub fn new(configured: HashMap<String, Database>, state_dir: Option<&Path>) -> Result<Self> {
        let mut databases = configured;
        databases.entry(DEFAULT.to_owned()).or_insert_with(|| Database {
            path: state_dir.map(|directory| directory.join(DEFAULT_FILE)),
            allow_attach_file: false,
        });
        for path in databases.values().filter_map(|database| database.path.as_deref()) {
            create_parent(path)?;
        }
        let databases = databases.into_iter();
        Ok(Self(databases.map(|(label, database)| (label, Arc::new(database))).collect()))
    }

    pub fn get(&self, label: &str) -> Option<&Arc<Database>> {
        self.0.get(label)
    }

    /// Runs the `--sqlite` arguments in order: each file as a batch, and of
    /// each text the first statement only.
    ///
    /// # Errors
    /// If a file cannot be read or SQLite refuses a statement.
    pub fn prepare(&self, arguments: &[String]) -> Result<()> {
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
        let database = self
            .get(label)
            .with_context(|| format!("--sqlite @{reference}: there is no database `{label}`"))?;
        let sql =
            std::fs::read_to_string(file).with_context(|| format!("--sqlite: failed to read {file:?}"))?;
        let failed = || format!("--sqlite: failed to run {file:?} on {}", database.summary());
        let connection = database.open().with_context(failed)?;
        connection.execute_batch(&sql).with_context(failed)
    }

    fn run_text(&self, sql: &str) -> Result<()> {
        let database = self.get(DEFAULT).context("there is no default database")?;
        let failed = || format!("--sqlite: failed to run {sql:?} on {}", database.summary());
        let connection = database.open().with_context(failed)?;
        sqlite::run(&connection, sql, Vec::new())
            .map_err(|err| anyhow::anyhow!("{}", sqlite::message(&err)))
            .with_context(failed)?;
        Ok(())
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
        Databases::new(HashMap::new(), None).unwrap()
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
        let databases = Databases::new(HashMap::new(), Some(&state)).unwrap();
        let path = databases.get(DEFAULT).unwrap().path.clone();
        assert_eq!(path, Some(state.join("sqlite_db.db")));
        assert!(state.is_dir());
    }

    #[test]
    fn files_run_whole_and_texts_up_to_the_first_semicolon() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("a.sql");
        std::fs::write(&file, "CREATE TABLE a (x);\nCREATE TABLE b (x);").unwrap();
        let databases = Databases::new(HashMap::new(), Some(directory.path())).unwrap();
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
        assert!(prepare_error("@a.sql:other").contains("no database `other`"));
    }
}
