//! The host side of `spin:variables/variables`.

use super::Variables;
use crate::wit::spin::variables::variables::{Error, Host, HostWithStore};
use wasmtime::Result;
use wasmtime::component::{Accessor, HasData};

/// Ties the variables of a component to the generated traits.
pub struct VariablesOfComponent;

impl HasData for VariablesOfComponent {
    type Data<'a> = &'a Variables;
}

impl Host for &Variables {}

impl<T: 'static> HostWithStore<T> for VariablesOfComponent {
    async fn get(accessor: &Accessor<T, Self>, name: String) -> Result<Result<String, Error>> {
        let value = accessor.with(|mut access| access.get().get(&name).cloned());
        Ok(value.ok_or_else(|| Error::Undefined(format!("this component has no variable {name:?}"))))
    }
}
