//! Application variables, and what components see of them.
//!
//! Values never change while the app runs, so all of them are resolved once at
//! start-up. Precedence is Spin's: `--variable`, then the environment, then the
//! default from the manifest.

use crate::bindings::spin::variables::variables::Error;
use crate::manifest::{Component, Variable};
use crate::template::Template;
use anyhow::{Context, Result, bail, ensure};
use indexmap::IndexMap;
use std::collections::HashMap;
use std::env::VarError;
use std::path::PathBuf;
use std::str::FromStr;

const ENV_PREFIX: &str = "SPIN_VARIABLE_";

/// The resolved variables of the application.
#[derive(Debug, Default)]
pub struct AppVariables {
    values: HashMap<String, String>,
}

impl AppVariables {
    /// Resolves every variable that the manifest declares.
    ///
    /// # Errors
    /// If a required variable has no value.
    pub fn resolve<'a>(
        declared: impl IntoIterator<Item = (&'a str, &'a Variable)>,
        given: &HashMap<String, String>,
        env: impl Fn(&str) -> Result<String, VarError>,
    ) -> Result<Self> {
        let mut values = HashMap::new();
        let mut missing = Vec::new();
        for (name, variable) in declared {
            let env_name = format!("{ENV_PREFIX}{}", name.to_ascii_uppercase());
            let value = match (given.get(name), env(&env_name)) {
                (Some(value), _) => Some(value.clone()),
                (None, Ok(value)) => Some(value),
                (None, Err(VarError::NotPresent)) => variable.default.clone(),
                (None, Err(err)) => bail!("failed to read {env_name}: {err}"),
            };
            match value {
                Some(value) => {
                    values.insert(name.to_owned(), value);
                }
                None => missing.push(format!("`{name}`")),
            }
        }
        ensure!(
            missing.is_empty(),
            "no value for the required variable(s) {}: pass --variable NAME=VALUE or set {ENV_PREFIX}NAME",
            missing.join(", ")
        );
        Ok(Self { values })
    }

    /// The value of one application variable.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }
}

/// The variables that one component may read.
#[derive(Debug, Default)]
pub struct ComponentVariables {
    component: String,
    values: HashMap<String, String>,
}

impl ComponentVariables {
    /// Fills in the templates of a component's `variables`.
    ///
    /// # Errors
    /// If a template is malformed or names a variable that the application does
    /// not declare.
    pub fn resolve(id: &str, component: &Component, app: &AppVariables) -> Result<Self> {
        let resolve = |text: &str| {
            let template = Template::parse(text)?;
            template.resolve(|name| app.get(name)).with_context(|| {
                let unknown = template.variables().find(|name| app.get(name).is_none());
                format!("unknown variable `{}`", unknown.unwrap_or_default())
            })
        };
        let mut values = HashMap::new();
        for (name, text) in &component.variables {
            let value = resolve(text).with_context(|| format!("variable `{}`", name.as_str()))?;
            values.insert(name.as_str().to_owned(), value);
        }
        Ok(Self { component: id.to_owned(), values })
    }

    /// Answers a guest's `spin:variables/variables.get`.
    pub fn get(&self, name: &str) -> Result<String, Error> {
        validate_name(name).map_err(|reason| Error::InvalidName(format!("{name:?}: {reason}")))?;
        self.values.get(name).cloned().ok_or_else(|| {
            let component = &self.component;
            Error::Undefined(format!("no variable for {component:?}.{name:?}"))
        })
    }
}

/// Spin's rules for the names that a component may ask for.
fn validate_name(name: &str) -> Result<(), &'static str> {
    let valid = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if name.is_empty() {
        Err("must not be empty")
    } else if !name.chars().all(valid) {
        Err("may contain only lower-case letters, numbers and underscores")
    } else if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        Err("must start with a lower-case ASCII letter")
    } else if name.ends_with('_') {
        Err("must end with a lower-case ASCII letter or digit")
    } else if name.contains("__") {
        Err("must not contain several underscores in a row")
    } else {
        Ok(())
    }
}

/// One `--variable` argument.
#[derive(Clone, Debug, PartialEq)]
pub enum VariableArgument {
    /// `key=value`
    Literal(String, String),
    /// `key=@file`: the value is the text of the file.
    Text(String, PathBuf),
    /// `@file.json`: an object of strings.
    Json(PathBuf),
    /// `@file.toml`: a table of strings.
    Toml(PathBuf),
}

impl FromStr for VariableArgument {
    type Err = String;

    fn from_str(argument: &str) -> Result<Self, String> {
        if let Some(path) = argument.strip_prefix('@') {
            let path = PathBuf::from(path);
            return match path.extension().and_then(|extension| extension.to_str()) {
                Some("json") => Ok(Self::Json(path)),
                Some("toml") => Ok(Self::Toml(path)),
                _ => Err("files of variables must end in .json or .toml".to_owned()),
            };
        }
        match argument.split_once('=') {
            Some((key, value)) => Ok(match value.strip_prefix('@') {
                Some(path) => Self::Text(key.to_owned(), path.into()),
                None => Self::Literal(key.to_owned(), value.to_owned()),
            }),
            None => Err("expected KEY=VALUE or @FILE".to_owned()),
        }
    }
}

/// Collects all `--variable` arguments; of several values for a key the last counts.
///
/// # Errors
/// If a file cannot be read or parsed.
pub fn collect(arguments: &[VariableArgument]) -> Result<HashMap<String, String>> {
    let read = |path: &PathBuf| {
        let context = || format!("failed to read the variables in {}", path.display());
        std::fs::read_to_string(path).with_context(context)
    };
    let parsing = |path: &PathBuf| format!("failed to parse the variables in {}", path.display());
    let mut values = HashMap::new();
    for argument in arguments {
        match argument {
            VariableArgument::Literal(key, value) => {
                values.insert(key.clone(), value.clone());
            }
            VariableArgument::Text(key, path) => {
                values.insert(key.clone(), read(path)?);
            }
            VariableArgument::Json(path) => {
                let parsed: IndexMap<String, String> =
                    serde_json::from_str(&read(path)?).with_context(|| parsing(path))?;
                values.extend(parsed);
            }
            VariableArgument::Toml(path) => {
                let parsed: IndexMap<String, String> =
                    toml::from_str(&read(path)?).with_context(|| parsing(path))?;
                values.extend(parsed);
            }
        }
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variable(default: Option<&str>) -> Variable {
        let text = default.map_or("required = true".to_owned(), |default| format!("default = {default:?}"));
        toml::from_str(&text).unwrap()
    }

    fn no_env(_: &str) -> Result<String, VarError> {
        Err(VarError::NotPresent)
    }

    #[test]
    fn a_flag_beats_the_environment_and_that_beats_the_default() {
        let variable = variable(Some("default"));
        let declared = || [("timeout_ms", &variable)];
        let flag = HashMap::from([("timeout_ms".to_owned(), "flag".to_owned())]);
        let env = |name: &str| match name {
            "SPIN_VARIABLE_TIMEOUT_MS" => Ok("env".to_owned()),
            _ => Err(VarError::NotPresent),
        };
        let get = |given: &HashMap<_, _>, env: &dyn Fn(&str) -> Result<String, VarError>| {
            let variables = AppVariables::resolve(declared(), given, env).unwrap();
            variables.get("timeout_ms").unwrap().to_owned()
        };
        assert_eq!(get(&flag, &env), "flag");
        assert_eq!(get(&HashMap::new(), &env), "env");
        assert_eq!(get(&HashMap::new(), &no_env), "default");
    }

    #[test]
    fn a_required_variable_without_a_value_is_named() {
        let variable = variable(None);
        let declared = [("api_key", &variable)];
        let err = AppVariables::resolve(declared, &HashMap::new(), no_env).unwrap_err();
        assert!(err.to_string().contains("`api_key`"), "{err}");
    }

    #[test]
    fn a_component_sees_its_own_variables_only() {
        let variables = ComponentVariables {
            component: "c".to_owned(),
            values: HashMap::from([("known".to_owned(), "value".to_owned())]),
        };
        assert_eq!(variables.get("known").unwrap(), "value");
        assert!(matches!(variables.get("other"), Err(Error::Undefined(_))));
        for bad in ["", "aX", "1bc", "_x", "x.y", "x_", "a__b", "x-y"] {
            let result = variables.get(bad);
            assert!(matches!(result, Err(Error::InvalidName(_))), "{bad}");
        }
    }

    #[test]
    fn arguments_come_in_four_forms() {
        let parse = |text: &str| text.parse::<VariableArgument>();
        assert_eq!(parse("k=a=b"), Ok(VariableArgument::Literal("k".into(), "a=b".into())));
        assert_eq!(parse("k=@v.txt"), Ok(VariableArgument::Text("k".into(), "v.txt".into())));
        assert_eq!(parse("@v.json"), Ok(VariableArgument::Json("v.json".into())));
        assert_eq!(parse("@v.toml"), Ok(VariableArgument::Toml("v.toml".into())));
        assert!(parse("@v.txt").is_err());
        assert!(parse("nothing").is_err());
    }
}
