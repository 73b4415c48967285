//! The limit for the long lists: one query that makes the whole JSON, without any HTTP.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use harness::usage;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use crate::load::Fingerprint;

/// A list in one go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RawQuery {
    IncidentItems,
    IncidentsGrouped,
    CustomerItems,
}

impl RawQuery {
    /// Opens the database and runs the query.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn run(self, database: &Path) -> Result<RawResult> {
        let begun = Instant::now();
        let database = Connection::open(database)?;
        let mut statement = database.prepare(self.sql())?;
        let mut rows = statement.query(())?;
        let mut result = None;
        if let Some(row) = rows.next()? {
            let json = row.get_ref(0)?.as_bytes()?;
            result = Some((begun.elapsed(), Fingerprint::of(json)));
        }
        let (time, body) = result.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        Ok(RawResult { time, body, peak: usage::memory(&[std::process::id()]).map(|memory| memory.peak) })
    }

    fn sql(self) -> &'static str {
        match self {
            Self::IncidentItems => {
                "SELECT json_group_array(
                    json_object('id', Id, 'amount', Amount, 'customerName', CustomerName)
                ) FROM (SELECT Id, Amount, CustomerName FROM Incidents ORDER BY rowid)"
            }
            Self::IncidentsGrouped => {
                "SELECT json_group_object(CustomerName, json(Entries)) FROM (
                    SELECT CustomerName, json_group_array(
                        json_object('id', Id, 'amount', Amount, 'customerName', CustomerName)
                    ) AS Entries
                    FROM (
                        SELECT Id, Amount, CustomerName FROM Incidents ORDER BY CustomerName, rowid
                    )
                    GROUP BY CustomerName
                )"
            }
            Self::CustomerItems => {
                "SELECT json_group_array(
                    json_object('id', Id, 'name', Name, 'country', Country, 'scoring', Scoring)
                ) FROM (SELECT Id, Name, Country, Scoring FROM Customers ORDER BY Name, Id)"
            }
        }
    }
}

/// What a raw query took.
#[derive(Debug, Serialize, Deserialize)]
pub struct RawResult {
    pub time: Duration,
    pub body: Fingerprint,
    /// The most memory that the process had, in bytes.
    pub peak: Option<u64>,
}
