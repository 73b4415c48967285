//! The values of variables.
//!
//! They never change while the app runs, so all of them are filled in once at start-up. Precedence is
//! Spin's: `--variable`, then the environment, then the default from the manifest.

use super::template;
use crate::manifest::{Component, Manifest, Variable};
use anyhow::{Context, Result, bail, ensure};
use std::collections::HashMap;
use std::env::VarError;

const ENV_PREFIX: &str = "SPIN_VARIABLE_";

/// Values by name.
pub type Variables = HashMap<String, String>;

/// The value of every variable that the manifest declares; of several given for one the last counts.
///
/// # Errors
/// If a required variable has no value.
pub fn of_application(manifest: &Manifest, given: &[(String, String)]) -> Result<Variables> {
    let given: HashMap<_, _> = given.iter().cloned().collect();
    let mut values = Variables::new();
    for (name, variable) in &manifest.variables {
        let env_name = format!("{ENV_PREFIX}{}", name.to_ascii_uppercase());
        let value = choose(variable, given.get(name), std::env::var(&env_name))
            .with_context(|| format!("failed to read {env_name}"))?;
        ensure!(
            value.is_some(),
            "no value for the required variable `{name}`: pass --variable {name}=VALUE or set {env_name}"
        );
        values.extend(value.map(|value| (name.clone(), value)));
    }
    Ok(values)
}

fn choose(
    variable: &Variable,
    given: Option<&String>,
    environment: Result<String, VarError>,
) -> Result<Option<String>> {
    match (given, environment) {
        (Some(value), _) => Ok(Some(value.clone())),
        (None, Ok(value)) => Ok(Some(value)),
        (None, Err(VarError::NotPresent)) => Ok(variable.default.clone()),
        (None, Err(err)) => bail!(err),
    }
}

/// The variables that a component may read, with their templates filled in.
///
/// # Errors
/// If a template is malformed or names a variable that the application does not declare.
pub fn of_component(component: &Component, application: &Variables) -> Result<Variables> {
    let variables = component.variables.iter().map(|(name, text)| {
        let value = template::fill(text, application).with_context(|| format!("variable `{name}`"))?;
        Ok((name.clone(), value))
    });
    variables.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_beats_the_environment_and_that_beats_the_default() {
        let variable: Variable = toml::from_str("default = 'default'").unwrap();
        let flag = "flag".to_owned();
        let chosen = |given, environment| choose(&variable, given, environment).unwrap().unwrap();
        assert_eq!(chosen(Some(&flag), Ok("env".to_owned())), "flag");
        assert_eq!(chosen(None, Ok("env".to_owned())), "env");
        assert_eq!(chosen(None, Err(VarError::NotPresent)), "default");
        let required: Variable = toml::from_str("required = true").unwrap();
        assert_eq!(choose(&required, None, Err(VarError::NotPresent)).unwrap(), None);
        assert!(choose(&required, None, Err(VarError::NotUnicode("x".into()))).is_err());
    }
}
