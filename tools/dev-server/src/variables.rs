//! Variables. Their values never change while the app runs, so all of them are computed at start-up, with
//! Spin's precedence: `--variable`, the environment, the default in the manifest.

use crate::manifest::{Component, Manifest};
use crate::wit::spin::variables::variables::{Error, Host, HostWithStore};
use anyhow::{Context, Result, ensure};
use std::collections::HashMap;
use std::ffi::OsString;
use wasmtime::component::{Accessor, HasData};

const ENV_PREFIX: &str = "SPIN_VARIABLE_";

/// Values by name.
pub type Variables = HashMap<String, String>;

/// The value of every variable that the manifest declares. The last of several values on the command line
/// counts.
///
/// # Errors
/// If a required variable has no value.
pub fn of_application(
    manifest: &Manifest,
    given: &[(String, String)],
    environment: impl Fn(&str) -> Option<OsString>,
) -> Result<Variables> {
    let mut values = Variables::new();
    for (name, variable) in &manifest.variables {
        let env_name = format!("{ENV_PREFIX}{}", name.to_ascii_uppercase());
        let given = given.iter().rev().find(|(given, _)| given == name).map(|(_, value)| value.clone());
        let value = match (given, environment(&env_name)) {
            (Some(value), _) => Some(value),
            (None, Some(value)) => {
                let value = value.into_string();
                ensure!(value.is_ok(), "{env_name} is not UTF-8");
                value.ok()
            }
            (None, None) => variable.default.clone(),
        };
        let value = value.with_context(|| {
            format!(
                "no value for the required variable `{name}`: pass --variable {name}=VALUE or set {env_name}"
            )
        })?;
        values.insert(name.clone(), value);
    }
    Ok(values)
}

/// The variables that a component may read, with their templates filled in.
///
/// # Errors
/// If a template is malformed or names a variable that the application does not declare.
pub fn of_component(component: &Component, application: &Variables) -> Result<Variables> {
    let fill = |(name, template): (&String, &String)| {
        let value = fill(template, application).with_context(|| format!("variable `{name}`"))?;
        Ok((name.clone(), value))
    };
    component.variables.iter().map(fill).collect()
}

/// Replaces each `{{ name }}` by the value of that variable.
fn fill(template: &str, values: &Variables) -> Result<String> {
    let mut parts = template.split("{{");
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, literal) =
            part.split_once("}}").with_context(|| format!("{template:?}: a `{{{{` is never closed"))?;
        let name = name.trim();
        filled.push_str(values.get(name).with_context(|| format!("unknown variable `{name}`"))?);
        filled.push_str(literal);
    }
    Ok(filled)
}

/// Ties the variables of a component to the generated traits.
pub struct VariablesOfComponent;

impl HasData for VariablesOfComponent {
    type Data<'a> = &'a Variables;
}

impl Host for &Variables {}

impl<T: 'static> HostWithStore<T> for VariablesOfComponent {
    async fn get(accessor: &Accessor<T, Self>, name: String) -> wasmtime::Result<Result<String, Error>> {
        let value = accessor.with(|mut access| access.get().get(&name).cloned());
        Ok(value.ok_or_else(|| Error::Undefined(format!("this component has no variable {name:?}"))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_precedes_the_environment_and_that_the_default() {
        let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../../spin.toml");
        let manifest = Manifest::load(manifest.as_ref()).unwrap();
        let name = "cache_max_age_s";
        let value = |given: &[&str], environment: Option<&str>| {
            let given: Vec<_> = given.iter().map(|value| (name.to_owned(), value.to_string())).collect();
            let environment = |env_name: &str| {
                environment.filter(|_| env_name == "SPIN_VARIABLE_CACHE_MAX_AGE_S").map(Into::into)
            };
            of_application(&manifest, &given, environment).unwrap()[name].clone()
        };
        assert_eq!(value(&["1", "2"], Some("3")), "2");
        assert_eq!(value(&[], Some("3")), "3");
        assert_eq!(value(&[], None), "0");
    }

    #[test]
    fn templates_are_filled_with_the_values_of_variables() {
        let values = Variables::from([("host".to_owned(), "example.com".to_owned())]);
        for (template, filled) in [
            ("", Ok("")),
            ("plain", Ok("plain")),
            ("http://{{ host }}:{{host}}/", Ok("http://example.com:example.com/")),
            ("{{ other }}", Err("unknown variable `other`")),
            ("a {{ b", Err("\"a {{ b\": a `{{` is never closed")),
        ] {
            let result = fill(template, &values).map_err(|error| error.to_string());
            assert_eq!(result, filled.map(str::to_owned).map_err(str::to_owned));
        }
    }
}
