//! The databases of the application: which there are, and what `--sqlite` does to them before the first
//! request.

use super::database::Database;
use crate::text_file::TextFile;
use anyhow::{Context, Result, anyhow, ensure};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

/// The label that exists without any configuration.
pub const DEFAULT: &str = "default";

const DEFAULT_FILE: &str = "sqlite_db.db";

/// Databases by label.
pub struct Databases(HashMap<String, Arc<Database>>);

impl Databases {
    /// The configured databases, and the default one in the state directory unless it is configured.
    pub fn new(configured: HashMap<String, Database>, state_dir: &Path) -> Self {
        let mut databases = configured;
        databases.entry(DEFAULT.to_owned()).or_insert_with(|| Database(state_dir.join(DEFAULT_FILE)));
        Self(databases.into_iter().map(|(label, database)| (label, Arc::new(database))).collect())
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
            let Database(path) = &**database;
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent)
                    .with_context(|| format!("failed to create the directory {}", parent.display()))?;
            }
            if path.exists() {
                check(database).with_context(|| {
                    format!("the database {database} cannot be read and is left as it is")
                })?;
            }
        }
        arguments.iter().try_for_each(|argument| match argument.strip_prefix('@') {
            Some(reference) => self.run_file(reference),
            None => self.run_text(argument),
        })
    }

    fn run_file(&self, reference: &str) -> Result<()> {
        let (file, label) = reference.split_once(':').unwrap_or((reference, DEFAULT));
        ensure!(!file.is_empty(), "--sqlite @{reference}: the name of the file is missing");
        let database = self.get(label).with_context(|| format!("--sqlite @{reference}"))?;
        let sql =
            std::fs::read_to_string(file).with_context(|| format!("--sqlite: failed to read {file}"))?;
        let failed = || format!("--sqlite: failed on the database {database}");
        let connection = database.open().map_err(plain).with_context(failed)?;
        connection.execute_batch(&sql).map_err(|err| sql_error(file, &sql, err)).with_context(failed)
    }

    fn run_text(&self, sql: &str) -> Result<()> {
        let database = self.get(DEFAULT)?;
        let run = || {
            let connection = database.open()?;
            let mut statement = connection.prepare(sql)?;
            let mut rows = statement.query(())?;
            while rows.next()?.is_some() {}
            Ok(())
        };
        run().map_err(plain).with_context(|| format!("--sqlite: failed on the database {database}"))
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

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::{TempDir, tempdir};

    /// The default database in a directory that goes with it.
    fn databases() -> (TempDir, Databases) {
        let directory = tempdir().unwrap();
        let databases = Databases::new(HashMap::new(), &directory.path().join("state"));
        (directory, databases)
    }

    fn prepare_error(argument: &str) -> String {
        let result = databases().1.prepare(&[argument.to_owned()]);
        format!("{:#}", result.unwrap_err())
    }

    #[test]
    fn files_run_whole_and_texts_up_to_the_first_semicolon() {
        let (directory, databases) = databases();
        let file = directory.path().join("a.sql");
        std::fs::write(&file, "CREATE TABLE a (x);\nCREATE TABLE b (x);").unwrap();
        let run = |argument: &str| databases.prepare(&[argument.to_owned()]);
        run(&format!("@{}", file.display())).unwrap();
        run("INSERT INTO b VALUES (1); INSERT INTO b VALUES (2)").unwrap();
        assert!(directory.path().join("state/sqlite_db.db").is_file());
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
        assert!(prepare_error("@").contains("name of the file is missing"));
    }

    #[test]
    fn an_error_in_a_file_has_a_place() {
        let directory = tempdir().unwrap();
        let file = directory.path().join("a.sql");
        std::fs::write(&file, "CREATE TABLE a (x);\nINSERT INTO a VALUES (1);\n  SELEC 1;").unwrap();
        let text = prepare_error(&format!("@{}", file.display()));
        assert!(text.ends_with("a.sql:3:3: near \"SELEC\": syntax error"), "{text}");
    }
}
