//! One line of JSON on stderr for each failure, and none for a success.

use std::fmt::Display;
use std::time::Duration;

use http::Request;
use serde_json::json;

/// Reports what was asked of `service`, the chain of causes why it failed, and how long that took.
///
/// ```text
/// {"level":"error","service":"customers-service","request":"GET /customers/count","elapsedMs":2,"error":"cannot …: no such table: Customers"}
/// ```
pub fn failure(service: &str, request: &str, cause: &anyhow::Error, elapsed: Duration) {
    line(service, request, elapsed, format_args!("{cause:#}"));
}

fn line(service: &str, request: &str, elapsed: Duration, error: impl Display) {
    let elapsed = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    eprintln!(
        r#"{{"level":"error","service":{},"request":{},"elapsedMs":{elapsed},"error":{}}}"#,
        json!(service),
        json!(request),
        json!(error.to_string()),
    );
}

/// Method and path of a request, as a log line names it.
pub fn request_line<B>(request: &Request<B>) -> String {
    format!("{} {}", request.method(), request.uri().path())
}
