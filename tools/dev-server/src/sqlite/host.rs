//! The host side of `spin:sqlite/sqlite`.

use super::connection::{Connection, Query};
use super::database::Database;
use crate::streams::Received;
use crate::wit::spin::sqlite::sqlite::{
    Connection as Handle, Error, Host, HostConnection, HostConnectionWithStore, RowResult, Value,
};
use std::collections::HashMap;
use std::sync::Arc;
use wasmtime::Result;
use wasmtime::component::{Accessor, FutureReader, HasData, Resource, ResourceTable, StreamReader};

/// How many connections one instance may hold.
const MAX_CONNECTIONS: usize = 256;

/// What one instance may open, and the connections that it holds.
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

impl SqliteView<'_> {
    fn open(&mut self, label: &str) -> Result<Resource<Handle>, Error> {
        let database = self.granted.get(label).ok_or(Error::AccessDenied)?;
        let too_many = || Error::Io("too many connections opened".to_owned());
        if *self.open == MAX_CONNECTIONS {
            return Err(too_many());
        }
        let connection = Connection::new(database.clone());
        let connection = self.table.push(connection).map_err(|_| too_many())?;
        *self.open += 1;
        Ok(Resource::new_own(connection.rep()))
    }

    fn get(&self, handle: &Resource<Handle>) -> Result<Connection> {
        Ok(self.table.get(&Resource::<Connection>::new_borrow(handle.rep()))?.clone())
    }
}

impl Host for SqliteView<'_> {}

impl HostConnection for SqliteView<'_> {
    async fn drop(&mut self, handle: Resource<Handle>) -> Result<()> {
        self.table.delete(Resource::<Connection>::new_own(handle.rep()))?;
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
        Ok(accessor.with(|mut access| access.get().open(&label)))
    }

    async fn execute_async(
        accessor: &Accessor<T, Self>,
        handle: Resource<Handle>,
        sql: String,
        parameters: Vec<Value>,
    ) -> Result<Result<Streamed, Error>> {
        let connection = accessor.with(|mut access| access.get().get(&handle))?;
        let Query { columns, rows, outcome } = match connection.stream(sql, parameters).await {
            Ok(query) => query,
            Err(err) => return Ok(Err(err)),
        };
        accessor.with(|mut access| {
            let rows = StreamReader::new(&mut access, Received(rows))?;
            let outcome = FutureReader::new(&mut access, outcome)?;
            Ok(Ok((columns, rows, outcome)))
        })
    }
}
