//! Short queries, answered on the thread that asks.

use super::{ROWS_AHEAD, Shared, collect};
use crate::bindings::spin::sqlite::sqlite::{QueryResult, Value};
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

/// Answers queries at once that read little: to hand one to another thread and to wait for that costs
/// more than most of them do, a fifth of all CPU time of this application's dashboard.
#[derive(Default)]
pub struct ShortQueries {
    /// The statements that were tried in vain.
    others: Mutex<HashSet<String>>,
}

impl ShortQueries {
    /// `None` if the query has to be run elsewhere, from its beginning: it writes, takes longer than a
    /// moment, waits for a lock, has more rows than its reader takes, or fails.
    pub fn run(&self, connection: &Shared, sql: &str, parameters: &[Value]) -> Option<QueryResult> {
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        if others.contains(sql) {
            return None;
        }
        let idle = connection.try_lock().ok()?;
        let result = run(&idle, sql, parameters);
        if result.is_none() {
            if others.len() == REMEMBERED {
                others.clear();
            }
            others.insert(sql.to_owned());
        }
        result
    }
}

fn run(connection: &rusqlite::Connection, sql: &str, parameters: &[Value]) -> Option<QueryResult> {
    connection.busy_timeout(Duration::ZERO).ok()?;
    let begun = Instant::now();
    connection.progress_handler(INSTRUCTIONS_BETWEEN_LOOKS, Some(move || begun.elapsed() > MOMENT));
    let result = read(connection, sql, parameters);
    connection.progress_handler(0, None::<fn() -> bool>);
    connection.busy_timeout(LOCK_TIMEOUT).ok()?;
    result
}

fn read(connection: &rusqlite::Connection, sql: &str, parameters: &[Value]) -> Option<QueryResult> {
    let mut statement = connection.prepare_cached(sql).ok()?;
    if !statement.readonly() {
        return None;
    }
    collect(&mut statement, parameters, ROWS_AHEAD).ok()
}
