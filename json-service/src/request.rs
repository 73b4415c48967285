use http::{HeaderName, Method};
use spin_sdk::wasip3::http::types::{self as wasi, ErrorCode};

/// What the services look at in a request.
///
/// Whatever is read of it is a call to the host and a copy, so headers are read one by one by those who
/// need them. `spin_sdk::http::Request` brings them all, and takes a tenth of the time of a dashboard.
pub struct Request {
    /// Such as `GET`.
    pub method: Method,
    /// From its first slash up to a question mark, percent-encoded.
    pub path: String,
    /// What follows the question mark, empty if there is none.
    pub query: String,
    received: wasi::Request,
}

impl Request {
    /// # Errors
    /// For a method that is none by RFC 9110.
    pub(crate) fn new(received: wasi::Request) -> Result<Self, ErrorCode> {
        let method = received.get_method().try_into();
        let method = method.map_err(|_| ErrorCode::HttpRequestMethodInvalid)?;
        let target = received.get_path_with_query().unwrap_or_default();
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        Ok(Self { method, path: path.to_owned(), query: query.to_owned(), received })
    }

    /// The values of all fields of this name, in their order.
    pub fn header(&self, name: &HeaderName) -> Vec<Vec<u8>> {
        self.received.get_headers().get(name.as_str())
    }
}
