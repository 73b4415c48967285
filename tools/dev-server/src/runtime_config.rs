//! `--runtime-config-file`: where the databases and the key-value stores are, for people who do not want
//! them in the state directory. Everything else in such a file is left to Spin.

use crate::key_value::{FileStore, RedisStore, Store};
use crate::sqlite::Database;
use crate::text_file::TextFile;
use anyhow::{Context, Result};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
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

/// What is configured, by label.
#[derive(Default)]
pub struct Configured {
    pub databases: HashMap<String, Database>,
    pub stores: HashMap<String, Arc<dyn Store>>,
    /// `[section.label: type]` for each.
    pub summary: Vec<String>,
}

/// Reads what is configured. As in Spin, the relative path of a database starts at the working directory,
/// that of a key-value store at the directory of the file.
///
/// # Errors
/// If the file cannot be read, or asks for something that only Spin has.
pub fn load(file: &Path) -> Result<Configured> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("failed to read the runtime config file {name}"))?;
    let directory = std::path::absolute(file)?;
    let directory = directory.parent().unwrap_or(Path::new("/"));
    parse(&TextFile { name: &name, text: &text }, directory)
}

fn parse(file: &TextFile<'_>, directory: &Path) -> Result<Configured> {
    let config: Config = toml::from_str(file.text).map_err(|err| file.toml_error(&err)).context(
        "this host knows [sqlite_database.<label>] with type = \"spin\" and a path, [key_value_store.<label>] with that or with type = \"redis\" and a url, and leaves the rest to Spin: start the app with `spin up`",
    )?;
    let mut configured = Configured::default();
    for (label, store) in config.key_value_store {
        let (kind, store): (_, Arc<dyn Store>) = match store {
            KeyValueStore::Spin { path } => ("spin", Arc::new(FileStore::new(&label, directory.join(path)))),
            KeyValueStore::Redis { url } => {
                let store = RedisStore::new(&url).with_context(|| {
                    format!("{}: could not configure key-value store with label '{label}'", file.name)
                })?;
                ("redis", Arc::new(store))
            }
        };
        configured.summary.push(format!("[key_value_store.{label}: {kind}]"));
        configured.stores.insert(label, store);
    }
    for (label, SqliteDatabase::Spin { path }) in config.sqlite_database {
        configured.summary.push(format!("[sqlite_database.{label}: spin]"));
        configured.databases.insert(label, Database(std::path::absolute(path)?));
    }
    Ok(configured)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Configured> {
        parse(&TextFile { name: "runtime.toml", text }, Path::new("/etc/app"))
    }

    #[test]
    fn a_path_may_be_relative_or_absolute() {
        let configured = parsed(
            "[sqlite_database.default]\ntype = \"spin\"\npath = \"data/my.db\"\n\
             [sqlite_database.other]\ntype = \"spin\"\npath = \"/tmp/other.db\"\n\
             [key_value_store.default]\ntype = \"spin\"\npath = \"kv.db\"\n\
             [key_value_store.other]\ntype = \"spin\"\npath = \"/tmp/kv.db\"\n",
        );
        let Configured { databases, stores, .. } = configured.unwrap();
        assert_eq!(databases["default"].0, std::env::current_dir().unwrap().join("data/my.db"));
        assert_eq!(databases["other"].0, Path::new("/tmp/other.db"));
        assert_eq!(stores["default"].to_string(), "\"/etc/app/kv.db\"");
        assert_eq!(stores["other"].to_string(), "\"/tmp/kv.db\"");
    }

    #[test]
    fn what_is_configured_is_listed_as_spin_lists_it() {
        let configured = parsed(
            "[sqlite_database.default]\ntype = \"spin\"\npath = \"my.db\"\n\
             [key_value_store.other]\ntype = \"spin\"\npath = \"kv.db\"\n\
             [key_value_store.default]\ntype = \"redis\"\nurl = \"redis://:secret@example.com:6380/2\"\n",
        );
        let Configured { stores, summary, .. } = configured.unwrap();
        assert_eq!(
            summary.join(", "),
            "[key_value_store.default: redis], [key_value_store.other: spin], [sqlite_database.default: spin]"
        );
        assert_eq!(stores["default"].to_string(), "Redis at example.com:6380");
    }

    #[test]
    fn a_url_that_is_none_of_redis_is_refused() {
        for url in ["", "localhost:6379", "http://localhost", "redis://localhost/x"] {
            let error = parsed(&format!("[key_value_store.x]\ntype = \"redis\"\nurl = {url:?}\n")).err();
            let error = format!("{:#}", error.unwrap());
            assert!(
                error.starts_with(
                    "runtime.toml: could not configure key-value store with label 'x': Invalid Redis URL"
                ),
                "{error}"
            );
        }
    }

    #[test]
    fn everything_else_is_named_with_its_place() {
        for (text, place) in [
            ("[sqlite_database.default]\ntype = \"libsql\"\nurl = \"http://x\"\n", "libsql"),
            ("[llm_compute]\ntype = \"spin\"\n", "llm_compute"),
            ("[key_value_store.default]\ntype = \"redis\"\n", "missing field `url`"),
            ("[key_value_store.default]\ntype = \"azure_cosmos\"\n", "azure_cosmos"),
            ("[sqlite_database.default]\ntype = \"spin\"\npath = \"x\"\npth = 1\n", "pth"),
            ("[sqlite_database.default]\ntype = \"spin\"\n", "missing field `path`"),
            ("[sqlite_database.default]\npath = \"x\"\n", "missing field `type`"),
            ("sqlite_database = 1", "invalid type"),
        ] {
            let error = format!("{:#}", parsed(text).err().unwrap());
            assert!(error.contains("runtime.toml:1:") || error.contains("runtime.toml:2:"), "{error}");
            assert!(error.contains(place) && error.contains("spin up"), "{error}");
        }
    }
}
