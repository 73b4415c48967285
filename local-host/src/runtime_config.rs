//! `--runtime-config-file`: where the databases are, for people who do not want them in the state
//! directory. Everything else in such a file is left to Spin.

use crate::sqlite::Database;
use crate::text_file::TextFile;
use anyhow::{Context, Result};
use serde::Deserialize;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    #[serde(default)]
    sqlite_database: HashMap<String, SqliteDatabase>,
}

/// `[sqlite_database.x]`
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
enum SqliteDatabase {
    Spin { path: PathBuf },
}

/// Reads the configured databases by label. Relative paths start at the working directory, as in Spin.
///
/// # Errors
/// If the file cannot be read, or asks for something that only Spin has.
pub fn load(file: &Path) -> Result<HashMap<String, Database>> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("failed to read the runtime config file {name}"))?;
    parse(&TextFile { name: &name, text: &text }).context(
        "this host knows [sqlite_database.<label>] with type = \"spin\" and a path, and leaves the rest to Spin: start the app with `spin up`",
    )
}

fn parse(file: &TextFile<'_>) -> Result<HashMap<String, Database>> {
    let config: Config = toml::from_str(file.text).map_err(|err| file.toml_error(&err))?;
    let databases = config.sqlite_database.into_iter();
    databases
        .map(|(label, SqliteDatabase::Spin { path })| Ok((label, Database(std::path::absolute(path)?))))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<HashMap<String, Database>> {
        parse(&TextFile { name: "runtime.toml", text })
    }

    #[test]
    fn a_path_may_be_relative_or_absolute() {
        let databases = parsed(
            "[sqlite_database.default]\ntype = \"spin\"\npath = \"data/my.db\"\n\
             [sqlite_database.other]\ntype = \"spin\"\npath = \"/tmp/other.db\"\n",
        );
        let databases = databases.unwrap();
        assert_eq!(databases["default"].0, std::env::current_dir().unwrap().join("data/my.db"));
        assert_eq!(databases["other"].0, Path::new("/tmp/other.db"));
    }

    #[test]
    fn everything_else_is_named_with_its_place() {
        for (text, place) in [
            ("[sqlite_database.default]\ntype = \"libsql\"\nurl = \"http://x\"\n", "libsql"),
            ("[key_value_store.default]\ntype = \"redis\"\n", "key_value_store"),
            ("[sqlite_database.default]\ntype = \"spin\"\npath = \"x\"\npth = 1\n", "pth"),
            ("[sqlite_database.default]\ntype = \"spin\"\n", "missing field `path`"),
            ("[sqlite_database.default]\npath = \"x\"\n", "missing field `type`"),
            ("sqlite_database = 1", "invalid type"),
        ] {
            let error = format!("{:#}", parsed(text).unwrap_err());
            assert!(error.starts_with("runtime.toml:1:") || error.starts_with("runtime.toml:2:"), "{error}");
            assert!(error.contains(place), "{error}");
        }
    }
}
