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

/// A report as JSON, with the errors of what cannot be accessed. The query of the request is a URL to call.
pub async fn to_this_component(request: &Request) -> Value {
    let directories: Vec<_> = get_directories().into_iter().map(|(_, name)| name).collect();
    let files = PLACES.iter().filter(|place| fs::metadata(place).is_ok() || fs::read_dir(place).is_ok());
    let called = match request.uri().query() {
        Some(url) => get(url)
            .await
            .map_or_else(|error| error.to_string(), |response| response.status().as_u16().to_string()),
        None => String::new(),
    };
    json!({
        "environment": get_environment(),
        "arguments": get_arguments(),
        "directories": directories,
        "files": files.collect::<Vec<_>>(),
        "variable": variables::get("backend_timeout_ms").await.err().map(|error| error.to_string()),
        "database": Connection::open_default().await.err().map(|error| error.to_string()),
        "store": Store::open_default().await.err().map(|error| error.to_string()),
        "called": called,
    })
}
