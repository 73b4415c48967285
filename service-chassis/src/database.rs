//! The one database connection that an instance keeps, and how long it is waited for.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use spin_sdk::sqlite::{Connection, RowResult, Value};

use crate::{Pause, TimeVariable, within};

/// How long one query may take.
pub static TIMEOUT: TimeVariable = TimeVariable::milliseconds("database_timeout_ms", 1..=60_000, 2000);

/// How long a database that has not answered in time is left alone. The host goes on with a query that was
/// given up, so what relieves such a database is to be asked less.
const PAUSE: Duration = Duration::from_secs(1);

thread_local! {
    // Opening costs as much as a query, so a connection lives as long as its instance.
    static KEPT: RefCell<Option<Rc<Connection>>> = const { RefCell::new(None) };

    static PAUSED: Pause = const { Pause::none() };
}

/// The database has not answered in time, or has not done so a moment ago.
#[derive(Debug)]
pub struct TimedOut(&'static str);

impl fmt::Display for TimedOut {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(when) = self;
        write!(formatter, "the database has not answered within {:?}{when}", TIMEOUT.get())
    }
}

impl std::error::Error for TimedOut {}

/// The row of a query on the database `default` that has one at most, `None` if it has none.
///
/// # Errors
/// For another number of columns than `N`, and what the database says, when it has said it twice: a kept
/// connection may have been dropped by a remote database meanwhile, so the first failure is followed by one
/// try on a new connection. [`TimedOut`] where all of that takes longer than [`TIMEOUT`], and at once for
/// [`PAUSE`] after that.
pub async fn row<const N: usize>(sql: &str, parameters: &[Value]) -> Result<Option<[Value; N]>> {
    let Some(row) = only_row(sql, parameters).await? else {
        return Ok(None);
    };
    let columns = row.values.len();
    match row.values.try_into() {
        Ok(values) => Ok(Some(values)),
        Err(_) => bail!("expected {N} columns from the database, got {columns}"),
    }
}

/// The JSON that a query returns as a BLOB, `None` if it returns no row.
///
/// # Errors
/// As [`row`], and for anything but a BLOB.
pub async fn json(sql: &str, parameters: &[Value]) -> Result<Option<String>> {
    match row(sql, parameters).await? {
        None => Ok(None),
        Some([Value::Blob(json)]) => Ok(Some(text(json))),
        Some([other]) => bail!("expected JSON from the database, got {other:?}"),
    }
}

/// The text in a BLOB, with U+FFFD for what is not UTF-8. As TEXT, such a value would crash Spin's worker.
pub fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

async fn only_row(sql: &str, parameters: &[Value]) -> Result<Option<RowResult>> {
    if PAUSED.with(Pause::is_on) {
        bail!(TimedOut(", a moment ago"));
    }
    match within(TIMEOUT.get(), row_or_second_try(sql, parameters)).await {
        Some(row) => row,
        None => {
            KEPT.set(None);
            PAUSED.with(|paused| paused.begin(PAUSE));
            bail!(TimedOut(""))
        }
    }
}

async fn row_or_second_try(sql: &str, parameters: &[Value]) -> Result<Option<RowResult>> {
    let kept = KEPT.with_borrow(Option::clone);
    if let Some(connection) = kept
        && let Ok(row) = execute(&connection, sql, parameters).await
    {
        return Ok(row);
    }
    let opened = Rc::new(Connection::open_default().await.context("cannot open the database")?);
    let row = execute(&opened, sql, parameters).await;
    KEPT.set(row.is_ok().then_some(opened));
    row
}

async fn execute(connection: &Connection, sql: &str, parameters: &[Value]) -> Result<Option<RowResult>> {
    let mut result =
        connection.execute(sql, parameters.iter().cloned()).await.context("cannot query the database")?;
    let Some(row) = result.next().await else {
        // An error in the SQL is reported here at the earliest.
        result.result().await.context("cannot read from the database")?;
        return Ok(None);
    };
    // Neither the end of the rows nor the outcome is waited for. Once the only row is there they tell nothing
    // new, and take the host three more turns.
    Ok(Some(row))
}
