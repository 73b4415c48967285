use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params_from_iter};
use tokio::task::spawn_blocking;

/// A pool of connections, each with its own cache of prepared statements.
#[derive(Clone)]
pub struct Database {
    file: PathBuf,
    idle: Arc<Mutex<Vec<Connection>>>,
}

impl Database {
    pub fn new(file: &Path) -> Self {
        Self { file: file.to_owned(), idle: Arc::default() }
    }

    /// The only row of a query, `None` if it has none.
    pub async fn row<const N: usize>(
        &self,
        sql: &'static str,
        parameters: Vec<Value>,
    ) -> Result<Option<[Value; N]>> {
        let database = self.clone();
        spawn_blocking(move || {
            let connection = database.take()?;
            let row = query(&connection, sql, parameters);
            if row.is_ok() {
                database.lock().push(connection);
            }
            row
        })
        .await?
    }

    /// The JSON text of a query that has one row.
    pub async fn json(&self, sql: &'static str, parameters: Vec<Value>) -> Result<Option<String>> {
        match self.row(sql, parameters).await? {
            Some([Value::Text(json)]) => Ok(Some(json)),
            _ => Ok(None),
        }
    }

    fn take(&self) -> Result<Connection> {
        let idle = self.lock().pop();
        match idle {
            Some(connection) => Ok(connection),
            None => Connection::open(&self.file).context("cannot open the database"),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn query<const N: usize>(
    connection: &Connection,
    sql: &str,
    parameters: Vec<Value>,
) -> Result<Option<[Value; N]>> {
    let mut statement = connection.prepare_cached(sql)?;
    let row = statement.query_row(params_from_iter(parameters), |row| {
        let mut values = [const { Value::Null }; N];
        for (column, value) in values.iter_mut().enumerate() {
            *value = row.get(column)?;
        }
        Ok(values)
    });
    Ok(row.optional()?)
}
