//! The host side of `spin:variables/variables`.

use crate::bindings::spin::variables::variables::{Error, Host, HostWithStore};
use crate::variables::ComponentVariables;
use wasmtime::Result;
use wasmtime::component::{Accessor, HasData};

/// Ties [`ComponentVariables`] to the generated traits.
pub struct Variables;

impl HasData for Variables {
    type Data<'a> = &'a ComponentVariables;
}

impl Host for &ComponentVariables {}

impl<T: 'static> HostWithStore<T> for Variables {
    async fn get(accessor: &Accessor<T, Self>, name: String) -> Result<Result<String, Error>> {
        Ok(accessor.with(|mut access| access.get().get(&name)))
    }
}
