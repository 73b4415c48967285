//! Cross-Origin Resource Sharing (the Fetch standard), so that pages of other origins can read the responses.

use std::sync::OnceLock;

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, HeaderMap,
    HeaderValue, ORIGIN, VARY,
};
use http::{Method, StatusCode, Uri};

use crate::error::METHODS;
use crate::service::CROSS_ORIGIN_RESOURCE_POLICY;
use crate::{Body, Log, Request, Response, variable};

/// The request headers of the app that need a preflight.
const ALLOWED_HEADERS: &str = "cache-control, if-none-match, x-request-id";

/// The response headers of the app that scripts cannot read without permission.
const EXPOSED_HEADERS: &str =
    "age, allow, cache-status, etag, server-timing, vary, x-aggregate-complete, x-request-id";

/// How long browsers may store the response to a preflight, in seconds.
const PREFLIGHT_MAX_AGE: &str = "7200";

/// The origins whose pages may read the responses, by the variable `cors_allowed_origins`.
#[derive(Debug, Default, PartialEq)]
pub(crate) enum Cors {
    #[default]
    Off,
    AnyOrigin,
    Origins(Vec<String>),
}

impl Cors {
    /// Reads the variable, once for each instance. If it is invalid, CORS stays off.
    pub(crate) async fn of_instance(log: &Log) -> &'static Self {
        static CORS: OnceLock<Cors> = OnceLock::new();
        if CORS.get().is_none() {
            let cors = variable::read("cors_allowed_origins", log, "CORS stays off", Self::parse).await;
            _ = CORS.set(cors.unwrap_or_default());
        }
        CORS.get_or_init(Self::default)
    }

    fn parse(value: &str) -> Result<Self, String> {
        match value.trim() {
            "" => Ok(Self::Off),
            "*" => Ok(Self::AnyOrigin),
            list => {
                let origins: Vec<&str> = list.split(',').map(str::trim).collect();
                match origins.iter().find(|origin| !is_origin(origin)) {
                    Some(entry) => Err(format!("{entry:?} is no origin such as https://app.example")),
                    None => Ok(Self::Origins(origins.into_iter().map(str::to_owned).collect())),
                }
            }
        }
    }

    /// Whether this is a preflight: a browser checks whether a page may send a request that is not a simple one.
    pub(crate) fn is_preflight(&self, request: &Request) -> bool {
        let has = |name| request.header(name).is_some_and(|value| !value.is_empty());
        *request.method() == Method::OPTIONS
            && has(&ORIGIN)
            && has(&ACCESS_CONTROL_REQUEST_METHOD)
            && self.allowed_origin(request).is_some()
    }

    pub(crate) fn preflight_response(&self) -> Response {
        let mut response = Response::new(Body::Whole(Vec::new()));
        *response.status_mut() = StatusCode::NO_CONTENT;
        for (name, value) in [
            (ACCESS_CONTROL_ALLOW_METHODS, METHODS),
            (ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED_HEADERS),
            (ACCESS_CONTROL_MAX_AGE, PREFLIGHT_MAX_AGE),
        ] {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        response
    }

    /// Adds the headers by which a browser decides whether the page may read the response.
    pub(crate) fn add_headers(&self, headers: &mut HeaderMap, request: &Request) {
        if let Self::Origins(_) = self {
            // One line, since some caches read only one.
            let vary = match headers.get(VARY) {
                Some(vary) if vary == "accept" => "accept, origin",
                _ => "origin",
            };
            headers.insert(VARY, HeaderValue::from_static(vary));
        }
        if let Some(origin) = self.allowed_origin(request) {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED_HEADERS));
            headers.insert(CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
        }
    }

    /// The value of `access-control-allow-origin` for this request.
    fn allowed_origin(&self, request: &Request) -> Option<HeaderValue> {
        match self {
            Self::Off => None,
            // For requests without an origin too: a shared cache may serve the response to a page.
            Self::AnyOrigin => Some(HeaderValue::from_static("*")),
            Self::Origins(origins) => {
                let origin = request.header(&ORIGIN)?;
                let allowed = origins.iter().any(|allowed| allowed.eq_ignore_ascii_case(&origin));
                allowed.then(|| origin.parse().ok()).flatten()
            }
        }
    }
}

/// Whether `text` is a scheme, a host and perhaps a port, as in the header `origin` (RFC 6454, section 6.2).
fn is_origin(text: &str) -> bool {
    let Ok(uri) = text.parse::<Uri>() else { return false };
    let (Some(scheme), Some(host)) = (uri.scheme_str(), uri.host()) else { return false };
    let port = match (scheme, uri.port_u16()) {
        // Browsers leave out the default port, so an entry with it would match no request.
        (_, None) | ("http", Some(80)) | ("https", Some(443)) => String::new(),
        (_, Some(port)) => format!(":{port}"),
    };
    !host.is_empty() && format!("{scheme}://{host}{port}").eq_ignore_ascii_case(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_a_scheme_a_host_and_perhaps_a_port() {
        for origin in
            ["https://app.example", "http://localhost:5173", "http://[::1]:443", "capacitor://localhost"]
        {
            assert_eq!(Cors::parse(origin), Ok(Cors::Origins(vec![origin.to_owned()])), "{origin}");
        }
        assert_eq!(
            Cors::parse(" https://a.example ,http://b.example"),
            Ok(Cors::Origins(vec!["https://a.example".to_owned(), "http://b.example".to_owned()]))
        );
        assert_eq!(Cors::parse(" * "), Ok(Cors::AnyOrigin));
        assert_eq!(Cors::parse(" "), Ok(Cors::Off));
        for invalid in [
            "app.example",
            "localhost:5173",
            "null",
            "https://app.example/",
            "https://app.example/path",
            "https://app.example?x",
            "https://user@app.example",
            "https://app.example:443",
            "http://app.example:80",
            "https://app.example:",
            "https://app.example:08443",
            "https://",
            "//app.example",
            "https://app.example,",
            "https://app.example, *",
            "https://a.example https://b.example",
        ] {
            assert!(Cors::parse(invalid).is_err(), "{invalid}");
        }
    }
}
