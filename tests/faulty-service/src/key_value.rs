//! What a component gets from a key-value store: this is for tests of what a host offers.

use serde_json::{Value, json};
use spin_sdk::http::Request;
use spin_sdk::key_value::{Error, Store};

/// What a store with the label in the query answers, step by step, or the error that it begins or ends with.
pub async fn as_it_answers(request: &Request) -> Value {
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
