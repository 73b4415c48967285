//! SQLite connections with Spin's behaviour, the awkward parts included.
//!
//! A connection opens its file when it is first used. It has one mutex, and a
//! streamed query holds it until its last row has left. No pragma is set.

use crate::bindings::spin::sqlite::sqlite::{Error, QueryResult, RowResult, Value};
use crate::report;
use crate::sqlite::short::ShortQueries;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::types::{ToSqlOutput, ValueRef};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use tokio::sync::{mpsc, oneshot};
use tokio::task::spawn_blocking;

mod short;

/// The most that one streamed row, or one whole result, may weigh.
const MAX_BUFFERED_BYTES: usize = 128 << 20;

/// How many rows a query may be ahead of its reader.
const ROWS_AHEAD: usize = 4;

/// A database that components can open.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Database {
    /// `None` is a fresh database in memory for each connection.
    pub path: Option<PathBuf>,
    /// Whether `ATTACH` may open further files.
    pub allow_attach_file: bool,
    /// A fault for tests: a connection fails every query after so many.
    pub queries_per_connection: Option<u64>,
}

/// A connection, open or still to be opened. Clones are the same connection.
#[derive(Clone)]
pub struct Connection {
    database: Arc<Database>,
    open: Arc<OnceLock<Shared>>,
    /// How many queries it was asked for.
    queries: Arc<AtomicU64>,
    short: Arc<ShortQueries>,
}

type Shared = Arc<Mutex<rusqlite::Connection>>;

/// A query under way.
pub struct Query {
    pub columns: Vec<String>,
    pub rows: mpsc::Receiver<RowResult>,
    /// Whether everything went well; known after the last row.
    pub outcome: oneshot::Receiver<Result<(), Error>>,
}

impl Query {
    /// A query that has given its rows already.
    fn over(result: QueryResult) -> Self {
        let (rows_tx, rows) = mpsc::channel(ROWS_AHEAD);
        let (outcome_tx, outcome) = oneshot::channel();
        for row in result.rows {
            let _ = rows_tx.try_send(row);
        }
        let _ = outcome_tx.send(Ok(()));
        Self { columns: result.columns, rows, outcome }
    }
}

impl Connection {
    pub fn new(database: Arc<Database>) -> Self {
        Self { database, open: Arc::default(), queries: Arc::default(), short: Arc::default() }
    }

    /// The connection for one more query.
    fn for_query(&self) -> Result<Shared, Error> {
        let earlier = self.queries.fetch_add(1, Ordering::Relaxed);
        if self.database.queries_per_connection.is_some_and(|queries| earlier >= queries) {
            report::note(format_args!("A query was sent to a dropped database connection"));
            return Err(Error::Io("the connection was dropped".to_owned()));
        }
        self.shared()
    }

    fn shared(&self) -> Result<Shared, Error> {
        if let Some(shared) = self.open.get() {
            return Ok(shared.clone());
        }
        let new = self.database.open().map_err(io_error)?;
        let new = Arc::new(Mutex::new(new));
        Ok(self.open.get_or_init(|| new).clone())
    }

    /// Runs one statement to its end. Of several statements only the first runs.
    pub async fn execute(&self, sql: String, parameters: Vec<Value>) -> Result<QueryResult, Error> {
        let shared = self.for_query()?;
        spawn_blocking(move || run(&lock(&shared), &sql, parameters)).await.map_err(io_error)?
    }

    /// Starts one statement and streams its rows.
    pub async fn stream(&self, sql: String, parameters: Vec<Value>) -> Result<Query, Error> {
        let shared = self.for_query()?;
        if let Some(result) = self.short.run(&shared, &sql, &parameters) {
            return Ok(Query::over(result));
        }
        let (columns_tx, columns) = oneshot::channel();
        let (rows_tx, rows) = mpsc::channel(ROWS_AHEAD);
        let (outcome_tx, outcome) = oneshot::channel();
        spawn_blocking(move || {
            let result = run_streamed(&shared, &sql, parameters, columns_tx, rows_tx);
            let _ = outcome_tx.send(result);
        });
        Ok(Query { columns: columns.await.map_err(io_error)?, rows, outcome })
    }

    /// How many rows the latest statement changed. Waits for a query that is
    /// still being streamed, on this thread, as in Spin.
    pub fn changes(&self) -> Result<u64, Error> {
        Ok(lock(&self.shared()?).changes())
    }

    /// The rowid of the latest insertion; waits like [`Self::changes`].
    pub fn last_insert_rowid(&self) -> Result<i64, Error> {
        Ok(lock(&self.shared()?).last_insert_rowid())
    }
}

impl Database {
    /// Opens a connection of its own.
    pub fn open(&self) -> rusqlite::Result<rusqlite::Connection> {
        let connection = match &self.path {
            Some(path) => rusqlite::Connection::open(path)?,
            None => rusqlite::Connection::open_in_memory()?,
        };
        if !self.allow_attach_file {
            connection.authorizer(Some(deny_attaching_files));
        }
        Ok(connection)
    }

    /// What Spin's start-up text calls the database.
    pub fn summary(&self) -> String {
        match &self.path {
            Some(path) => format!("\"{}\"", path.display()),
            None => "a temporary in-memory database".to_owned(),
        }
    }
}

fn deny_attaching_files(context: AuthContext<'_>) -> Authorization {
    match context.action {
        AuthAction::Attach { filename } if !matches!(filename, "" | ":memory:") => Authorization::Deny,
        _ => Authorization::Allow,
    }
}

fn lock(shared: &Shared) -> MutexGuard<'_, rusqlite::Connection> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs a single statement, its whole result in memory.
pub fn run(
    connection: &rusqlite::Connection,
    sql: &str,
    parameters: Vec<Value>,
) -> Result<QueryResult, Error> {
    let mut statement = connection.prepare_cached(sql).map_err(io_error)?;
    collect(&mut statement, &parameters, usize::MAX)
}

/// The whole result of a statement, an error if it has more rows than `most`.
fn collect(
    statement: &mut rusqlite::Statement<'_>,
    parameters: &[Value],
    most: usize,
) -> Result<QueryResult, Error> {
    let columns = owned_names(statement);
    let width = columns.len();
    let mut result = QueryResult { columns, rows: Vec::new() };
    let mut bytes = size_of::<QueryResult>();
    let parameters = rusqlite::params_from_iter(parameters.iter().map(to_sql));
    let mut rows = statement.query(parameters).map_err(io_error)?;
    while let Some(row) = rows.next().map_err(io_error)? {
        if result.rows.len() == most {
            return Err(Error::Io(format!("query result exceeds limit of {most} rows")));
        }
        let (row, weight) = convert_row(row, width)?;
        bytes += weight;
        ensure_fits(bytes)?;
        result.rows.push(row);
    }
    Ok(result)
}

/// Holds the connection until the last row has been taken. An error before the
/// first row goes into the outcome, not into the columns.
fn run_streamed(
    shared: &Shared,
    sql: &str,
    parameters: Vec<Value>,
    columns: oneshot::Sender<Vec<String>>,
    rows_tx: mpsc::Sender<RowResult>,
) -> Result<(), Error> {
    let connection = lock(shared);
    let mut statement = match connection.prepare_cached(sql) {
        Ok(statement) => statement,
        Err(err) => {
            let _ = columns.send(Vec::new());
            return Err(io_error(err));
        }
    };
    let names = owned_names(&statement);
    let width = names.len();
    if columns.send(names).is_err() {
        return Err(Error::Io("column send error".to_owned()));
    }
    let parameters = rusqlite::params_from_iter(parameters.iter().map(to_sql));
    let mut rows = statement.query(parameters).map_err(io_error)?;
    while let Some(row) = rows.next().map_err(io_error)? {
        let (row, bytes) = convert_row(row, width)?;
        ensure_fits(bytes)?;
        if rows_tx.blocking_send(row).is_err() {
            return Err(Error::Io("row send error".to_owned()));
        }
    }
    Ok(())
}

fn owned_names(statement: &rusqlite::Statement<'_>) -> Vec<String> {
    let names = statement.column_names();
    names.into_iter().map(str::to_owned).collect()
}

/// Copies a row and weighs it.
fn convert_row(row: &rusqlite::Row<'_>, width: usize) -> Result<(RowResult, usize), Error> {
    let mut bytes = 0;
    let mut values = Vec::with_capacity(width);
    for column in 0..width {
        let (value, len) = match row.get_ref(column).map_err(io_error)? {
            ValueRef::Null => (Value::Null, 0),
            ValueRef::Integer(integer) => (Value::Integer(integer), 0),
            ValueRef::Real(real) => (Value::Real(real), 0),
            ValueRef::Blob(blob) => (Value::Blob(blob.to_vec()), blob.len()),
            // SQLite does not check its text. Spin panics here.
            ValueRef::Text(text) => match std::str::from_utf8(text) {
                Ok(text) => (Value::Text(text.to_owned()), text.len()),
                Err(err) => {
                    let column = column + 1;
                    return Err(Error::Io(format!("text in column {column} is not UTF-8: {err}")));
                }
            },
        };
        bytes += size_of::<Value>() + len;
        values.push(value);
    }
    Ok((RowResult { values }, bytes))
}

fn ensure_fits(bytes: usize) -> Result<(), Error> {
    if bytes > MAX_BUFFERED_BYTES {
        let text = format!("query result exceeds limit of {MAX_BUFFERED_BYTES} bytes");
        return Err(Error::Io(text));
    }
    Ok(())
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

fn io_error(err: impl std::fmt::Display) -> Error {
    Error::Io(err.to_string())
}

/// The text of an error for people.
pub fn message(error: &Error) -> String {
    match error {
        Error::Io(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
