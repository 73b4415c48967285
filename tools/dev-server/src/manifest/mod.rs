//! `spin.toml`, manifest version 2, from the file to what this host does with it. Start-up comes in here,
//! and the other rooms read what they are about.

mod checks;
mod locate;
#[cfg(test)]
mod tests;

pub use locate::locate;

use crate::text_file::TextFile;
use anyhow::{Context, Result};
use indexmap::IndexMap;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::path::Path;
use toml::Spanned;

/// A whole manifest, read and checked. It has the keys of Spin that this host serves; those that it leaves
/// to Spin are found before it is read.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    spin_manifest_version: Spanned<u8>,
    #[serde(rename = "application")]
    _application: Application,
    #[serde(default)]
    pub variables: IndexMap<String, Variable>,
    pub trigger: Triggers,
    #[serde(default, rename = "component")]
    pub components: IndexMap<String, Component>,
}

/// `[application]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Application {
    #[serde(rename = "name")]
    _name: String,
    #[serde(default, rename = "version")]
    _version: String,
    #[serde(default, rename = "description")]
    _description: String,
    #[serde(default, rename = "authors")]
    _authors: Vec<String>,
}

/// One entry of `[variables]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    pub default: Option<String>,
    #[serde(default)]
    required: bool,
    #[serde(default, rename = "description")]
    _description: String,
    #[serde(default, rename = "secret")]
    _secret: bool,
}

/// `[[trigger.http]]`, the only kind of trigger that this host serves.
#[derive(Debug, Deserialize)]
pub struct Triggers {
    #[serde(default)]
    pub http: Vec<HttpTrigger>,
}

/// One entry of `[[trigger.http]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpTrigger {
    #[serde(default, rename = "id")]
    _id: String,
    pub component: Spanned<String>,
    pub route: String,
}

/// One entry of `[component]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// The .wasm file, relative to the manifest.
    pub source: String,
    #[serde(default)]
    pub description: String,
    #[serde(default)]
    pub variables: IndexMap<String, String>,
    #[serde(default)]
    pub environment: IndexMap<String, String>,
    #[serde(default)]
    pub allowed_outbound_hosts: Vec<String>,
    #[serde(default)]
    pub sqlite_databases: Vec<String>,
    #[serde(default)]
    pub key_value_stores: Vec<String>,
    pub build: Option<Build>,
}

/// `[component.x.build]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Build {
    pub command: String,
    #[serde(default, rename = "watch")]
    _watch: IgnoredAny,
}

impl Manifest {
    /// Reads a manifest file.
    ///
    /// # Errors
    /// If the file is no manifest that this host can run; with line and column, where it has a place.
    pub fn load(path: &Path) -> Result<Self> {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("failed to read {}", path.display()))?;
        Self::parse(&path.display().to_string(), &text)
    }

    fn parse(name: &str, text: &str) -> Result<Self> {
        let file = TextFile { name, text };
        let document = toml::from_str(text).map_err(|err| file.toml_error(&err))?;
        checks::left_to_spin(&document).context(name.to_owned())?;
        let manifest: Self = toml::from_str(text).map_err(|err| file.toml_error(&err))?;
        manifest.check(&file)?;
        Ok(manifest)
    }

    /// The ids of the components that some trigger leads to, in the order of the triggers.
    pub fn triggered(&self) -> Vec<&str> {
        let mut ids = Vec::new();
        for trigger in &self.trigger.http {
            let id = trigger.component.get_ref().as_str();
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        ids
    }
}

impl Component {
    /// The ids of the components that this one may call. Each of them has a trigger.
    pub fn callees(&self) -> impl Iterator<Item = &str> {
        self.allowed_outbound_hosts.iter().filter_map(|entry| checks::callee(entry))
    }
}
