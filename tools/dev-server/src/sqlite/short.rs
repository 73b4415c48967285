//! Short queries, answered on the thread that asks.

use super::statement::{self, ensure_fits, next_row};
use crate::wit::spin::sqlite::sqlite::{RowResult, Value};
use rusqlite::Connection;
use std::collections::HashSet;
use std::ffi::c_int;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a query may take on the thread that asks.
const MOMENT: Duration = Duration::from_millis(1);

/// After how many of SQLite's instructions the clock is looked at.
const INSTRUCTIONS_BETWEEN_LOOKS: c_int = 1_000;

/// How long rusqlite lets a connection wait for a lock.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

/// How many statements are remembered, more than an application has.
const REMEMBERED: usize = 256;

/// The columns and all rows of a query.
pub type Whole = (Vec<String>, Vec<RowResult>);

/// Answers queries at once that read little: to hand one to another thread and to wait for that costs
/// more than most of them do, a fifth of all CPU time of this application's dashboard.
#[derive(Default)]
pub struct ShortQueries {
    /// The statements that were tried in vain.
    others: Mutex<HashSet<String>>,
}

impl ShortQueries {
    /// `None` if the query has to be run elsewhere, from its beginning: it writes, takes longer than a
    /// moment, waits for a lock, has more than so many rows, or fails.
    pub fn run(
        &self,
        connection: &Mutex<Connection>,
        sql: &str,
        parameters: &[Value],
        most: usize,
    ) -> Option<Whole> {
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        if others.contains(sql) {
            return None;
        }
        let idle = connection.try_lock().ok()?;
        let result = in_a_moment(&idle, || read(&idle, sql, parameters, most));
        if result.is_none() {
            if others.len() == REMEMBERED {
                others.clear();
            }
            others.insert(sql.to_owned());
        }
        result
    }
}

/// Runs something on a connection that interrupts itself after a moment and waits for no lock.
fn in_a_moment<T>(connection: &Connection, run: impl FnOnce() -> Option<T>) -> Option<T> {
    connection.busy_timeout(Duration::ZERO).ok()?;
    let begun = Instant::now();
    connection.progress_handler(INSTRUCTIONS_BETWEEN_LOOKS, Some(move || begun.elapsed() > MOMENT));
    let result = run();
    connection.progress_handler(0, None::<fn() -> bool>);
    connection.busy_timeout(LOCK_TIMEOUT).ok()?;
    result
}

fn read(connection: &Connection, sql: &str, parameters: &[Value], most: usize) -> Option<Whole> {
    let mut statement = connection.prepare_cached(sql).ok()?;
    if !statement.readonly() {
        return None;
    }
    let columns = statement::columns(&statement);
    let (mut result, mut bytes) = (Vec::new(), 0);
    let mut rows = statement::start(&mut statement, parameters).ok()?;
    while let Some((row, weight)) = next_row(&mut rows, columns.len()).ok()? {
        bytes += weight;
        ensure_fits(bytes).ok()?;
        if result.len() == most {
            return None;
        }
        result.push(row);
    }
    Some((columns, result))
}
