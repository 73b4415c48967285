use std::cell::RefCell;

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use http::{HeaderName, Method};
use spin_sdk::wasip3::http::types::{self as wasi, ErrorCode, Fields};

use crate::Log;
use crate::request_id::{self, X_REQUEST_ID};

/// What the services look at in a request.
///
/// Whatever is read of it is a call to the host and a copy, so its fields are read one by one by those who
/// need them.
pub struct Request {
    /// Such as `GET`.
    pub method: Method,
    /// From its first slash up to a question mark, percent-encoded.
    pub path: String,
    /// What follows the question mark, empty if there is none.
    pub query: String,
    /// The text in the place of the route's parameter, percent-decoded; empty if there is none.
    pub parameter: String,
    /// The client's `x-request-id`, or a new one.
    pub id: String,
    pub log: Log,
    pub(crate) later: RefCell<Vec<LocalBoxFuture<'static, ()>>>,
    fields: Fields,
}

impl Request {
    /// # Errors
    /// For a method that is none by RFC 9110.
    pub(crate) fn new(service: &'static str, received: wasi::Request) -> Result<Self, ErrorCode> {
        let method = received.get_method().try_into();
        let method = method.map_err(|_| ErrorCode::HttpRequestMethodInvalid)?;
        let target = received.get_path_with_query().unwrap_or_default();
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        let (path, query) = (path.to_owned(), query.to_owned());
        let fields = received.get_headers();
        let id = request_id::accepted_or_new(value(&fields, &X_REQUEST_ID));
        let log = Log::new(service, &method, &path, &id);
        Ok(Self { method, path, query, parameter: String::new(), id, log, later: RefCell::default(), fields })
    }

    /// The values of all fields of this name, in their order, as one list (RFC 9110, section 5.3); empty if
    /// there is none, `None` if it is no UTF-8.
    pub fn header(&self, name: &HeaderName) -> Option<String> {
        value(&self.fields, name)
    }

    /// Does `work` once the response has been sent.
    pub fn after_response(&self, work: impl Future<Output = ()> + 'static) {
        self.later.borrow_mut().push(work.boxed_local());
    }
}

fn value(fields: &Fields, name: &HeaderName) -> Option<String> {
    String::from_utf8(fields.get(name.as_str()).join(&b',')).ok()
}
