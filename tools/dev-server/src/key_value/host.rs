//! The host side of `spin:key-value/key-value`.

use super::Store;
use crate::stream::Received;
use crate::wit::spin::key_value::key_value::{Error, Host, HostStore, HostStoreWithStore, Store as Handle};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};
use wasmtime::Result;
use wasmtime::component::{Accessor, FutureReader, HasData, Resource, ResourceTable, StreamReader};

/// Spin's limit for a value that a component reads, in bytes.
const MAX_VALUE: usize = 128 << 20;

/// How many keys a store may be ahead of their reader.
const KEYS_AHEAD: usize = 4;

/// The stores that one instance may open, and those that it holds.
pub struct KeyValueView<'a> {
    pub granted: &'a HashMap<String, Arc<dyn Store>>,
    pub table: &'a mut ResourceTable,
}

/// Ties [`KeyValueView`] to the generated traits.
pub struct KeyValue;

impl HasData for KeyValue {
    type Data<'a> = KeyValueView<'a>;
}

/// The table's entry for a handle.
type Open = Arc<dyn Store>;

impl Host for KeyValueView<'_> {}

impl HostStore for KeyValueView<'_> {
    async fn drop(&mut self, handle: Resource<Handle>) -> Result<()> {
        self.table.delete(Resource::<Open>::new_own(handle.rep()))?;
        Ok(())
    }
}

fn store<T: 'static>(accessor: &Accessor<T, KeyValue>, handle: &Resource<Handle>) -> Result<Open> {
    let handle = Resource::<Open>::new_borrow(handle.rep());
    Ok(accessor.with(|mut access| access.get().table.get(&handle).cloned())?)
}

impl<T: 'static> HostStoreWithStore<T> for KeyValue {
    async fn open(accessor: &Accessor<T, Self>, label: String) -> Result<Result<Resource<Handle>, Error>> {
        let granted = accessor.with(|mut access| access.get().granted.get(&label).cloned());
        let Some(store) = granted else { return Ok(Err(Error::AccessDenied)) };
        if let Err(error) = store.open().await {
            return Ok(Err(error));
        }
        let pushed = accessor.with(|mut access| access.get().table.push(store));
        Ok(pushed.map(|open| Resource::new_own(open.rep())).map_err(|_| Error::StoreTableFull))
    }

    async fn get(
        accessor: &Accessor<T, Self>,
        handle: Resource<Handle>,
        key: String,
    ) -> Result<Result<Option<Vec<u8>>, Error>> {
        let value = store(accessor, &handle)?.get(key).await;
        Ok(match value {
            Ok(Some(value)) if size_of_val(&value) + value.len() > MAX_VALUE => {
                Err(Error::Other(format!("query result exceeds limit of {MAX_VALUE} bytes")))
            }
            value => value,
        })
    }

    async fn set(
        accessor: &Accessor<T, Self>,
        handle: Resource<Handle>,
        key: String,
        value: Vec<u8>,
    ) -> Result<Result<(), Error>> {
        Ok(store(accessor, &handle)?.set(key, value).await)
    }

    async fn delete(
        accessor: &Accessor<T, Self>,
        handle: Resource<Handle>,
        key: String,
    ) -> Result<Result<(), Error>> {
        Ok(store(accessor, &handle)?.delete(key).await)
    }

    async fn exists(
        accessor: &Accessor<T, Self>,
        handle: Resource<Handle>,
        key: String,
    ) -> Result<Result<bool, Error>> {
        let value = store(accessor, &handle)?.get(key).await;
        Ok(value.map(|value| value.is_some()))
    }

    async fn get_keys(
        accessor: &Accessor<T, Self>,
        handle: Resource<Handle>,
    ) -> Result<(StreamReader<String>, FutureReader<Result<(), Error>>)> {
        let store = store(accessor, &handle)?;
        let (keys_tx, keys) = mpsc::channel(KEYS_AHEAD);
        let (outcome_tx, outcome) = oneshot::channel();
        tokio::spawn(async move {
            let _ = outcome_tx.send(store.keys(keys_tx).await);
        });
        accessor.with(|mut access| {
            let keys = StreamReader::new(&mut access, Received(keys))?;
            Ok((keys, FutureReader::new(&mut access, outcome)?))
        })
    }
}
