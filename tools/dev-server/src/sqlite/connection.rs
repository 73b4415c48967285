//! A connection of an instance.
//!
//! It opens its file when it is first used. It has one mutex, and a streamed query holds it until its last
//! row has left.

use super::database::Database;
use super::short::ShortQueries;
use super::statement::{self, io_error, next_row};
use crate::wit::spin::sqlite::sqlite::{Error, RowResult, Value};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tokio::sync::{mpsc, oneshot};
use tokio::task::spawn_blocking;

/// How many rows a query may be ahead of its reader.
const ROWS_AHEAD: usize = 4;

/// A connection, open or still to be opened. Clones are the same connection.
#[derive(Clone)]
pub struct Connection {
    database: Arc<Database>,
    open: Arc<OnceLock<Shared>>,
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

impl Connection {
    pub fn new(database: Arc<Database>) -> Self {
        Self { database, open: Arc::default(), short: Arc::default() }
    }

    fn shared(&self) -> Result<Shared, Error> {
        if let Some(shared) = self.open.get() {
            return Ok(shared.clone());
        }
        let new = self.database.open().map_err(io_error)?;
        Ok(self.open.get_or_init(|| Arc::new(Mutex::new(new))).clone())
    }

    /// Starts one statement and streams its rows. Of several statements only the first runs.
    pub async fn stream(&self, sql: String, parameters: Vec<Value>) -> Result<Query, Error> {
        let shared = self.shared()?;
        let (rows_tx, rows) = mpsc::channel(ROWS_AHEAD);
        let (outcome_tx, outcome) = oneshot::channel();
        if let Some((columns, short)) = self.short.run(&shared, &sql, &parameters, ROWS_AHEAD) {
            for row in short {
                let _ = rows_tx.try_send(row); // There is room for all of them.
            }
            let _ = outcome_tx.send(Ok(()));
            return Ok(Query { columns, rows, outcome });
        }
        let (columns_tx, columns) = oneshot::channel();
        spawn_blocking(move || {
            let result = run(&shared, &sql, &parameters, columns_tx, &rows_tx);
            let _ = outcome_tx.send(result);
        });
        Ok(Query { columns: columns.await.map_err(io_error)?, rows, outcome })
    }
}

/// Holds the connection until the last row has been taken. An error before the
/// first row goes into the outcome, not into the columns.
fn run(
    shared: &Shared,
    sql: &str,
    parameters: &[Value],
    columns: oneshot::Sender<Vec<String>>,
    rows_tx: &mpsc::Sender<RowResult>,
) -> Result<(), Error> {
    let connection = shared.lock().unwrap_or_else(PoisonError::into_inner);
    let mut statement = match connection.prepare_cached(sql) {
        Ok(statement) => statement,
        Err(err) => {
            let _ = columns.send(Vec::new());
            return Err(io_error(err));
        }
    };
    let names = statement::columns(&statement);
    let width = names.len();
    columns.send(names).map_err(|_| Error::Io("column send error".to_owned()))?;
    let mut rows = statement::start(&mut statement, parameters)?;
    while let Some((row, _)) = next_row(&mut rows, width)? {
        rows_tx.blocking_send(row).map_err(|_| Error::Io("row send error".to_owned()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
