//! What the three services share, and nothing else: reading a path, answering in JSON with a known
//! length, turning an error into a status and a line in the log, long lists in pages, and the one
//! database connection that an instance keeps.

use http::{Method, Response, StatusCode};
use spin_sdk::wasip3::http::types::{self as wasi, ErrorCode};

pub mod database;
mod error;
mod log;
pub mod pages;
pub mod path;
mod request;
mod response;

pub use error::Error;
pub use log::Log;
pub use request::Request;
pub use response::{Body, json_response};

/// What a service makes of a known path.
pub type Answer = Result<Response<Body>, Error>;

/// A 200 with the JSON that a query has made.
pub fn ok(json: impl Into<Vec<u8>>) -> Answer {
    Ok(json_response(StatusCode::OK, json))
}

/// Answers one request of `service`: finds its route, checks its method, lets `respond` answer it, and
/// turns every error into JSON, with its cause in the log.
///
/// HEAD is answered like GET; the host leaves out the body and keeps its length.
///
/// # Errors
/// Only where the host refuses a response as such.
pub async fn serve<R>(
    service: &'static str,
    request: wasi::Request,
    parse: impl Fn(&str) -> Option<R>,
    respond: impl AsyncFnOnce(R, &Request, &Log) -> Answer,
) -> Result<wasi::Response, ErrorCode> {
    let request = Request::new(request)?;
    let log = Log::new(service, &request.method, &request.path);
    let answer = match (parse(&request.path), &request.method) {
        (None, _) => Err(Error::NotFound("Not found")),
        (Some(route), &Method::GET | &Method::HEAD) => respond(route, &request, &log).await,
        (Some(_), _) => Err(Error::MethodNotAllowed),
    };
    let response = answer.unwrap_or_else(|error| {
        if let Error::Internal(cause) = &error {
            log.failure(cause);
        }
        error.to_response()
    });
    response::send(response, move |cause| log.failure(cause)).await
}
