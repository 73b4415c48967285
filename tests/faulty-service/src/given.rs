//! Everything that a component can access, for tests of a runtime.

use std::fs;

use serde_json::{Value, json};
use spin_sdk::http::{Request, get};
use spin_sdk::key_value::Store;
use spin_sdk::sqlite::Connection;
use spin_sdk::variables;
use spin_sdk::wasip3::cli::environment::{get_arguments, get_environment};
use spin_sdk::wasip3::filesystem::preopens::get_directories;

/// Paths that exist if there is a file system.
const PLACES: [&str; 5] = ["/", ".", "/etc/passwd", "spin.toml", "/proc/self/environ"];

/// A report as JSON. The query of the request is a URL to call.
pub async fn to_this_component(request: &Request) -> Value {
    let directories: Vec<_> = get_directories().into_iter().map(|(_, name)| name).collect();
    let files = PLACES.iter().filter(|place| fs::metadata(place).is_ok() || fs::read_dir(place).is_ok());
    let headers: Vec<_> = request.headers().keys().map(ToString::to_string).collect();
    let called = match request.uri().query() {
        Some(url) => get(url)
            .await
            .map_or_else(|error| error.to_string(), |response| response.status().as_u16().to_string()),
        None => String::new(),
    };
    let variable = variables::get("backend_timeout_ms").await;
    let store = Store::open_default().await;
    let database = Connection::open_default().await;
    json!({
        "environment": get_environment(),
        "arguments": get_arguments(),
        "directories": directories,
        "files": files.collect::<Vec<_>>(),
        "variable": outcome(variable),
        "database": outcome(database.map(|_| Value::Null)),
        "store": outcome(store.map(|_| Value::Null)),
        "headers": headers,
        "called": called,
    })
}

fn outcome<T: Into<Value>>(result: Result<T, impl ToString>) -> Value {
    match result {
        Ok(value) => json!({ "Ok": value.into() }),
        Err(error) => json!({ "Err": error.to_string() }),
    }
}
