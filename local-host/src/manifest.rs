//! `spin.toml`, manifest version 2: what it may contain and how it is read.
//!
//! The types name every key that Spin knows, so that a misspelt key is told
//! apart from one that this host leaves to Spin.

use crate::ids::{KebabId, Label, SnakeId};
use crate::place::TextFile;
use anyhow::{Context, Result, ensure};
use indexmap::IndexMap;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::path::Path;
use toml::Spanned;

mod checks;

/// A whole manifest, read and checked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    spin_manifest_version: Spanned<toml::Value>,
    pub application: Application,
    #[serde(default)]
    pub variables: IndexMap<SnakeId, Variable>,
    #[serde(rename = "trigger")]
    pub triggers: Triggers,
    #[serde(default, rename = "component")]
    pub components: IndexMap<KebabId, Component>,
}

/// `[application]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Application {
    pub name: String,
    #[serde(default)]
    pub version: String,
    #[serde(default, rename = "description")]
    _description: String,
    #[serde(default, rename = "authors")]
    _authors: Vec<String>,
    #[serde(default, rename = "targets")]
    _targets: IgnoredAny,
    #[serde(default, rename = "trigger")]
    trigger_settings: IndexMap<String, toml::Table>,
    #[serde(default, rename = "tool")]
    _tool: IgnoredAny,
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
#[serde(deny_unknown_fields)]
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
    pub route: Spanned<Route>,
    executor: Option<Spanned<Executor>>,
    static_response: Option<IgnoredAny>,
    components: Option<IgnoredAny>,
    dependencies: Option<IgnoredAny>,
}

/// What a trigger listens to.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "a route is a string such as \"/path/...\" or { private = true }")]
pub enum Route {
    /// A path pattern.
    Pattern(String),
    /// `{ private = true }`: reachable through service chaining only.
    Private { private: bool },
}

#[derive(Debug, Deserialize)]
struct Executor {
    #[serde(rename = "type")]
    kind: String,
}

/// One entry of `[component]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
    pub source: Source,
    #[serde(default)]
    pub description: String,
    #[serde(default)]
    pub variables: IndexMap<SnakeId, String>,
    #[serde(default)]
    pub environment: IndexMap<String, String>,
    #[serde(default)]
    pub allowed_outbound_hosts: Vec<String>,
    #[serde(default)]
    pub sqlite_databases: Vec<Label>,
    pub build: Option<Build>,
    #[serde(default)]
    profile: IndexMap<String, Profile>,
    #[serde(default)]
    files: Vec<IgnoredAny>,
    #[serde(default, rename = "exclude_files")]
    _exclude_files: Vec<String>,
    #[serde(default)]
    allowed_http_hosts: Vec<String>,
    #[serde(default)]
    key_value_stores: Vec<Label>,
    #[serde(default)]
    ai_models: Vec<String>,
    #[serde(default)]
    dependencies: IndexMap<String, IgnoredAny>,
    #[serde(default, rename = "dependencies_inherit_configuration")]
    _dependencies_inherit_configuration: bool,
    #[serde(default, rename = "targets")]
    _targets: IgnoredAny,
    #[serde(default, rename = "tool")]
    _tool: IgnoredAny,
}

/// Where the code of a component comes from.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "a source is the path of a .wasm file, a URL or a registry package")]
pub enum Source {
    /// A file, relative to the manifest.
    Path(String),
    /// A URL or a registry package.
    Remote(IndexMap<String, String>),
}

/// `[component.x.build]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Build {
    pub command: Commands,
    pub workdir: Option<String>,
    #[serde(default, rename = "watch")]
    _watch: Vec<String>,
}

/// One build command or several.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "a build command is a string or a list of strings")]
pub enum Commands {
    One(String),
    Many(Vec<String>),
}

impl Commands {
    pub fn as_slice(&self) -> &[String] {
        match self {
            Self::One(command) => std::slice::from_ref(command),
            Self::Many(commands) => commands,
        }
    }
}

/// `[component.x.profile.y]`: what changes when that profile is chosen.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Profile {
    source: Option<Source>,
    #[serde(default)]
    environment: IndexMap<String, String>,
    build: Option<ProfileBuild>,
    #[serde(default)]
    dependencies: IndexMap<String, IgnoredAny>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProfileBuild {
    command: Commands,
}

impl Manifest {
    /// Reads a manifest file and applies a build profile to it.
    ///
    /// # Errors
    /// With file, line and column, if the file is no manifest that this host can run.
    pub fn load(path: &Path, profile: Option<&str>) -> Result<Self> {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("failed to read {}", path.display()))?;
        let mut manifest = Self::parse(&path.display().to_string(), &text)?;
        if let Some(profile) = profile {
            manifest.apply_profile(profile)?;
        }
        Ok(manifest)
    }

    fn parse(name: &str, text: &str) -> Result<Self> {
        let file = TextFile { name, text };
        let manifest: Self = toml::from_str(text).map_err(|err| file.toml_error(&err))?;
        manifest.check(&file)?;
        Ok(manifest)
    }

    fn apply_profile(&mut self, name: &str) -> Result<()> {
        let mut known = false;
        for component in self.components.values_mut() {
            let Some(profile) = component.profile.swap_remove(name) else {
                continue;
            };
            known = true;
            if let Some(source) = profile.source {
                component.source = source;
            }
            component.environment.extend(profile.environment);
            match (&mut component.build, profile.build) {
                (Some(build), Some(profile)) => build.command = profile.command,
                (build @ None, Some(profile)) => {
                    *build = Some(Build { command: profile.command, workdir: None, _watch: Vec::new() });
                }
                (_, None) => {}
            }
        }
        ensure!(known, "no component of this application defines the profile `{name}`");
        Ok(())
    }
}

#[cfg(test)]
mod tests;
