use std::cell::RefCell;

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use http::request::Parts;
use http::{HeaderName, Method};
use percent_encoding::percent_decode_str;

use crate::{Error, Log, Response, request_id};

/// A request to a service, with its log and its background tasks.
pub struct Request {
    parts: Parts,
    segments: Vec<String>,
    /// The client's `x-request-id`, or a new one.
    pub id: String,
    pub log: Log,
    background_tasks: RefCell<Vec<LocalBoxFuture<'static, ()>>>,
}

impl Request {
    pub(crate) fn new(service: &'static str, request: spin_sdk::http::Request) -> Self {
        let (parts, _) = request.into_parts();
        let id = request_id::accepted_or_new(list(&parts, &request_id::X_REQUEST_ID));
        let log = Log::new(service, &parts.method, parts.uri.path(), &id);
        let segments = segments(parts.uri.path());
        Self { parts, segments, id, log, background_tasks: RefCell::default() }
    }

    pub fn method(&self) -> &Method {
        &self.parts.method
    }

    /// The path as it was sent, percent-encoded.
    pub fn path(&self) -> &str {
        self.parts.uri.path()
    }

    /// The text after the question mark, empty if there is none.
    pub fn query(&self) -> &str {
        self.parts.uri.query().unwrap_or_default()
    }

    /// The values of all header lines of this name as one list (RFC 9110, section 5.3), empty if there is none.
    /// `None` if they are not UTF-8.
    pub fn header(&self, name: &HeaderName) -> Option<String> {
        list(&self.parts, name)
    }

    /// The percent-decoded segments of the path. One trailing slash is ignored.
    pub fn segments(&self) -> Vec<&str> {
        self.segments.iter().map(String::as_str).collect()
    }

    /// The response of a route: that of `handler` for GET and HEAD. Spin leaves out the body for HEAD.
    ///
    /// # Errors
    /// 405 for other methods, for which `handler` does not run, and the errors of `handler`.
    pub async fn get(
        &self,
        handler: impl Future<Output = Result<Response, Error>>,
    ) -> Result<Response, Error> {
        match *self.method() {
            Method::GET | Method::HEAD => handler.await,
            _ => Err(Error::MethodNotAllowed),
        }
    }

    /// Runs `task` in the background once the response has been sent.
    pub fn after_response(&self, task: impl Future<Output = ()> + 'static) {
        self.background_tasks.borrow_mut().push(task.boxed_local());
    }

    pub(crate) fn into_background_tasks(self) -> Vec<LocalBoxFuture<'static, ()>> {
        self.background_tasks.into_inner()
    }
}

fn list(parts: &Parts, name: &HeaderName) -> Option<String> {
    let lines: Vec<&[u8]> = parts.headers.get_all(name).iter().map(|line| line.as_bytes()).collect();
    String::from_utf8(lines.join(&b',')).ok()
}

/// Bytes that are not UTF-8 become replacement characters, which match no route and no parameter.
fn segments(path: &str) -> Vec<String> {
    let path = path.strip_suffix('/').unwrap_or(path);
    let path = path.strip_prefix('/').unwrap_or(path);
    path.split('/').map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_split_before_they_are_decoded_and_one_trailing_slash_is_ignored() {
        for (path, expected) in [
            ("/x/items", &["x", "items"][..]),
            ("/x/items/", &["x", "items"]),
            ("/x/items//", &["x", "items", ""]),
            ("//x/items", &["", "x", "items"]),
            ("/%78/%69tems", &["x", "items"]),
            ("/x/a%2Fb", &["x", "a/b"]),
            ("/x/%C3%9F", &["x", "ß"]),
            ("/x/%ff", &["x", "\u{fffd}"]),
            ("/x/%zz%", &["x", "%zz%"]),
            ("/", &[""]),
        ] {
            assert_eq!(segments(path), expected, "{path}");
        }
    }
}
