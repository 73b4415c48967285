//! How a service handles a request.

use http::StatusCode;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS,
};
use spin_sdk::wasip3::http::types::{self as wasi, ErrorCode};

use crate::cors::Cors;
use crate::request_id::X_REQUEST_ID;
use crate::{DurationVariable, Error, Request, Response, response};

/// One component of the app.
pub struct Service {
    /// Its name in `spin.toml`, for the log.
    pub name: &'static str,
    /// The variables that it reads.
    pub variables: &'static [&'static DurationVariable],
}

impl Service {
    /// Answers a request by `route`. An error becomes a JSON response, and its cause goes to the log.
    ///
    /// # Errors
    /// If the host rejects the response, which is a bug.
    pub async fn handle(
        &self,
        request: spin_sdk::http::Request,
        route: impl AsyncFnOnce(&Request) -> Result<Response, Error>,
    ) -> Result<wasi::Response, ErrorCode> {
        let request = Request::new(self.name, request);
        for variable in self.variables {
            variable.read(&request.log).await;
        }
        let cors = Cors::of_instance(&request.log).await;

        let mut response = match route(&request).await {
            Ok(response) => response,
            Err(Error::MethodNotAllowed) if cors.is_preflight(&request) => cors.preflight_response(),
            Err(error) => {
                if let Some(cause) = error.cause() {
                    request.log.error(&cause);
                }
                error.to_response()
            }
        };
        cors.add_headers(response.headers_mut(), &request);
        let status = response.status();
        add_default_headers(response.headers_mut(), status);
        if let Ok(id) = HeaderValue::from_str(&request.id) {
            response.headers_mut().insert(X_REQUEST_ID, id);
        }
        let log = request.log.clone();
        response::send(response, request.into_background_tasks(), log).await
    }
}

pub(crate) const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-resource-policy");

/// Adds default headers where the response has none of its own: browsers must not guess its type, embed it in another
/// page, or reuse it without revalidation. Errors are not stored at all.
fn add_default_headers(headers: &mut HeaderMap, status: StatusCode) {
    let caching = if status.is_success() { "no-cache" } else { "no-store" };
    for (name, value) in [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CROSS_ORIGIN_RESOURCE_POLICY, "same-origin"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (CACHE_CONTROL, caching),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_headers_do_not_replace_those_of_the_response() {
        let mut headers = HeaderMap::new();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("max-age=60"));
        add_default_headers(&mut headers, StatusCode::OK);
        assert_eq!(headers[CACHE_CONTROL], "max-age=60");
        assert_eq!(headers[X_CONTENT_TYPE_OPTIONS], "nosniff");
    }

    #[test]
    fn errors_are_not_stored() {
        for (status, expected) in [(StatusCode::OK, "no-cache"), (StatusCode::NOT_FOUND, "no-store")] {
            let mut headers = HeaderMap::new();
            add_default_headers(&mut headers, status);
            assert_eq!(headers[CACHE_CONTROL], expected);
        }
    }
}
