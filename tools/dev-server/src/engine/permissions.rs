//! The capabilities that the manifest grants to one component. An instance gets nothing else.

use crate::key_value::{Store, Stores};
use crate::manifest::Component;
use crate::sqlite::{Database, Databases};
use crate::variables::{Variables, of_component};
use anyhow::Result;
use std::collections::HashMap;
use std::sync::Arc;

/// The permissions of one component.
pub struct Permissions {
    pub environment: Vec<(String, String)>,
    /// The components that it may call.
    pub callees: Vec<String>,
    /// The databases that it may open, by label.
    pub databases: HashMap<String, Arc<Database>>,
    /// The key-value stores that it may open, by label.
    pub stores: HashMap<String, Arc<dyn Store>>,
    pub variables: Variables,
}

impl Permissions {
    /// The permissions of one component of an application.
    ///
    /// # Errors
    /// If a template or a label is wrong.
    pub fn of(
        component: &Component,
        databases: &Databases,
        stores: &Stores,
        variables: &Variables,
    ) -> Result<Self> {
        let database = |label: &String| Ok((label.clone(), databases.get(label)?.clone()));
        let store = |label: &String| Ok((label.clone(), stores.get(label)?.clone()));
        Ok(Self {
            environment: component.environment.clone().into_iter().collect(),
            callees: component.callees().map(str::to_owned).collect(),
            databases: component.sqlite_databases.iter().map(database).collect::<Result<_>>()?,
            stores: component.key_value_stores.iter().map(store).collect::<Result<_>>()?,
            variables: of_component(component, variables)?,
        })
    }
}
