use std::time::Duration;

use http::{Request, Response};
use ureq::{Agent, Body};

use crate::Reply;

/// Longer than any answer takes that does come to somebody who reads it.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// A client that keeps its connections, takes every answer as it is, and gives up one whose head or whose
/// body takes longer than `patience`.
pub fn agent(patience: impl Into<Option<Duration>>) -> Agent {
    let patience = patience.into();
    // A limit on the whole would hold for the name of the host too, and ureq looks it up in a thread of its own then,
    // for each request: 80 µs of CPU.
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

/// The whole answer to a GET from a client of its own.
///
/// # Panics
/// If it does not come.
pub fn get(url: &str) -> Reply {
    let request = Request::get(url).body(()).expect("a URL");
    agent(PATIENCE).run(request).and_then(whole).unwrap_or_else(|error| panic!("GET {url}: {error}"))
}

/// Reads an answer to its end.
///
/// # Errors
/// If it is cut off.
pub(crate) fn whole(response: Response<Body>) -> Result<Reply, ureq::Error> {
    let (head, mut body) = response.into_parts();
    let body = body.with_config().limit(u64::MAX).read_to_vec()?;
    Ok(Reply { status: head.status, headers: head.headers, body })
}
