//! What one component may reach: the manifest's answer, with all templates
//! filled in and all labels looked up. Nothing else is given to an instance.

use crate::manifest::Component;
use crate::sqlite::{Database, Databases};
use crate::variables::{Variables, of_component};
use anyhow::Result;
use std::collections::HashMap;
use std::sync::Arc;

/// The permissions of one component.
#[derive(Debug)]
pub struct Permissions {
    /// Its environment variables.
    pub environment: Vec<(String, String)>,
    /// The components that it may call.
    pub callees: Vec<String>,
    /// Which databases it may open, by label.
    pub databases: HashMap<String, Arc<Database>>,
    /// Its own variables.
    pub variables: Variables,
}

impl Permissions {
    /// Works out the permissions of one component of an application.
    ///
    /// # Errors
    /// If a template or a label is wrong.
    pub fn of(component: &Component, databases: &Databases, variables: &Variables) -> Result<Self> {
        let granted = component.sqlite_databases.iter();
        let granted = granted.map(|label| Ok((label.clone(), databases.get(label)?.clone())));
        Ok(Self {
            environment: component.environment.clone().into_iter().collect(),
            callees: component.callees().map(str::to_owned).collect(),
            databases: granted.collect::<Result<_>>()?,
            variables: of_component(component, variables)?,
        })
    }
}
