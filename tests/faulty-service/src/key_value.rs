//! The results of operations on a key-value store, for tests of a runtime.

use serde_json::{Value, json};
use spin_sdk::http::Request;
use spin_sdk::key_value::{Error, Store};

/// The results of each operation on the store whose label is the query, or the first error.
pub async fn responses(request: &Request) -> Value {
    let label = request.uri().query().unwrap_or("default");
    steps(label).await.unwrap_or_else(|error| json!({ "error": format!("{error:?}") }))
}

async fn steps(label: &str) -> Result<Value, Error> {
    let store = Store::open(label).await?;
    let given = store.get("given").await?;
    let before = store.get("key").await?;
    store.set("key", "first").await?;
    store.set("key", b"\0\xff").await?;
    let set = store.get("key").await?;
    let exists = store.exists("key").await?;
    let mut keys = store.get_keys().await.collect().await?;
    keys.sort();
    store.delete("key").await?;
    store.delete("key").await?;
    let deleted = store.get("key").await?;
    let exists_still = store.exists("key").await?;
    store.set("left", "value").await?;
    Ok(json!({
        "given": given, "before": before, "set": set, "exists": exists, "keys": keys, "deleted": deleted,
        "exists_still": exists_still,
    }))
}
