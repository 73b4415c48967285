//! The databases of the application, and `--sqlite`.

use anyhow::{Context, Result, ensure};
use rusqlite::Connection;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The label that exists without any configuration.
pub const DEFAULT: &str = "default";

const DEFAULT_FILE: &str = "sqlite_db.db";

/// A database file.
pub struct Database(pub PathBuf);

impl Database {
    /// Opens a connection. As in Spin, no pragma is set, and no other file can be attached.
    ///
    /// # Errors
    /// If SQLite cannot open the file.
    pub fn open(&self) -> rusqlite::Result<Connection> {
        let connection = Connection::open(&self.0)?;
        connection.authorizer(Some(|context: AuthContext<'_>| match context.action {
            AuthAction::Attach { filename } if !matches!(filename, "" | ":memory:") => Authorization::Deny,
            _ => Authorization::Allow,
        }));
        Ok(connection)
    }
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.display())
    }
}

/// Databases by label.
pub struct Databases(HashMap<String, Arc<Database>>);

impl Databases {
    /// The configured databases, and the default one in the state directory unless it is configured.
    pub fn new(mut configured: HashMap<String, Arc<Database>>, state_dir: &Path) -> Self {
        let default = || Arc::new(Database(state_dir.join(DEFAULT_FILE)));
        configured.entry(DEFAULT.to_owned()).or_insert_with(default);
        Self(configured)
    }

    /// The database with a label.
    ///
    /// # Errors
    /// If nothing defines it.
    pub fn get(&self, label: &str) -> Result<&Arc<Database>> {
        self.0.get(label).with_context(|| {
            format!(
                "unknown sqlite_databases label {label:?}: check the spelling, or define it in a --runtime-config-file"
            )
        })
    }

    /// Creates the directories of the databases, checks that each file is a database, and runs the
    /// `--sqlite` arguments in order: all statements of a file, the first one of a text.
    ///
    /// # Errors
    /// If a directory cannot be created, a file is no database, or SQLite rejects a statement.
    pub fn prepare(&self, arguments: &[String]) -> Result<()> {
        for database in self.0.values() {
            let Database(path) = &**database;
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent)
                    .with_context(|| format!("failed to create the directory {}", parent.display()))?;
            }
            if path.exists() {
                run_first(database, "SELECT count(*) FROM sqlite_schema")
                    .with_context(|| format!("the database {database} cannot be read"))?;
            }
        }
        arguments.iter().try_for_each(|argument| match argument.strip_prefix('@') {
            Some(reference) => self.run_file(reference),
            None => {
                let database = self.get(DEFAULT)?;
                run_first(database, argument)
                    .with_context(|| format!("--sqlite: failed on the database {database}"))
            }
        })
    }

    fn run_file(&self, reference: &str) -> Result<()> {
        let (file, label) = reference.split_once(':').unwrap_or((reference, DEFAULT));
        ensure!(!file.is_empty(), "--sqlite @{reference}: the name of the file is missing");
        let database = self.get(label).with_context(|| format!("--sqlite @{reference}"))?;
        let sql =
            std::fs::read_to_string(file).with_context(|| format!("--sqlite: failed to read {file}"))?;
        database.open()?.execute_batch(&sql).map_err(|error| match error {
            // Without the rest of the file, which rusqlite would print.
            rusqlite::Error::SqlInputError { msg, sql: rest, offset, .. } => {
                let offset = sql.len() - rest.len() + usize::try_from(offset).unwrap_or_default();
                let line = sql[..offset].matches('\n').count() + 1;
                anyhow::anyhow!("--sqlite: {file}, line {line}: {msg}")
            }
            other => anyhow::anyhow!("--sqlite: {file} failed on the database {database}: {other}"),
        })
    }
}

/// Runs the first statement of a text.
fn run_first(database: &Database, sql: &str) -> rusqlite::Result<()> {
    let connection = database.open()?;
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query(())?;
    while rows.next()?.is_some() {}
    Ok(())
}
