//! Queries on the database `default`: one connection per instance, a timeout, and a circuit breaker.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use anyhow::{Context, Result, anyhow, bail};
use spin_sdk::sqlite::{Connection, RowResult, Value};

use crate::{CircuitBreaker, DurationVariable, timeout};

/// How long one query may take.
pub static TIMEOUT: DurationVariable =
    DurationVariable::milliseconds("database_timeout_ms", 1..=60_000, 2000);

thread_local! {
    // One connection for all requests of the instance. Opening one costs as much as a query.
    static CONNECTION: RefCell<Option<Rc<Connection>>> = const { RefCell::new(None) };

    static CIRCUIT: CircuitBreaker = const { CircuitBreaker::closed() };
}

/// A query exceeded its timeout, or the circuit is open because another query did.
#[derive(Debug)]
pub enum TimedOut {
    Timeout,
    CircuitOpen,
}

impl fmt::Display for TimedOut {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timeout => write!(formatter, "database timeout after {:?}", TIMEOUT.get()),
            Self::CircuitOpen => formatter.write_str("database circuit open after a recent timeout"),
        }
    }
}

impl std::error::Error for TimedOut {}

/// The JSON that a query returns as a BLOB, `None` if it returns no row.
///
/// # Errors
/// As [`row`], and for a value that is not a BLOB.
pub async fn json(sql: &str, parameters: &[Value]) -> Result<Option<String>> {
    match row(sql, parameters).await? {
        None => Ok(None),
        Some([Value::Blob(json)]) => Ok(Some(text(json))),
        Some([other]) => bail!("expected JSON as a BLOB from the database, got {other:?}"),
    }
}

/// The text in a BLOB, with U+FFFD for bytes that are not UTF-8. As TEXT, such bytes would crash Spin's worker.
pub fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// The row of a query that returns at most one, `None` if it returns none.
///
/// # Errors
/// If the row does not have `N` columns, for errors of the database, and for [`TimedOut`].
pub async fn row<const N: usize>(sql: &str, parameters: &[Value]) -> Result<Option<[Value; N]>> {
    if CIRCUIT.with(CircuitBreaker::is_open) {
        bail!(TimedOut::CircuitOpen);
    }
    let Some(row) = timeout(TIMEOUT.get(), row_with_retry(sql, parameters)).await else {
        CONNECTION.set(None);
        CIRCUIT.with(|circuit| circuit.open(()));
        bail!(TimedOut::Timeout);
    };
    let Some(row) = row? else { return Ok(None) };
    let values = row.values.try_into();
    values
        .map(Some)
        .map_err(|values: Vec<Value>| anyhow!("expected {N} columns from the database, got {}", values.len()))
}

/// Runs the query. A remote database may have closed the connection, so the first error is followed by one retry on
/// a new connection.
async fn row_with_retry(sql: &str, parameters: &[Value]) -> Result<Option<RowResult>> {
    if let Some(connection) = CONNECTION.with_borrow(Option::clone)
        && let Ok(row) = execute(&connection, sql, parameters).await
    {
        return Ok(row);
    }
    let connection = Rc::new(Connection::open_default().await.context("cannot open the database")?);
    let row = execute(&connection, sql, parameters).await;
    CONNECTION.set(row.is_ok().then_some(connection));
    row
}

async fn execute(connection: &Connection, sql: &str, parameters: &[Value]) -> Result<Option<RowResult>> {
    let result = connection.execute(sql, parameters.iter().cloned()).await;
    let mut result = result.context("cannot query the database")?;
    let row = result.next().await;
    if row.is_none() {
        // Errors in the SQL appear here. After a row, waiting for the end takes 10 % more CPU per dashboard on Spin.
        result.result().await.context("cannot read from the database")?;
    }
    Ok(row)
}
