//! What a manifest must fulfil beyond its syntax.

use super::{Component, HttpTrigger, Manifest, Profile, Route};
use crate::ids::KebabId;
use crate::place::TextFile;
use anyhow::{Result, bail, ensure};
use indexmap::IndexMap;

impl Manifest {
    /// Finds the first thing that is wrong.
    pub(super) fn check(&self, file: &TextFile<'_>) -> Result<()> {
        let name = file.name;
        let version = &self.spin_manifest_version;
        ensure!(
            version.get_ref().as_integer() == Some(2),
            "{}: spin_manifest_version must be 2, not {}",
            file.at(version.span()),
            version.get_ref()
        );
        for (kind, settings) in &self.application.trigger_settings {
            let base = settings.get("base").and_then(toml::Value::as_str);
            ensure!(
                base.is_none_or(|base| base == "/"),
                "{name}: application.trigger.{kind}.base is deprecated: write the base into each route"
            );
        }
        for (id, variable) in &self.variables {
            ensure!(
                variable.required != variable.default.is_some(),
                "{name}: variable `{}` must either be `required` or have a `default`",
                id.as_str()
            );
        }
        ensure!(!self.triggers.http.is_empty(), "{name}: the application has no trigger");
        for trigger in &self.triggers.http {
            trigger.check(&self.components, file)?;
        }
        for (id, component) in &self.components {
            if let Some(key) = component.left_to_spin() {
                bail!(
                    "{name}: component `{id}` uses `{key}`, which this host leaves to Spin: start the app with `spin up`"
                );
            }
        }
        Ok(())
    }
}

impl HttpTrigger {
    fn check(&self, components: &IndexMap<KebabId, Component>, file: &TextFile<'_>) -> Result<()> {
        let id = self.component.get_ref().as_str();
        let place = file.at(self.component.span());
        ensure!(components.contains_key(id), "{place}: there is no component `{id}` for this trigger");
        ensure!(
            !matches!(self.route.get_ref(), Route::Private { private: false }),
            "{}: a route is a string or {{ private = true }}",
            file.at(self.route.span())
        );
        if let Some(executor) = &self.executor {
            let kind = executor.get_ref().kind.as_str();
            ensure!(
                matches!(kind, "http" | "spin"),
                "{}: the executor `{kind}` is left to Spin: start the app with `spin up`",
                file.at(executor.span())
            );
        }
        let unsupported = [
            ("static_response", self.static_response.is_some()),
            ("components", self.components.is_some()),
            ("dependencies", self.dependencies.is_some()),
        ];
        if let Some((key, _)) = unsupported.into_iter().find(|(_, used)| *used) {
            bail!("{place}: `{key}` of a trigger is left to Spin: start the app with `spin up`");
        }
        Ok(())
    }
}

impl Component {
    /// The first key in use whose meaning only Spin implements.
    fn left_to_spin(&self) -> Option<&'static str> {
        let has_dependencies = |profile: &Profile| !profile.dependencies.is_empty();
        let dependencies = !self.dependencies.is_empty() || self.profile.values().any(has_dependencies);
        let keys = [
            ("files", !self.files.is_empty()),
            ("allowed_http_hosts", !self.allowed_http_hosts.is_empty()),
            ("key_value_stores", !self.key_value_stores.is_empty()),
            ("ai_models", !self.ai_models.is_empty()),
            ("dependencies", dependencies),
        ];
        keys.into_iter().find(|(_, used)| *used).map(|(key, _)| key)
    }
}
