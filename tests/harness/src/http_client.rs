use std::time::Duration;

use http::{HeaderMap, Request, Response, StatusCode};
use serde_json::Value;
use ureq::{Agent, Body};

/// Longer than any response takes.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// A response with its body.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Reply {
    /// The value of a header, which must not occur twice.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next().map(|value| value.to_str().expect("a header in ASCII"));
        assert!(values.next().is_none(), "{name} is there twice: {:?}", self.headers);
        value
    }

    /// The body as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a body in UTF-8")
    }

    /// The body as JSON. The content type is checked.
    pub fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), Some("application/json"), "{self:?}");
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.text()))
    }

    /// Asserts that this is an error `{"message": …}` with a `content-length`, and returns the message.
    pub fn error(&self, status: u16) -> String {
        assert_eq!(self.status, status, "{:?}", self.text());
        assert_eq!(self.header("content-length"), Some(self.body.len().to_string().as_str()));
        let json = self.json();
        let keys: Vec<_> = json.as_object().expect("an error is an object").keys().collect();
        assert_eq!(keys, ["message"]);
        json["message"].as_str().expect("a message is text").to_owned()
    }
}

/// A client with keep-alive that follows no redirects. `patience` is the timeout for the head of a response, and
/// for its body.
pub fn agent(patience: Duration) -> Agent {
    // With a global timeout ureq resolves the host in a new thread for each request: 80 µs of CPU.
    Agent::config_builder()
        .http_status_as_error(false)
        .allow_non_standard_methods(true)
        .max_redirects(0)
        .proxy(None)
        .timeout_recv_response(Some(patience))
        .timeout_recv_body(Some(patience))
        .build()
        .into()
}

/// Sends a GET with a new client.
pub fn get(url: &str, headers: &[(&str, &str)]) -> Reply {
    let response = send(&agent(PATIENCE), "GET", url, headers);
    response.and_then(read).unwrap_or_else(|error| panic!("GET {url}: {error}"))
}

/// Sends a request without a body, and returns after the head of the response.
pub(crate) fn send(
    agent: &Agent,
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
) -> Result<Response<Body>, ureq::Error> {
    let request = Request::builder().method(method).uri(url);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    agent.run(request.body(()).expect("the request of the test is right"))
}

/// Reads a response to its end; an error if it ends early.
pub(crate) fn read(response: Response<Body>) -> Result<Reply, ureq::Error> {
    let (head, mut body) = response.into_parts();
    let body = body.with_config().limit(u64::MAX).read_to_vec()?;
    Ok(Reply { status: head.status, headers: head.headers, body })
}
