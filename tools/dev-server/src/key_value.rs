//! Key-value stores with Spin's behaviour. Start-up prepares them, and an instance opens those that the
//! manifest grants to its component.

mod file_store;
mod host;
mod redis_store;

pub use file_store::FileStore;
pub use host::{KeyValue, KeyValueView};
pub use redis_store::RedisStore;

use crate::wit::spin::key_value::key_value::Error;
use anyhow::{Context, Result, anyhow};
use std::collections::HashMap;
use std::fmt::{Debug, Display};
use std::path::Path;
use std::sync::Arc;
use tokio::sync::mpsc;
use wasmtime_wasi::async_trait;

/// The label that exists without any configuration.
pub const DEFAULT: &str = "default";

const DEFAULT_FILE: &str = "sqlite_key_value.db";

/// A store. It displays as the place of its data. As in Spin, no operation has a timeout.
#[async_trait]
pub trait Store: Display + Send + Sync {
    async fn open(&self) -> Result<(), Error>;
    async fn get(&self, key: String) -> Result<Option<Vec<u8>>, Error>;
    async fn set(&self, key: String, value: Vec<u8>) -> Result<(), Error>;
    async fn delete(&self, key: String) -> Result<(), Error>;
    /// Sends all keys.
    async fn keys(&self, keys: mpsc::Sender<String>) -> Result<(), Error>;
}

/// Spin's error for an error of a store.
fn other(error: impl Debug) -> Error {
    Error::Other(format!("{error:?}"))
}

/// Stores by label.
pub struct Stores(HashMap<String, Arc<dyn Store>>);

impl Stores {
    /// The configured stores, and the default one in the state directory unless it is configured.
    pub fn new(mut configured: HashMap<String, Arc<dyn Store>>, state_dir: &Path) -> Self {
        let default = || Arc::new(FileStore::new(DEFAULT, state_dir.join(DEFAULT_FILE))) as Arc<dyn Store>;
        configured.entry(DEFAULT.to_owned()).or_insert_with(default);
        Self(configured)
    }

    /// The store with a label.
    ///
    /// # Errors
    /// If nothing defines it.
    pub fn get(&self, label: &str) -> Result<&Arc<dyn Store>> {
        self.0.get(label).with_context(|| {
            format!(
                "unknown key_value_stores label {label:?}: check the spelling, or define it in a --runtime-config-file"
            )
        })
    }

    /// Puts the pairs of `--key-value` into the default store.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn prepare(&self, pairs: &[(String, String)]) -> Result<()> {
        if pairs.is_empty() {
            return Ok(());
        }
        let store = self.get(DEFAULT)?;
        let failed = |error| anyhow!("--key-value: failed to set a pair in {store}: {error}");
        store.open().await.map_err(failed)?;
        for (key, value) in pairs {
            store.set(key.clone(), value.clone().into_bytes()).await.map_err(failed)?;
        }
        Ok(())
    }
}
