//! What one component may reach: the manifest's answer, with all templates
//! filled in and all labels looked up.

use crate::allowed_hosts::AllowedHosts;
use crate::databases::Databases;
use crate::manifest::{Component, Manifest};
use crate::sqlite::Database;
use crate::variables::{AppVariables, ComponentVariables};
use anyhow::{Context, Result};
use std::collections::HashMap;
use std::sync::Arc;

/// The permissions of one component.
#[derive(Debug)]
pub struct Permissions {
    /// The id of the component.
    pub component: String,
    /// Its environment variables.
    pub environment: Vec<(String, String)>,
    /// Whom it may call.
    pub hosts: AllowedHosts,
    /// Which databases it may open, by label.
    pub databases: HashMap<String, Arc<Database>>,
    /// Its own variables.
    pub variables: ComponentVariables,
}

impl Permissions {
    /// Works out the permissions of one component of an application.
    ///
    /// # Errors
    /// If a template, a host or a label is wrong.
    pub fn resolve(
        id: &str,
        component: &Component,
        manifest: &Manifest,
        databases: &Databases,
        variables: &AppVariables,
    ) -> Result<Self> {
        let context = || format!("component `{id}`");
        let ids: Vec<_> = manifest.components.keys().map(|id| id.as_str()).collect();
        let hosts = AllowedHosts::parse(&component.allowed_outbound_hosts, variables, &ids);
        let mut granted = HashMap::new();
        for label in &component.sqlite_databases {
            let label = label.as_str();
            let database = databases.get(label).with_context(context)?;
            granted.insert(label.to_owned(), database.clone());
        }
        Ok(Self {
            component: id.to_owned(),
            environment: component.environment.clone().into_iter().collect(),
            hosts: hosts.context("allowed_outbound_hosts").with_context(context)?,
            databases: granted,
            variables: ComponentVariables::resolve(id, component, variables).with_context(context)?,
        })
    }
}
