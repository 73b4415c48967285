//! The data sets: `migrations.sql`, then rows in bulk. They are kept in `target/bench-data` for as long
//! as neither the migration nor the rows change.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result};
use rusqlite::{Connection, Statement, params};
use sha2::{Digest, Sha256};

use crate::random::{Incident, Random};

/// To be raised whenever other rows are made, or the same in another way.
const ROWS_VERSION: u8 = 3;

/// The database `default` in a state directory.
const DATABASE: &str = "sqlite_db.db";

const INCIDENTS_PER_CUSTOMER: u64 = 10;

pub const INSERT_INCIDENT: &str =
    "INSERT INTO Incidents (Id, Amount, CustomerName, Category) VALUES (?1, ?2, ?3, ?4)";

/// How many incidents a data set has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// What `migrations.sql` puts into an empty database, about a hundred.
    Sample,
    Incidents(u64),
}

impl Size {
    /// As people write it.
    pub fn label(self) -> String {
        match self {
            Self::Sample => "100".to_owned(),
            Self::Incidents(incidents) => grouped(incidents),
        }
    }
}

/// `1234567` as `1,234,567`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A state directory with a database in it.
#[derive(Clone, Debug)]
pub struct DataSet {
    pub size: Size,
    pub state_dir: PathBuf,
}

impl DataSet {
    pub fn database(&self) -> PathBuf {
        self.state_dir.join(DATABASE)
    }
}

/// Where data sets are kept, and what they are made with.
pub struct Cache {
    directory: PathBuf,
    migrations: String,
}

impl Cache {
    /// Removes what belongs to another version of the migration.
    ///
    /// # Errors
    /// If `migrations.sql` cannot be read, or `target` not be written.
    pub fn new(root: &Path) -> Result<Self> {
        let file = root.join("migrations.sql");
        let migrations =
            fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let digest = Sha256::new().chain_update([ROWS_VERSION]).chain_update(&migrations).finalize();
        let key: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let parent = root.join("target").join("bench-data");
        let directory = parent.join(key);
        if !directory.exists() && parent.exists() {
            fs::remove_dir_all(&parent)?;
        }
        fs::create_dir_all(&directory)?;
        Ok(Self { directory, migrations })
    }

    /// A path for something that is made anew in each run.
    pub fn scratch(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// The data set of a size, made if it is not there yet.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn data_set(&self, size: Size) -> Result<DataSet> {
        let name = size.label().replace(',', "");
        let data_set = DataSet { size, state_dir: self.directory.join(&name) };
        if !data_set.database().exists() {
            let begun = Instant::now();
            let unfinished = self.scratch(&format!("{name}.unfinished"));
            remove_database(&unfinished)?;
            self.build(size, &unfinished)?;
            fs::create_dir_all(&data_set.state_dir)?;
            fs::rename(&unfinished, data_set.database())?;
            eprintln!("Made the data set of {} incidents in {:.1?}", size.label(), begun.elapsed());
        }
        Ok(data_set)
    }

    fn build(&self, size: Size, file: &Path) -> Result<()> {
        let Size::Incidents(incidents) = size else {
            self.migrated_database(file)?;
            return Ok(());
        };
        let mut database = self.empty_database(file)?;
        let customers = incidents / INCIDENTS_PER_CUSTOMER;
        let transaction = database.transaction()?;
        {
            let mut random = Random::new(incidents);
            let mut insert = transaction.prepare(
                "INSERT INTO Customers (Id, Name, City, Country, Scoring) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?;
            for number in 0..customers {
                let customer = random.customer(number);
                insert.execute(params![
                    customer.id,
                    customer.name,
                    customer.city,
                    customer.country,
                    customer.scoring
                ])?;
            }
            let mut insert = transaction.prepare(INSERT_INCIDENT)?;
            for _ in 0..incidents {
                insert_incident(&mut insert, &random.incident(customers))?;
            }
        }
        Ok(transaction.commit()?)
    }

    /// A database as `cargo up` makes it.
    fn migrated_database(&self, file: &Path) -> Result<Connection> {
        let database = Connection::open(file)?;
        database.execute_batch("PRAGMA journal_mode = WAL")?;
        database.execute_batch(&self.migrations)?;
        Ok(database)
    }

    /// The same without the samples.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn empty_database(&self, file: &Path) -> Result<Connection> {
        remove_database(file)?;
        let database = self.migrated_database(file)?;
        database.execute_batch("DELETE FROM Incidents; DELETE FROM Customers")?;
        Ok(database)
    }
}

/// Removes a database file, and what SQLite may have left beside it.
pub fn remove_database(file: &Path) -> Result<()> {
    for suffix in ["", "-journal", "-wal", "-shm"] {
        let mut name = file.as_os_str().to_owned();
        name.push(suffix);
        let removed = fs::remove_file(&name);
        if let Err(error) = removed
            && error.kind() != std::io::ErrorKind::NotFound
        {
            return Err(error).with_context(|| format!("cannot remove {}", file.display()));
        }
    }
    Ok(())
}

/// Runs [`INSERT_INCIDENT`].
pub fn insert_incident(insert: &mut Statement<'_>, incident: &Incident) -> rusqlite::Result<usize> {
    insert.execute(params![incident.id, incident.amount, incident.customer_name, incident.category])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        let texts: Vec<String> = [0, 100, 1_000, 12_345, 1_000_000].map(grouped).into();
        assert_eq!(texts, ["0", "100", "1,000", "12,345", "1,000,000"]);
    }
}
