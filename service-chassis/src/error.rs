use std::fmt;

use http::StatusCode;
use http::header::{ALLOW, HeaderValue};
use serde_json::json;

use crate::database::TimedOut;
use crate::{Response, json};

/// The methods of every route.
pub(crate) const METHODS: &str = "GET, HEAD";

/// Why a request is not answered with 200.
#[derive(Debug)]
pub enum Error {
    /// 400, with a message that says what is wrong with the request.
    BadRequest(&'static str),
    /// 404, with a message that says what was not found.
    NotFound(&'static str),
    /// 405
    MethodNotAllowed,
    /// 500. The cause goes to the log and never to the client.
    Internal(anyhow::Error),
    /// 503, after a timeout of the database. The cause goes to the log.
    Unavailable(TimedOut),
}

impl Error {
    fn status(&self) -> StatusCode {
        match self {
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The message that the client gets.
    fn message(&self) -> &'static str {
        match self {
            Self::BadRequest(message) | Self::NotFound(message) => message,
            Self::MethodNotAllowed => "Method not allowed, use GET or HEAD",
            Self::Internal(_) => "The data cannot be read at the moment",
            Self::Unavailable(_) => "The data could not be read in time",
        }
    }

    /// The response to the client: `{"message": "…"}` with the right status.
    pub(crate) fn to_response(&self) -> Response {
        let mut response = json(self.status(), json!({ "message": self.message() }).to_string());
        if matches!(self, Self::MethodNotAllowed) {
            response.headers_mut().insert(ALLOW, HeaderValue::from_static(METHODS));
        }
        response
    }

    /// The text for the log, `None` if the client caused the error.
    pub(crate) fn cause(&self) -> Option<String> {
        match self {
            Self::Internal(cause) => Some(format!("{cause:#}")),
            Self::Unavailable(cause) => Some(cause.to_string()),
            Self::BadRequest(_) | Self::NotFound(_) | Self::MethodNotAllowed => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.cause().unwrap_or_else(|| self.message().to_owned()))
    }
}

impl std::error::Error for Error {}

impl From<anyhow::Error> for Error {
    fn from(cause: anyhow::Error) -> Self {
        cause.downcast::<TimedOut>().map_or_else(Self::Internal, Self::Unavailable)
    }
}
