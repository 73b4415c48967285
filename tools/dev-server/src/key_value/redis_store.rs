//! Stores of type `redis`. Keys and values go to the server as they are, without a prefix.

use super::{Store, other};
use crate::wit::spin::key_value::key_value::Error;
use anyhow::{Context, Result};
use redis::aio::ConnectionManager;
use redis::{AsyncCommands, Client};
use std::fmt;
use tokio::sync::{OnceCell, mpsc};
use wasmtime_wasi::async_trait;

/// A store on a Redis server. All instances share one connection, which is opened when a component opens the
/// store for the first time, and again when it breaks. The crate's defaults are those of Spin: many attempts,
/// and no timeouts.
pub struct RedisStore {
    client: Client,
    connection: OnceCell<ConnectionManager>,
}

impl RedisStore {
    /// The store at a URL, not connected yet.
    ///
    /// # Errors
    /// If it is no URL of a Redis server.
    pub fn new(url: &str) -> Result<Self> {
        let client = Client::open(url).context("Invalid Redis URL")?;
        Ok(Self { client, connection: OnceCell::new() })
    }

    async fn connection(&self) -> Result<ConnectionManager, Error> {
        let connection = self.connection.get_or_try_init(|| self.client.get_connection_manager());
        connection.await.cloned().map_err(other)
    }
}

impl fmt::Display for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Redis at {}", self.client.get_connection_info().addr)
    }
}

#[async_trait]
impl Store for RedisStore {
    async fn open(&self) -> Result<(), Error> {
        // As in Spin, an error appears in the next call.
        let _ = self.connection().await?.ping::<()>().await;
        Ok(())
    }

    async fn get(&self, key: String) -> Result<Option<Vec<u8>>, Error> {
        self.connection().await?.get(key).await.map_err(other)
    }

    async fn set(&self, key: String, value: Vec<u8>) -> Result<(), Error> {
        self.connection().await?.set(key, value).await.map_err(other)
    }

    async fn delete(&self, key: String) -> Result<(), Error> {
        self.connection().await?.del(key).await.map_err(other)
    }

    async fn keys(&self, keys: mpsc::Sender<String>) -> Result<(), Error> {
        let mut connection = self.connection().await?;
        let mut scan = connection.scan::<String>().await.map_err(other)?;
        while let Some(key) = scan.next_item().await {
            if keys.send(key).await.is_err() {
                break; // The reader is gone.
            }
        }
        Ok(())
    }
}
