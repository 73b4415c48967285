//! The databases: `migrations.sql` and rows that are the same in every run.
//!
//! The large one takes some seconds to make, so it is kept until `migrations.sql` or the rows change.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rusqlite::Connection;

const INCIDENTS: u64 = 1_000_000;
const CUSTOMERS: u64 = 100_000;

const INSERT_CUSTOMERS: &str = include_str!("data/customers.sql");
const INSERT_INCIDENTS: &str = include_str!("data/incidents.sql");

pub struct DataSets {
    directory: PathBuf,
    migrations: String,
}

impl DataSets {
    /// # Errors
    /// If `migrations.sql` cannot be read, or `directory` not be made.
    pub fn new(directory: &Path) -> Result<Self> {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations.sql");
        let migrations =
            fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        fs::create_dir_all(directory)?;
        Ok(Self { directory: directory.to_owned(), migrations })
    }

    /// A state directory with the sample rows: 40 customers and about 100 incidents.
    pub fn sample(&self) -> Result<PathBuf> {
        let state = self.directory.join("sample");
        self.migrated(&database(&state))?;
        Ok(state)
    }

    /// A state directory with 1,000,000 incidents.
    pub fn large(&self) -> Result<PathBuf> {
        let mut hasher = DefaultHasher::new();
        (&self.migrations, INSERT_CUSTOMERS, INSERT_INCIDENTS).hash(&mut hasher);
        let (state, version) = (self.directory.join("large"), hasher.finish().to_string());
        let version_file = state.join("version");
        if fs::read_to_string(&version_file).is_ok_and(|made| made == version) {
            return Ok(state);
        }
        eprintln!("Making 1,000,000 incidents");
        let connection = self.empty(&database(&state))?;
        drop_triggers(&connection)?;
        connection.execute(INSERT_CUSTOMERS, [CUSTOMERS])?;
        insert_incidents(&connection, "Incidents", INCIDENTS, CUSTOMERS)?;
        connection.execute_batch(&self.migrations)?;
        fs::write(version_file, version)?;
        Ok(state)
    }

    /// How long `migrations.sql` takes when it is applied again.
    pub fn migration_time(&self, state: &Path) -> Result<Duration> {
        let connection = Connection::open(database(state))?;
        let begun = Instant::now();
        connection.execute_batch(&self.migrations)?;
        Ok(begun.elapsed())
    }

    /// A database for a single measurement, with the tables of the app but without rows.
    pub fn scratch(&self) -> Result<Connection> {
        self.empty(&database(&self.directory.join("scratch")))
    }

    fn empty(&self, file: &Path) -> Result<Connection> {
        let connection = self.migrated(file)?;
        connection.execute_batch("DELETE FROM Incidents; DELETE FROM Customers")?;
        Ok(connection)
    }

    /// A new database as `cargo up` makes it.
    fn migrated(&self, file: &Path) -> Result<Connection> {
        let state = file.parent().context("a database is in a state directory")?;
        if state.exists() {
            fs::remove_dir_all(state)?;
        }
        fs::create_dir_all(state)?;
        let connection = Connection::open(file)?;
        connection.execute_batch("PRAGMA journal_mode = WAL")?;
        connection.execute_batch(&self.migrations)?;
        Ok(connection)
    }
}

/// The file of the database `default` in a state directory.
pub fn database(state: &Path) -> PathBuf {
    state.join("sqlite_db.db")
}

/// Inserts incidents of so many customers into a table.
pub fn insert_incidents(
    connection: &Connection,
    table: &str,
    incidents: u64,
    customers: u64,
) -> rusqlite::Result<usize> {
    let insert = INSERT_INCIDENTS.replace("INTO Incidents", &format!("INTO {table}"));
    connection.execute(&insert, [incidents, customers])
}

/// Drops all triggers, and with them the rules and the upkeep of the summaries.
pub fn drop_triggers(connection: &Connection) -> Result<()> {
    let mut triggers = connection.prepare("SELECT name FROM sqlite_master WHERE type = 'trigger'")?;
    let triggers = triggers.query_map((), |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
    for trigger in triggers {
        connection.execute_batch(&format!("DROP TRIGGER \"{trigger}\""))?;
    }
    Ok(())
}
