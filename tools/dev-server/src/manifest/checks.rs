//! What a manifest must fulfil beyond its syntax, and what of it is left to Spin.

use super::{HttpTrigger, Manifest};
use crate::text_file::TextFile;
use anyhow::{Context, Result, bail, ensure};
use toml::{Table, Value};

/// What Spin knows and this host does not do. `*` is any key.
const LEFT_TO_SPIN: [&str; 20] = [
    "application.targets",
    "application.tool",
    "application.trigger",
    "trigger.http.components",
    "trigger.http.dependencies",
    "trigger.http.executor",
    "trigger.http.route.private",
    "trigger.http.static_response",
    "component.*.ai_models",
    "component.*.allowed_http_hosts",
    "component.*.build.workdir",
    "component.*.dependencies",
    "component.*.dependencies_inherit_configuration",
    "component.*.exclude_files",
    "component.*.files",
    "component.*.profile",
    "component.*.source.registry",
    "component.*.source.url",
    "component.*.targets",
    "component.*.tool",
];

/// Finds what only Spin can do, before the types of this host would call it unknown.
pub(super) fn left_to_spin(document: &Table) -> Result<()> {
    let document = Value::Table(document.clone());
    let known = LEFT_TO_SPIN.iter().find_map(|path| find(&document, path, ""));
    let triggers = document.get("trigger").and_then(Value::as_table);
    let other = triggers.and_then(|kinds| kinds.keys().find(|kind| *kind != "http"));
    if let Some(place) = known.or_else(|| Some(format!("trigger.{}", other?))) {
        bail!("`{place}` is left to Spin: start the app with `spin up`");
    }
    Ok(())
}

/// The place that a path leads to; in an array it may be any element.
fn find(value: &Value, path: &str, place: &str) -> Option<String> {
    let (key, rest) = path.split_once('.').unwrap_or((path, ""));
    match value {
        _ if path.is_empty() => Some(place.trim_start_matches('.').to_owned()),
        Value::Array(items) => items.iter().find_map(|item| find(item, path, place)),
        Value::Table(table) => {
            let mut found = table.iter().filter(|(name, _)| key == "*" || key == *name);
            found.find_map(|(name, value)| find(value, rest, &format!("{place}.{name}")))
        }
        _ => None,
    }
}

impl Manifest {
    /// Finds the first thing that is wrong.
    pub(super) fn check(&self, file: &TextFile<'_>) -> Result<()> {
        let name = file.name;
        let version = &self.spin_manifest_version;
        ensure!(
            *version.get_ref() == 2,
            "{}: spin_manifest_version must be 2, not {}",
            file.at(version.span()),
            version.get_ref()
        );
        for (id, variable) in &self.variables {
            words(id, '_').context(name.to_owned())?;
            ensure!(
                variable.required != variable.default.is_some(),
                "{name}: variable `{id}` must either be `required` or have a `default`"
            );
        }
        ensure!(!self.trigger.http.is_empty(), "{name}: the application has no trigger");
        for trigger in &self.trigger.http {
            self.check_trigger(trigger, file)?;
        }
        let triggered = self.triggered();
        for (id, component) in &self.components {
            words(id, '-').context(name.to_owned())?;
            for entry in &component.allowed_outbound_hosts {
                let Some(callee) = callee(entry) else {
                    bail!(
                        "{name}: component `{id}` may call {entry:?}; this host connects components to each other only, by http://<component>.spin.internal: start the app with `spin up`"
                    );
                };
                ensure!(
                    triggered.contains(&callee),
                    "{name}: component `{id}` may call `{callee}`, and no trigger leads to a component of that name"
                );
            }
        }
        Ok(())
    }

    fn check_trigger(&self, trigger: &HttpTrigger, file: &TextFile<'_>) -> Result<()> {
        let id = trigger.component.get_ref();
        let place = file.at(trigger.component.span());
        ensure!(self.components.contains_key(id), "{place}: there is no component `{id}` for this trigger");
        let route = &trigger.route;
        let path = route.strip_suffix("/...").unwrap_or(route);
        ensure!(
            route.starts_with('/') && !path.split('/').any(|part| part.starts_with([':', '*', '.'])),
            "{place}: the route {route:?} of `{id}` is left to Spin, this host knows /path and /path/...: start the app with `spin up`"
        );
        let mut same = self.trigger.http.iter().filter(|other| other.route == *route);
        ensure!(same.nth(1).is_none(), "{place}: there is a second trigger with the route {route:?}");
        Ok(())
    }
}

/// The component that an entry of `allowed_outbound_hosts` stands for.
pub(super) fn callee(entry: &str) -> Option<&str> {
    let id = entry.strip_prefix("http://")?.strip_suffix(".spin.internal")?;
    words(id, '-').is_ok().then_some(id)
}

/// Checks that a name consists of words, each of which starts with a letter. (Spin takes words in capitals
/// as well, for components.)
fn words(name: &str, separator: char) -> Result<()> {
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
