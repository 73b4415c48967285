//! The stores of the application: which there are, and what `--key-value` puts into them before the first
//! request.

use super::file_store::FileStore;
use super::store::Store;
use anyhow::{Context, Result, anyhow};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

/// The label that exists without any configuration.
pub const DEFAULT: &str = "default";

const DEFAULT_FILE: &str = "sqlite_key_value.db";

/// Stores by label.
pub struct Stores(HashMap<String, Arc<dyn Store>>);

impl Stores {
    /// The configured stores, and the default one in the state directory unless it is configured.
    pub fn new(mut configured: HashMap<String, Arc<dyn Store>>, state_dir: &Path) -> Self {
        configured
            .entry(DEFAULT.to_owned())
            .or_insert_with(|| Arc::new(FileStore::new(DEFAULT, state_dir.join(DEFAULT_FILE))));
        Self(configured)
    }

    /// The store with a label.
    ///
    /// # Errors
    /// If nothing defines it.
    pub fn get(&self, label: &str) -> Result<&Arc<dyn Store>> {
        self.0.get(label).with_context(|| {
            format!(
                "unknown key_value_stores label {label:?}: check the spelling, or define it in a --runtime-config-file"
            )
        })
    }

    /// Puts the pairs of `--key-value` into the default store.
    ///
    /// # Errors
    /// If the store does not take them.
    pub async fn prepare(&self, pairs: &[(String, String)]) -> Result<()> {
        if pairs.is_empty() {
            return Ok(());
        }
        let store = self.get(DEFAULT)?;
        let failed = |err| anyhow!("--key-value: failed to set a pair in {store}: {err}");
        store.open().await.map_err(failed)?;
        for (key, value) in pairs {
            store.set(key.clone(), value.clone().into_bytes()).await.map_err(failed)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::tempdir;

    #[tokio::test]
    async fn pairs_go_into_the_default_store() {
        let directory = tempdir().unwrap();
        let stores = Stores::new(HashMap::new(), directory.path());
        let file = directory.path().join("sqlite_key_value.db");
        stores.prepare(&[]).await.unwrap();
        assert!(!file.exists());
        let pair = |value: &str| ("key".to_owned(), value.to_owned());
        stores.prepare(&[pair("1"), pair("2")]).await.unwrap();
        let store = stores.get(DEFAULT).unwrap();
        assert_eq!(store.get("key".to_owned()).await.unwrap(), Some(b"2".to_vec()));
        assert_eq!(store.to_string(), format!("\"{}\"", file.display()));
    }

    #[tokio::test]
    async fn pairs_that_cannot_be_set_are_an_error() {
        let directory = tempdir().unwrap();
        std::fs::create_dir(directory.path().join("sqlite_key_value.db")).unwrap();
        let stores = Stores::new(HashMap::new(), directory.path());
        let error = stores.prepare(&[(String::new(), String::new())]).await.unwrap_err().to_string();
        assert!(
            error.starts_with("--key-value: failed to set a pair in ") && error.contains("CannotOpen"),
            "{error}"
        );
    }

    #[test]
    fn a_label_that_nothing_defines_is_an_error() {
        let stores = Stores::new(HashMap::new(), Path::new(".spin"));
        let error = stores.get("other").err().unwrap().to_string();
        assert!(error.starts_with("unknown key_value_stores label \"other\""), "{error}");
    }
}
