//! What every kind of store can do.

use crate::wit::spin::key_value::key_value::Error;
use std::fmt::{Debug, Display};
use tokio::sync::mpsc;
use wasmtime_wasi::async_trait;

/// A store. Its text says where the data are.
///
/// None of this has a time limit, as in Spin: whoever cannot wait has to keep the time.
#[async_trait]
pub trait Store: Display + Send + Sync {
    /// Makes the store ready, if it is not.
    async fn open(&self) -> Result<(), Error>;
    /// The value of a key, if it has one.
    async fn get(&self, key: String) -> Result<Option<Vec<u8>>, Error>;
    /// Gives a key a value, in the place of the one that it has.
    async fn set(&self, key: String, value: Vec<u8>) -> Result<(), Error>;
    /// Removes a key, which need not be there.
    async fn delete(&self, key: String) -> Result<(), Error>;
    /// Sends all keys, as fast as they are taken.
    async fn keys(&self, keys: mpsc::Sender<String>) -> Result<(), Error>;
}

/// Spin's error for whatever a store says.
pub fn other(err: impl Debug) -> Error {
    Error::Other(format!("{err:?}"))
}
