//! A connection of an instance. A streamed query holds it until the last row has been read, as in Spin.

#[cfg(test)]
mod tests;

use super::databases::Database;
use crate::wit::spin::sqlite::sqlite::{Error, RowResult, Value};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Row, params_from_iter};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tokio::sync::{mpsc, oneshot};
use tokio::task::spawn_blocking;

/// How many rows a query may be ahead of its reader.
const ROWS_AHEAD: usize = 4;

/// Spin's limit for a row, in bytes.
const MAX_ROW: usize = 128 << 20;

/// A connection that opens its file when it is first used.
pub struct Connection {
    database: Arc<Database>,
    open: OnceLock<Mutex<rusqlite::Connection>>,
}

/// A query under way.
pub struct Query {
    pub columns: Vec<String>,
    pub rows: mpsc::Receiver<RowResult>,
    /// Whether the query succeeded; known after the last row.
    pub outcome: oneshot::Receiver<Result<(), Error>>,
}

impl Connection {
    pub fn new(database: Arc<Database>) -> Arc<Self> {
        Arc::new(Self { database, open: OnceLock::new() })
    }

    fn open(&self) -> Result<&Mutex<rusqlite::Connection>, Error> {
        match self.open.get() {
            Some(open) => Ok(open),
            None => {
                let new = self.database.open().map_err(io_error)?;
                Ok(self.open.get_or_init(|| Mutex::new(new)))
            }
        }
    }

    /// Starts the first statement of `sql` and streams its rows.
    pub async fn stream(self: Arc<Self>, sql: String, parameters: Vec<Value>) -> Result<Query, Error> {
        self.open()?;
        let (rows_tx, rows) = mpsc::channel(ROWS_AHEAD);
        let (outcome_tx, outcome) = oneshot::channel();
        let (columns_tx, columns) = oneshot::channel();
        spawn_blocking(move || {
            let _ = outcome_tx.send(self.run(&sql, &parameters, columns_tx, &rows_tx));
        });
        // An error before the first row arrives as the outcome.
        Ok(Query { columns: columns.await.unwrap_or_default(), rows, outcome })
    }

    fn run(
        &self,
        sql: &str,
        parameters: &[Value],
        columns: oneshot::Sender<Vec<String>>,
        rows_tx: &mpsc::Sender<RowResult>,
    ) -> Result<(), Error> {
        let connection = self.open()?.lock().unwrap_or_else(PoisonError::into_inner);
        let mut statement = connection.prepare_cached(sql).map_err(io_error)?;
        let names: Vec<_> = statement.column_names().into_iter().map(str::to_owned).collect();
        let width = names.len();
        columns.send(names).map_err(|_| Error::Io("column send error".to_owned()))?;
        let parameters = params_from_iter(parameters.iter().map(to_sql));
        let mut rows = statement.query(parameters).map_err(io_error)?;
        while let Some(row) = rows.next().map_err(io_error)? {
            let row = convert_row(row, width)?;
            rows_tx.blocking_send(row).map_err(|_| Error::Io("row send error".to_owned()))?;
        }
        Ok(())
    }
}

fn convert_row(row: &Row<'_>, width: usize) -> Result<RowResult, Error> {
    let mut bytes = width * size_of::<Value>();
    let mut values = Vec::with_capacity(width);
    for column in 0..width {
        let value = row.get_ref(column).map_err(io_error)?;
        if let ValueRef::Text(content) | ValueRef::Blob(content) = value {
            bytes += content.len();
        }
        if bytes > MAX_ROW {
            return Err(Error::Io(format!("query result exceeds limit of {MAX_ROW} bytes")));
        }
        values.push(match value {
            ValueRef::Null => Value::Null,
            ValueRef::Integer(integer) => Value::Integer(integer),
            ValueRef::Real(real) => Value::Real(real),
            ValueRef::Blob(blob) => Value::Blob(blob.to_vec()),
            // SQLite does not check its text. Spin panics here.
            ValueRef::Text(text) => Value::Text(String::from_utf8(text.to_vec()).map_err(|error| {
                Error::Io(format!("text in column {} is not UTF-8: {error}", column + 1))
            })?),
        });
    }
    Ok(RowResult { values })
}

fn to_sql(value: &Value) -> ToSqlOutput<'_> {
    ToSqlOutput::Borrowed(match value {
        Value::Null => ValueRef::Null,
        Value::Integer(integer) => ValueRef::Integer(*integer),
        Value::Real(real) => ValueRef::Real(*real),
        Value::Text(text) => ValueRef::Text(text.as_bytes()),
        Value::Blob(blob) => ValueRef::Blob(blob),
    })
}

fn io_error(error: rusqlite::Error) -> Error {
    Error::Io(error.to_string())
}
