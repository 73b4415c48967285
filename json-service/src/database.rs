//! The one database connection that an instance keeps.

use std::cell::RefCell;
use std::rc::Rc;

use anyhow::{Context, Result, bail};
use spin_sdk::sqlite::{Connection, RowResult, Value};

thread_local! {
    // Opening costs as much as a query, so a connection lives as long as its instance.
    static KEPT: RefCell<Option<Rc<Connection>>> = const { RefCell::new(None) };
}

/// The rows of a query on the database `default`.
///
/// All rows are here before this returns: a query that is not drained would hold up every other one
/// on the connection.
///
/// # Errors
/// What the database says, when it has said it twice. A kept connection may have been dropped by a
/// remote database meanwhile, so the first failure is followed by one try on a new connection.
pub async fn rows(sql: &str, parameters: &[Value]) -> Result<Vec<RowResult>> {
    let kept = KEPT.with_borrow(Option::clone);
    if let Some(connection) = kept
        && let Ok(rows) = execute(&connection, sql, parameters).await
    {
        return Ok(rows);
    }
    let opened = Rc::new(Connection::open_default().await.context("cannot open the database")?);
    let rows = execute(&opened, sql, parameters).await;
    KEPT.set(rows.is_ok().then_some(opened));
    rows
}

/// The only row of a query, `None` if it has none.
///
/// # Errors
/// As [`rows`], and for another number of columns than `N`.
pub async fn row<const N: usize>(sql: &str, parameters: &[Value]) -> Result<Option<[Value; N]>> {
    let Some(row) = rows(sql, parameters).await?.pop() else {
        return Ok(None);
    };
    let columns = row.values.len();
    match row.values.try_into() {
        Ok(values) => Ok(Some(values)),
        Err(_) => bail!("expected {N} columns from the database, got {columns}"),
    }
}

/// The JSON text that a query answers with, `None` if it answers with no row.
///
/// # Errors
/// As [`row`], and for anything but text.
pub async fn json(sql: &str, parameters: &[Value]) -> Result<Option<String>> {
    match row(sql, parameters).await? {
        None => Ok(None),
        Some([Value::Text(json)]) => Ok(Some(json)),
        Some([other]) => bail!("expected JSON text from the database, got {other:?}"),
    }
}

async fn execute(connection: &Connection, sql: &str, parameters: &[Value]) -> Result<Vec<RowResult>> {
    let result =
        connection.execute(sql, parameters.iter().cloned()).await.context("cannot query the database")?;
    // An error in the SQL is reported here at the earliest.
    result.collect().await.context("cannot read from the database")
}
