//! Operations on a key-value store, for tests of a runtime.

use serde_json::{Value, json};
use spin_sdk::http::Request;
use spin_sdk::key_value::{Error, Store};

/// A value and all keys of the store whose label is the query, or the first error.
pub async fn contents(request: &Request) -> Value {
    let label = request.uri().query().unwrap_or("default");
    steps(label).await.unwrap_or_else(|error| json!({ "error": format!("{error:?}") }))
}

async fn steps(label: &str) -> Result<Value, Error> {
    let store = Store::open(label).await?;
    assert_eq!(store.get("key").await?, None);
    store.set("key", "first").await?;
    store.set("key", b"\0\xff").await?;
    assert_eq!(store.get("key").await?, Some(vec![0, 0xff]));
    let given = store.get("given").await?.map(|given| String::from_utf8_lossy(&given).into_owned());
    let mut keys = store.get_keys().await.collect().await?;
    keys.sort();
    store.delete("key").await?;
    store.delete("key").await?;
    assert!(!store.exists("key").await?);
    store.set("left", "value").await?;
    Ok(json!({ "given": given, "keys": keys }))
}
