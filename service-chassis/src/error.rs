use http::header::{ALLOW, HeaderValue};
use http::{Response, StatusCode};
use serde_json::json;

use crate::{Body, database, json_response};

/// Why a request is not answered with 200.
#[derive(Debug)]
pub enum Error {
    /// 400, with what is wrong about the request.
    BadRequest(&'static str),
    /// 404, with what there is none of.
    NotFound(&'static str),
    /// 405, since every route knows GET and HEAD only.
    MethodNotAllowed,
    /// 500. The cause goes to the log, never to the client.
    Internal(anyhow::Error),
    /// 503: what is needed for an answer was not there in time. The cause goes to the log.
    Unavailable(anyhow::Error),
}

impl From<anyhow::Error> for Error {
    fn from(cause: anyhow::Error) -> Self {
        match cause.is::<database::TimedOut>() {
            true => Self::Unavailable(cause),
            false => Self::Internal(cause),
        }
    }
}

impl Error {
    /// The answer that a client gets: `{"message": "…"}` with the right status.
    pub fn to_response(&self) -> Response<Body> {
        let (status, message) = match self {
            Self::BadRequest(message) => (StatusCode::BAD_REQUEST, *message),
            Self::NotFound(message) => (StatusCode::NOT_FOUND, *message),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "Method not allowed, use GET or HEAD"),
            Self::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "The data cannot be read at the moment"),
            Self::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, "The data was not there in time"),
        };
        let mut response = json_response(status, json!({ "message": message }).to_string());
        if matches!(self, Self::MethodNotAllowed) {
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        }
        response
    }
}
