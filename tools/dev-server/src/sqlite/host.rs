//! The host side of `spin:sqlite/sqlite`.

use super::connection::{Connection, Query};
use super::databases::Database;
use crate::stream::Received;
use crate::wit::spin::sqlite::sqlite::{
    Connection as Handle, Error, Host, HostConnection, HostConnectionWithStore, RowResult, Value,
};
use std::collections::HashMap;
use std::sync::Arc;
use wasmtime::Result;
use wasmtime::component::{Accessor, FutureReader, HasData, Resource, ResourceTable, StreamReader};

/// Spin's limit for the connections that one instance may hold.
const MAX_CONNECTIONS: usize = 256;

/// The databases that one instance may open, and the connections that it holds.
pub struct SqliteView<'a> {
    pub granted: &'a HashMap<String, Arc<Database>>,
    /// How many connections are open.
    pub open: &'a mut usize,
    pub table: &'a mut ResourceTable,
}

/// Ties [`SqliteView`] to the generated traits.
pub struct Sqlite;

impl HasData for Sqlite {
    type Data<'a> = SqliteView<'a>;
}

impl Host for SqliteView<'_> {}

impl HostConnection for SqliteView<'_> {
    async fn drop(&mut self, handle: Resource<Handle>) -> Result<()> {
        self.table.delete(Resource::<Arc<Connection>>::new_own(handle.rep()))?;
        *self.open -= 1;
        Ok(())
    }
}

type Streamed = (Vec<String>, StreamReader<RowResult>, FutureReader<Result<(), Error>>);

impl<T: 'static> HostConnectionWithStore<T> for Sqlite {
    async fn open_async(
        accessor: &Accessor<T, Self>,
        label: String,
    ) -> Result<Result<Resource<Handle>, Error>> {
        accessor.with(|mut access| {
            let SqliteView { granted, open, table } = access.get();
            let Some(database) = granted.get(&label) else { return Ok(Err(Error::AccessDenied)) };
            if *open == MAX_CONNECTIONS {
                return Ok(Err(Error::Io("too many connections opened".to_owned())));
            }
            let connection = table.push(Connection::new(database.clone()))?;
            *open += 1;
            Ok(Ok(Resource::new_own(connection.rep())))
        })
    }

    async fn execute_async(
        accessor: &Accessor<T, Self>,
        handle: Resource<Handle>,
        sql: String,
        parameters: Vec<Value>,
    ) -> Result<Result<Streamed, Error>> {
        let handle = Resource::<Arc<Connection>>::new_borrow(handle.rep());
        let connection = accessor.with(|mut access| access.get().table.get(&handle).cloned())?;
        let Query { columns, rows, outcome } = match connection.stream(sql, parameters).await {
            Ok(query) => query,
            Err(error) => return Ok(Err(error)),
        };
        accessor.with(|mut access| {
            let rows = StreamReader::new(&mut access, Received(rows))?;
            let outcome = FutureReader::new(&mut access, outcome)?;
            Ok(Ok((columns, rows, outcome)))
        })
    }
}
