//! `--runtime-config-file`: the places of databases and key-value stores.

use crate::key_value::{FileStore, RedisStore, Store};
use crate::sqlite::Database;
use anyhow::{Context, Result};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    key_value_store: BTreeMap<String, KeyValueStore>,
    #[serde(default)]
    sqlite_database: BTreeMap<String, SqliteDatabase>,
}

/// `[key_value_store.x]`
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
enum KeyValueStore {
    Spin { path: PathBuf },
    Redis { url: String },
}

/// `[sqlite_database.x]`
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
enum SqliteDatabase {
    Spin { path: PathBuf },
}

/// The configured databases and stores by label.
#[derive(Default)]
pub struct RuntimeConfig {
    pub databases: HashMap<String, Arc<Database>>,
    pub stores: HashMap<String, Arc<dyn Store>>,
    /// `[section.label: type]` for each.
    pub summary: Vec<String>,
}

impl RuntimeConfig {
    /// Reads a runtime config file.
    ///
    /// # Errors
    /// If it cannot be read, or uses a feature that the development server does not support.
    pub fn load(file: &Path) -> Result<Self> {
        let name = file.display().to_string();
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("failed to read the runtime config file {name}"))?;
        Self::parse(&text, file).context(name)
    }

    /// As in Spin, the relative path of a database starts at the working directory, that of a key-value
    /// store at the directory of the file.
    fn parse(text: &str, file: &Path) -> Result<Self> {
        let File { key_value_store, sqlite_database } = toml::from_str(text).context(
            "the development server supports [sqlite_database.<label>] of type \"spin\" with a path and [key_value_store.<label>] of type \"spin\" with a path or \"redis\" with a url; for anything else use Spin",
        )?;
        let mut config = Self::default();
        for (label, store) in key_value_store {
            let (kind, store): (_, Arc<dyn Store>) = match store {
                KeyValueStore::Spin { path } => {
                    let path = std::path::absolute(file)?.with_file_name("").join(path);
                    ("spin", Arc::new(FileStore::new(&label, path)))
                }
                KeyValueStore::Redis { url } => {
                    let store = RedisStore::new(&url)
                        .with_context(|| format!("could not configure key-value store with label '{label}'"));
                    ("redis", Arc::new(store?))
                }
            };
            config.summary.push(format!("[key_value_store.{label}: {kind}]"));
            config.stores.insert(label, store);
        }
        for (label, SqliteDatabase::Spin { path }) in sqlite_database {
            config.summary.push(format!("[sqlite_database.{label}: spin]"));
            config.databases.insert(label, Arc::new(Database(std::path::absolute(path)?)));
        }
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<RuntimeConfig> {
        RuntimeConfig::parse(text, Path::new("/etc/app/runtime.toml"))
    }

    #[test]
    fn databases_and_stores_have_the_places_that_spin_gives_them() {
        let config = parsed(
            "[sqlite_database.default]\ntype = \"spin\"\npath = \"data/my.db\"\n\
             [key_value_store.default]\ntype = \"redis\"\nurl = \"redis://:secret@example.com:6380/2\"\n\
             [key_value_store.other]\ntype = \"spin\"\npath = \"kv.db\"\n",
        );
        let RuntimeConfig { databases, stores, summary } = config.unwrap();
        assert_eq!(databases["default"].0, std::env::current_dir().unwrap().join("data/my.db"));
        assert_eq!(stores["default"].to_string(), "Redis at example.com:6380");
        assert_eq!(stores["other"].to_string(), "\"/etc/app/kv.db\"");
        assert_eq!(
            summary.join(", "),
            "[key_value_store.default: redis], [key_value_store.other: spin], [sqlite_database.default: spin]"
        );
    }

    #[test]
    fn everything_else_is_named() {
        for (text, named) in [
            ("[sqlite_database.default]\ntype = \"libsql\"\nurl = \"http://x\"\n", "`libsql`"),
            ("[llm_compute]\ntype = \"spin\"\n", "line 1, column 2"),
            ("[key_value_store.default]\ntype = \"redis\"\n", "missing field `url`"),
            ("[sqlite_database.default]\ntype = \"spin\"\npath = \"x\"\npth = 1\n", "`pth`"),
            ("[sqlite_database.default]\npath = \"x\"\n", "missing field `type`"),
        ] {
            let error = format!("{:#}", parsed(text).err().unwrap());
            assert!(error.contains(named) && error.contains("use Spin"), "{error}");
        }
    }
}
