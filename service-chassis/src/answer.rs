use http::{Response, StatusCode};

use crate::{Body, Error, json_response};

/// What a service makes of a known path.
pub type Answer = Result<Response<Body>, Error>;

/// A 200 with the JSON that a query has made.
pub fn ok(json: impl Into<Vec<u8>>) -> Answer {
    Ok(json_response(StatusCode::OK, json))
}
