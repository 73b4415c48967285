//! The databases: `migrations.sql` and rows that are the same in every run.
//!
//! The large one takes some seconds to make, so it is kept until `migrations.sql` or the rows change.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rusqlite::Connection;

pub const INCIDENTS: u64 = 1_000_000;
const CUSTOMERS: u64 = 100_000;

/// `?1` rows. The multiplication scatters the ids, as those of random UUIDs are.
const INSERT_CUSTOMERS: &str = "
    WITH RECURSIVE Numbers (number) AS (SELECT 0 UNION ALL SELECT number + 1 FROM Numbers WHERE number + 1 < ?1)
    INSERT INTO Customers (Id, Name, City, Country, Scoring)
    SELECT printf('%08x-0000-4000-a000-%012x', number * 2654435761 & 0xffffffff, number),
        CASE number % 4 WHEN 0 THEN 'Café' WHEN 1 THEN 'Łódź' WHEN 2 THEN 'The \"Inn\"' ELSE '日本' END || ' ' || number,
        iif(number % 2, 'Zürich', 'São Paulo'), iif(number % 2, 'Switzerland', 'Brazil'), 1 + number % 10
    FROM Numbers
";

/// `?1` rows in `{table}`, of `?2` customers: a few have many, most have few, and one incident in 200 names nobody.
const INSERT_INCIDENTS: &str = "
    WITH RECURSIVE Numbers (number) AS (SELECT 0 UNION ALL SELECT number + 1 FROM Numbers WHERE number + 1 < ?1),
    Random AS (
        SELECT number, number * 2654435761 & 0xffffffff AS id, number * 2246822519 & 0xffffffff AS amount,
            (number * 3266489917 & 0xffffffff) / 4294967296.0 AS share
        FROM Numbers
    ),
    Customer AS (SELECT *, CAST(share * share * share * ?2 AS INTEGER) AS customer FROM Random)
    INSERT INTO {table} (Id, Amount, CustomerName, Category)
    SELECT printf('%08x-0000-4000-b000-%012x', id, number),
        iif(number % 10 < 6, amount % 10000, amount % 1000000 / 100.0),
        CASE WHEN number % 200 = 0 THEN 'Unknown'
            ELSE CASE customer % 4 WHEN 0 THEN 'Café' WHEN 1 THEN 'Łódź' WHEN 2 THEN 'The \"Inn\"' ELSE '日本' END
        END || ' ' || customer,
        CASE number % 3 WHEN 0 THEN 'Fire' WHEN 1 THEN 'Water damage' ELSE 'Late delivery' END
    FROM Customer
";

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

    /// A state directory with [`INCIDENTS`].
    pub fn large(&self) -> Result<PathBuf> {
        let mut hasher = DefaultHasher::new();
        (&self.migrations, INSERT_CUSTOMERS, INSERT_INCIDENTS).hash(&mut hasher);
        let (state, version) = (self.directory.join("large"), hasher.finish().to_string());
        let version_file = state.join("version");
        if fs::read_to_string(&version_file).is_ok_and(|made| made == version) {
            return Ok(state);
        }
        eprintln!("Making {INCIDENTS} incidents");
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

/// Inserts rows like those of an app with so many customers.
pub fn insert_incidents(
    connection: &Connection,
    table: &str,
    incidents: u64,
    customers: u64,
) -> rusqlite::Result<usize> {
    connection.execute(&INSERT_INCIDENTS.replace("{table}", table), [incidents, customers])
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
