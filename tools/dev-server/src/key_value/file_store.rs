//! Stores of type `spin`: a table in an SQLite file, the same that Spin uses.

use super::store::{Store, other};
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

const GET: &str = "
    SELECT value
    FROM spin_key_value
    WHERE store = ? AND key = ?";

const SET: &str = "
    INSERT INTO spin_key_value (store, key, value)
    VALUES (?, ?, ?)
    ON CONFLICT (store, key) DO UPDATE SET value = excluded.value";

const DELETE: &str = "
    DELETE FROM spin_key_value
    WHERE store = ? AND key = ?";

const KEYS: &str = "
    SELECT key
    FROM spin_key_value
    WHERE store = ?";

/// A store in a file. All instances share one connection, which is opened when a component opens the store
/// for the first time. As in Spin, no pragma is set: each write goes to the disk.
pub struct FileStore(Arc<File>);

struct File {
    label: String,
    path: PathBuf,
    connection: OnceLock<Mutex<Connection>>,
}

impl FileStore {
    /// The store with a label in a file, which may hold others.
    pub fn new(label: &str, path: PathBuf) -> Self {
        Self(Arc::new(File { label: label.to_owned(), path, connection: OnceLock::new() }))
    }

    /// Runs something on the connection, where it holds up nobody else.
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
                    break; // Nobody wants the rest.
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

    /// A store in a directory that is still to be made, and goes in the end.
    fn store() -> (TempDir, FileStore) {
        let directory = tempdir().unwrap();
        let store = FileStore::new("default", directory.path().join("data/kv.db"));
        (directory, store)
    }

    async fn get(store: &FileStore, key: &str) -> Option<Vec<u8>> {
        store.get(key.to_owned()).await.unwrap()
    }

    async fn set(store: &FileStore, key: &str, value: &[u8]) {
        store.set(key.to_owned(), value.to_owned()).await.unwrap();
    }

    async fn keys(store: &FileStore) -> Vec<String> {
        let (sender, mut receiver) = mpsc::channel(8);
        store.keys(sender).await.unwrap();
        let mut keys = Vec::new();
        receiver.recv_many(&mut keys, 8).await;
        keys.sort();
        keys
    }

    #[tokio::test]
    async fn values_are_kept_replaced_and_removed() {
        let (_directory, store) = store();
        store.open().await.unwrap();
        assert_eq!(get(&store, "a").await, None);
        set(&store, "a", b"1").await;
        set(&store, "a", b"").await;
        set(&store, "", b"\0\xff").await;
        assert_eq!(get(&store, "a").await, Some(Vec::new()));
        assert_eq!(get(&store, "").await, Some(b"\0\xff".to_vec()));
        assert_eq!(keys(&store).await, ["", "a"]);
        for _ in 0..2 {
            store.delete("a".to_owned()).await.unwrap();
        }
        assert_eq!(keys(&store).await, [""]);
    }

    #[tokio::test]
    async fn stores_in_one_file_are_apart() {
        let (_directory, store) = store();
        let other = FileStore::new("other", store.0.path.clone());
        set(&store, "a", b"1").await;
        assert_eq!(get(&other, "a").await, None);
        set(&other, "a", b"2").await;
        assert_eq!(get(&store, "a").await, Some(b"1".to_vec()));
    }

    #[tokio::test]
    async fn the_file_is_the_one_that_spin_has() {
        let (_directory, store) = store();
        set(&store, "a", b"1").await;
        let file = Connection::open(&store.0.path).unwrap();
        let text = |sql| file.query_row(sql, (), |row| row.get::<_, String>(0)).unwrap();
        assert_eq!(text("PRAGMA journal_mode"), "delete");
        assert_eq!(text("SELECT store || key || typeof(value) FROM spin_key_value"), "defaultablob");
        // A value that is no BLOB, put there by others, is none that Spin returns.
        file.execute("UPDATE spin_key_value SET value = 'text'", ()).unwrap();
        let error = store.get("a".to_owned()).await;
        assert!(matches!(&error, Err(Error::Other(text)) if text.contains("InvalidColumnType")), "{error:?}");
    }

    #[tokio::test]
    async fn a_file_that_is_no_store_is_an_error_and_stays_as_it_is() {
        let (_directory, store) = store();
        std::fs::create_dir(store.0.path.parent().unwrap()).unwrap();
        std::fs::write(&store.0.path, "rubbish ".repeat(100)).unwrap();
        let error = store.open().await;
        assert!(matches!(&error, Err(Error::Other(text)) if text.contains("NotADatabase")), "{error:?}");
        assert_eq!(std::fs::read_to_string(&store.0.path).unwrap(), "rubbish ".repeat(100));
        // It is opened anew as soon as it can be.
        std::fs::remove_file(&store.0.path).unwrap();
        store.open().await.unwrap();
    }

    #[tokio::test]
    async fn a_locked_file_holds_up_its_store_and_nothing_else() {
        let (_directory, store) = store();
        set(&store, "a", b"1").await;
        let other = Connection::open(&store.0.path).unwrap();
        other.execute_batch("BEGIN EXCLUSIVE").unwrap();
        // This test has one thread: the limit could not be kept if the store blocked it.
        let mut waiting = Box::pin(get(&store, "a"));
        assert!(tokio::time::timeout(Duration::from_millis(50), &mut waiting).await.is_err());
        other.execute_batch("COMMIT").unwrap();
        assert_eq!(waiting.await, Some(b"1".to_vec()));
    }
}
