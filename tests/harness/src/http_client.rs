use std::time::Duration;

use http::{Request, Response};
use ureq::{Agent, Body};

use crate::Reply;

/// Longer than any response takes.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// A client with keep-alive that follows no redirects. `patience` is the timeout for the head of a response, and
/// for its body.
pub fn agent(patience: impl Into<Option<Duration>>) -> Agent {
    let patience = patience.into();
    // With a global timeout ureq resolves the host in a new thread for each request: 80 µs of CPU.
    Agent::config_builder()
        .http_status_as_error(false)
        .allow_non_standard_methods(true)
        .max_redirects(0)
        .proxy(None)
        .timeout_recv_response(patience)
        .timeout_recv_body(patience)
        .build()
        .into()
}

/// Sends a GET with a new client.
///
/// # Panics
/// If it fails.
pub fn get(url: &str) -> Reply {
    let request = Request::get(url).body(()).expect("a URL");
    agent(PATIENCE).run(request).and_then(read).unwrap_or_else(|error| panic!("GET {url}: {error}"))
}

/// Reads a response to its end.
///
/// # Errors
/// If it ends early.
pub(crate) fn read(response: Response<Body>) -> Result<Reply, ureq::Error> {
    let (head, mut body) = response.into_parts();
    let body = body.with_config().limit(u64::MAX).read_to_vec()?;
    Ok(Reply { status: head.status, headers: head.headers, body })
}
