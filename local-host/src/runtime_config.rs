//! `--runtime-config-file`: where the databases are, for people who do not want
//! them in the state directory. Everything else in such a file is left to Spin.

use crate::place::TextFile;
use crate::sqlite::Database;
use anyhow::{Context, Result, bail};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Reads the configured databases by label. Relative paths start at `base`,
/// which is the working directory, as in Spin.
///
/// # Errors
/// If the file cannot be read, or asks for something that only Spin has.
pub fn load(file: &Path, base: &Path) -> Result<HashMap<String, Database>> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("failed to read the runtime config file {name}"))?;
    let config =
        toml::from_str(&text).map_err(|err| TextFile { name: &name, text: &text }.toml_error(&err))?;
    databases(config, base).with_context(|| format!("runtime config file {name}"))
}

fn databases(config: toml::Table, base: &Path) -> Result<HashMap<String, Database>> {
    let mut databases = HashMap::new();
    for (section, value) in config {
        if section != "sqlite_database" {
            bail!("[{section}] is left to Spin: start the app with `spin up`");
        }
        let labels: toml::Table = value.try_into().context("[sqlite_database]")?;
        for (label, value) in labels {
            let section = format!("[sqlite_database.{label}]");
            let database = parse_database(value, base).context(section)?;
            databases.insert(label, database);
        }
    }
    Ok(databases)
}

fn parse_database(value: toml::Value, base: &Path) -> Result<Database> {
    let mut table: toml::Table = value.try_into()?;
    let kind = match table.remove("type") {
        Some(toml::Value::String(kind)) => kind,
        Some(_) => bail!("`type` must be a string"),
        None => bail!("`type` is missing"),
    };
    if kind != "spin" {
        bail!("type {kind:?} is left to Spin, this host knows \"spin\" only: start the app with `spin up`");
    }
    let path = match table.remove("path") {
        Some(toml::Value::String(path)) => Some(base.join(PathBuf::from(path))),
        Some(_) => bail!("`path` must be a string"),
        None => None,
    };
    let allow_attach_file = match table.remove("allow_attach_file") {
        Some(toml::Value::Boolean(allow)) => allow,
        Some(_) => bail!("`allow_attach_file` must be true or false"),
        None => false,
    };
    if let Some(key) = table.keys().next() {
        bail!("unknown key `{key}`");
    }
    Ok(Database { path, allow_attach_file, ..Database::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<HashMap<String, Database>> {
        databases(toml::from_str(text)?, Path::new("/base"))
    }

    fn error(text: &str) -> String {
        format!("{:#}", parse(text).unwrap_err())
    }

    #[test]
    fn a_path_may_be_relative_absolute_or_missing() {
        let databases = parse(
            "[sqlite_database.default]\ntype = \"spin\"\npath = \"data/my.db\"\n\
             [sqlite_database.other]\ntype = \"spin\"\npath = \"/tmp/other.db\"\nallow_attach_file = true\n\
             [sqlite_database.memory]\ntype = \"spin\"\n",
        )
        .unwrap();
        let path = |label: &str| databases[label].path.as_deref();
        assert_eq!(path("default"), Some(Path::new("/base/data/my.db")));
        assert_eq!(path("other"), Some(Path::new("/tmp/other.db")));
        assert_eq!(path("memory"), None);
        assert!(databases["other"].allow_attach_file);
        assert!(!databases["default"].allow_attach_file);
    }

    #[test]
    fn everything_else_is_left_to_spin() {
        let text = error("[sqlite_database.default]\ntype = \"libsql\"\nurl = \"http://x\"\n");
        assert!(text.contains("\"libsql\" is left to Spin"), "{text}");
        let text = error("[key_value_store.default]\ntype = \"redis\"\n");
        assert!(text.contains("[key_value_store] is left to Spin"), "{text}");
    }

    #[test]
    fn mistakes_are_named() {
        assert!(error("[sqlite_database.default]\ntype = \"spin\"\npth = 1\n").contains("`pth`"));
        assert!(error("[sqlite_database.default]\npath = \"x\"\n").contains("`type` is missing"));
        assert!(error("sqlite_database = 1").contains("[sqlite_database]"));
    }
}
