//! What the summaries cost those who insert: many incidents in one transaction, with the triggers and
//! without them.

use std::fmt;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use rusqlite::Connection;

use crate::data::{Cache, INSERT_INCIDENT, insert_incident, remove_database};
use crate::random::{Incident, Random};
use crate::rounds::median;

pub const INCIDENTS: u64 = 100_000;

const CUSTOMERS: u64 = 10_000;

/// What the incidents go into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tables {
    /// All that `migrations.sql` makes.
    WithSummaries,
    /// The tables and their indexes.
    WithoutSummaries,
    /// The tables alone.
    Bare,
}

/// How they are put there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// One prepared statement for each incident.
    RowByRow,
    /// The same, as the README advises: with statement journals in memory.
    RowByRowInMemory,
    /// One `INSERT … SELECT`.
    OneStatement,
}

impl Way {
    pub const ALL: [Self; 3] = [Self::RowByRow, Self::RowByRowInMemory, Self::OneStatement];
}

impl fmt::Display for Tables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WithSummaries => "with summaries",
            Self::WithoutSummaries => "without summaries",
            Self::Bare => "without indexes either",
        })
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RowByRow => "row by row",
            Self::RowByRowInMemory => "row by row, temp_store = MEMORY",
            Self::OneStatement => "by INSERT … SELECT",
        })
    }
}

/// The median time of one transaction.
#[derive(Clone, Copy, Debug)]
pub struct Inserted {
    pub way: Way,
    pub tables: Tables,
    pub time: Duration,
}

/// Measures every way with every kind of tables, in turns.
///
/// # Errors
/// What SQLite says.
pub fn measure(cache: &Cache, rounds: usize) -> Result<Vec<Inserted>> {
    let mut random = Random::new(INCIDENTS);
    let incidents: Vec<Incident> = (0..INCIDENTS).map(|_| random.incident(CUSTOMERS)).collect();
    let mut cases = Vec::new();
    for way in Way::ALL {
        for tables in [Tables::WithSummaries, Tables::WithoutSummaries, Tables::Bare] {
            cases.push((way, tables, Vec::new()));
        }
    }
    let file = cache.scratch("inserts.db");
    for _ in 0..rounds {
        for (way, tables, times) in &mut cases {
            times.push(once(cache, &file, *way, *tables, &incidents)?.as_secs_f64());
        }
    }
    remove_database(&file)?;
    let inserted =
        |(way, tables, times)| Inserted { way, tables, time: Duration::from_secs_f64(median(times)) };
    Ok(cases.into_iter().map(inserted).collect())
}

fn once(cache: &Cache, file: &Path, way: Way, tables: Tables, incidents: &[Incident]) -> Result<Duration> {
    let mut database = cache.empty_database(file)?;
    strip(&database, tables)?;
    if way != Way::RowByRow {
        database.execute_batch("PRAGMA temp_store = MEMORY")?;
    }
    if way == Way::OneStatement {
        database.execute_batch("CREATE TEMP TABLE Batch (Id, Amount, CustomerName, Category)")?;
        insert_all(&mut database, &INSERT_INCIDENT.replace("Incidents", "Batch"), incidents)?;
    }
    let begun = Instant::now();
    match way {
        Way::RowByRow | Way::RowByRowInMemory => insert_all(&mut database, INSERT_INCIDENT, incidents)?,
        Way::OneStatement => {
            database.execute(
                "INSERT INTO Incidents (Id, Amount, CustomerName, Category)
                 SELECT Id, Amount, CustomerName, Category FROM Batch",
                (),
            )?;
        }
    }
    Ok(begun.elapsed())
}

fn insert_all(database: &mut Connection, sql: &str, incidents: &[Incident]) -> Result<()> {
    let transaction = database.transaction()?;
    {
        let mut insert = transaction.prepare(sql)?;
        for incident in incidents {
            insert_incident(&mut insert, incident)?;
        }
    }
    Ok(transaction.commit()?)
}

/// Drops everything but the tables that people load their data into, and their indexes where these stay.
fn strip(database: &Connection, tables: Tables) -> Result<()> {
    let dropped = match tables {
        Tables::WithSummaries => return Ok(()),
        Tables::WithoutSummaries => "type <> 'index' AND tbl_name NOT IN ('Customers', 'Incidents')",
        Tables::Bare => "NOT (type = 'table' AND tbl_name IN ('Customers', 'Incidents'))",
    };
    // An index without a text belongs to a key; the triggers go first, since they name the others.
    let drops: Option<String> = database.query_row(
        &format!(
            "SELECT group_concat(
                printf('DROP %s IF EXISTS \"%w\"', type, name), ';' ORDER BY type <> 'trigger', type = 'table'
            )
            FROM sqlite_master WHERE sql IS NOT NULL AND (type = 'trigger' OR {dropped})"
        ),
        (),
        |row| row.get(0),
    )?;
    Ok(database.execute_batch(&drops.unwrap_or_default())?)
}
