//! `spin.toml`, manifest version 2: the keys of Spin that the development server supports.

#[cfg(test)]
mod tests;

use anyhow::{Context, Result, bail, ensure};
use indexmap::{IndexMap, IndexSet};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::path::{Path, PathBuf};
use toml::Table;

const MANIFEST: &str = "spin.toml";

/// A whole manifest, read and checked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    spin_manifest_version: u8,
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
#[expect(dead_code, reason = "nothing is done with them, but their types are checked")]
struct Application {
    name: String,
    version: Option<String>,
    description: Option<String>,
    authors: Option<Vec<String>>,
}

/// One entry of `[variables]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    pub default: Option<String>,
    #[serde(default)]
    required: bool,
    #[serde(rename = "description")]
    _description: Option<String>,
    #[serde(rename = "secret")]
    _secret: Option<bool>,
}

/// `[[trigger.http]]`
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
    #[serde(rename = "id")]
    _id: Option<String>,
    pub component: String,
    pub route: String,
}

/// One entry of `[component]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// The .wasm file, relative to the manifest.
    pub source: PathBuf,
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
    #[serde(rename = "watch")]
    _watch: Option<IgnoredAny>,
}

/// The manifest that `--from` names: a file, or the `spin.toml` of a directory.
///
/// # Errors
/// If there is none.
pub fn locate(from: &Path) -> Result<PathBuf> {
    let file = if from.is_dir() { from.join(MANIFEST) } else { from.to_owned() };
    ensure!(file.exists(), "there is no {}: name a manifest or its directory with --from", file.display());
    Ok(file)
}

impl Manifest {
    /// Reads and checks a manifest file.
    ///
    /// # Errors
    /// If the file is no manifest, or uses a feature that the development server does not support.
    pub fn load(path: &Path) -> Result<Self> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).with_context(|| format!("failed to read {name}"))?;
        Self::parse(&text).context(name)
    }

    fn parse(text: &str) -> Result<Self> {
        toml::from_str::<Table>(text)?;
        let manifest: Self = toml::from_str(text).context(
            "this is a mistake, or something that is not supported by the development server; use Spin",
        )?;
        manifest.check()?;
        Ok(manifest)
    }

    fn check(&self) -> Result<()> {
        let version = self.spin_manifest_version;
        ensure!(version == 2, "spin_manifest_version must be 2, not {version}");
        for (name, variable) in &self.variables {
            check_name(name, '_')?;
            ensure!(
                variable.required != variable.default.is_some(),
                "variable `{name}` must either be `required` or have a `default`"
            );
        }
        ensure!(!self.trigger.http.is_empty(), "the application has no trigger");
        for HttpTrigger { component, route, .. } in &self.trigger.http {
            ensure!(self.components.contains_key(component), "a trigger names no component: `{component}`");
            let mut parts = route.strip_suffix("/...").unwrap_or(route).split('/');
            ensure!(
                route.starts_with('/') && !parts.any(|part| part.starts_with([':', '*', '.'])),
                "the route {route:?} is not supported by the development server; use Spin"
            );
            let same = self.trigger.http.iter().filter(|other| other.route == *route);
            ensure!(same.count() == 1, "there is a second trigger with the route {route:?}");
        }
        for (id, component) in &self.components {
            check_name(id, '-')?;
            for host in &component.allowed_outbound_hosts {
                let Some(callee) = callee(host) else {
                    bail!(
                        "component `{id}`: the outbound host {host:?} is not supported by the development server; use Spin"
                    );
                };
                ensure!(
                    self.triggered().contains(callee),
                    "component `{id}` may call `{callee}`, which is no component with a trigger"
                );
            }
        }
        Ok(())
    }

    /// The ids of the components that have a trigger, in the order of the triggers.
    pub fn triggered(&self) -> IndexSet<&str> {
        self.trigger.http.iter().map(|trigger| &*trigger.component).collect()
    }
}

impl Component {
    /// The ids of the components that this one may call. Each of them has a trigger.
    pub fn callees(&self) -> impl Iterator<Item = &str> {
        self.allowed_outbound_hosts.iter().filter_map(|host| callee(host))
    }
}

/// The component that an entry of `allowed_outbound_hosts` names.
fn callee(host: &str) -> Option<&str> {
    let id = host.strip_prefix("http://")?.strip_suffix(".spin.internal")?;
    check_name(id, '-').is_ok().then_some(id)
}

/// Checks that a name consists of words, each of which starts with a letter. (Spin also accepts components
/// in capitals.)
fn check_name(name: &str, separator: char) -> Result<()> {
    let valid = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_lowercase())
            && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    };
    ensure!(
        name.split(separator).all(valid),
        "invalid name {name:?}: expected words of lower-case ASCII letters and digits, each starting with a letter, separated by {separator:?}"
    );
    Ok(())
}
