//! Stores of type `spin`: a table in an SQLite file, the same that Spin uses.

use super::{Store, other};
use crate::wit::spin::key_value::key_value::Error;
use rusqlite::{Connection, OptionalExtension, params};
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use wasmtime_wasi::async_trait;

const TABLE: &str = "
    CREATE TABLE IF NOT EXISTS spin_key_value (
        store TEXT NOT NULL,
        key   TEXT NOT NULL,
        value BLOB NOT NULL,
        PRIMARY KEY (store, key)
    )";

const GET: &str = "SELECT value FROM spin_key_value WHERE store = ? AND key = ?";

const SET: &str = "
    INSERT INTO spin_key_value (store, key, value)
    VALUES (?, ?, ?)
    ON CONFLICT (store, key) DO UPDATE SET value = excluded.value";

const DELETE: &str = "DELETE FROM spin_key_value WHERE store = ? AND key = ?";

const KEYS: &str = "SELECT key FROM spin_key_value WHERE store = ?";

/// A store in a file. All instances share one connection. As in Spin, no pragma is set: each write is synced
/// to the disk.
pub struct FileStore(Arc<File>);

struct File {
    label: String,
    path: PathBuf,
    /// Opened when a component opens the store for the first time.
    connection: OnceLock<Mutex<Connection>>,
}

impl FileStore {
    /// The store with a label in a file, which may hold others.
    pub fn new(label: &str, path: PathBuf) -> Self {
        Self(Arc::new(File { label: label.to_owned(), path, connection: OnceLock::new() }))
    }

    async fn run<T: Send + 'static>(
        &self,
        run: impl FnOnce(&Connection, &str) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        let file = self.0.clone();
        let running = spawn_blocking(move || {
            let connection = file.connection()?.lock().unwrap_or_else(PoisonError::into_inner);
            run(&connection, &file.label).map_err(other)
        });
        running.await.map_err(other)?
    }
}

impl File {
    fn connection(&self) -> Result<&Mutex<Connection>, Error> {
        if let Some(connection) = self.connection.get() {
            return Ok(connection);
        }
        if let Some(parent) = self.path.parent() {
            std::fs::create_dir_all(parent).map_err(other)?;
        }
        let new = Connection::open(&self.path).map_err(other)?;
        new.execute(TABLE, ()).map_err(other)?;
        Ok(self.connection.get_or_init(|| Mutex::new(new)))
    }
}

impl fmt::Display for FileStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.path.display())
    }
}

#[async_trait]
impl Store for FileStore {
    async fn open(&self) -> Result<(), Error> {
        self.run(|_, _| Ok(())).await
    }

    async fn get(&self, key: String) -> Result<Option<Vec<u8>>, Error> {
        self.run(move |connection, label| {
            let mut get = connection.prepare_cached(GET)?;
            get.query_row((label, key), |row| row.get(0)).optional()
        })
        .await
    }

    async fn set(&self, key: String, value: Vec<u8>) -> Result<(), Error> {
        self.run(move |connection, label| {
            connection.prepare_cached(SET)?.execute(params![label, key, value]).map(drop)
        })
        .await
    }

    async fn delete(&self, key: String) -> Result<(), Error> {
        self.run(move |connection, label| connection.prepare_cached(DELETE)?.execute((label, key)).map(drop))
            .await
    }

    async fn keys(&self, keys: mpsc::Sender<String>) -> Result<(), Error> {
        self.run(move |connection, label| {
            let mut statement = connection.prepare_cached(KEYS)?;
            let mut rows = statement.query([label])?;
            while let Some(row) = rows.next()? {
                if keys.blocking_send(row.get(0)?).is_err() {
                    break; // The reader is gone.
                }
            }
            Ok(())
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tempfile::{TempDir, tempdir};

    /// A store in a temporary directory, in a folder that does not exist yet.
    fn store() -> (TempDir, FileStore) {
        let directory = tempdir().unwrap();
        let store = FileStore::new("default", directory.path().join("data/kv.db"));
        (directory, store)
    }

    #[tokio::test]
    async fn the_file_has_the_form_of_spin() {
        let (_directory, store) = store();
        store.set("a".to_owned(), b"1".to_vec()).await.unwrap();
        let file = Connection::open(&store.0.path).unwrap();
        let text = |sql| file.query_row(sql, (), |row| row.get::<_, String>(0)).unwrap();
        assert_eq!(text("PRAGMA journal_mode"), "delete");
        assert_eq!(text("SELECT store || key || typeof(value) FROM spin_key_value"), "defaultablob");
        // As in Spin, a value of another type is an error.
        file.execute("UPDATE spin_key_value SET value = 'text'", ()).unwrap();
        let error = store.get("a".to_owned()).await;
        assert!(matches!(&error, Err(Error::Other(text)) if text.contains("InvalidColumnType")), "{error:?}");
    }

    #[tokio::test]
    async fn a_locked_file_does_not_block_the_thread() {
        let (_directory, store) = store();
        store.open().await.unwrap();
        let other = Connection::open(&store.0.path).unwrap();
        other.execute_batch("BEGIN EXCLUSIVE").unwrap();
        // This test has one thread: a store that blocked it would delay the timeout.
        let mut waiting = Box::pin(store.get("a".to_owned()));
        assert!(tokio::time::timeout(Duration::from_millis(50), &mut waiting).await.is_err());
        other.execute_batch("COMMIT").unwrap();
        assert_eq!(waiting.await.unwrap(), None);
    }
}
