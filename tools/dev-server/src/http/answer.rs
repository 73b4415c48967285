//! The answer to a request from the network.

use crate::engine::{Application, empty};
use crate::routing::{Router, complete_uri, strip};
use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use std::net::SocketAddr;
use std::sync::Arc;
use wasmtime_wasi_http::{Error, WasiBody};

/// Paths that Spin keeps for itself.
const WELL_KNOWN: &str = "/.well-known/spin/";

/// An application as its clients see it.
pub struct Public {
    pub router: Router,
    pub application: Arc<Application>,
}

impl Public {
    /// Answers a request. One that does not say for which host it is, or says two things, is a 400; Spin
    /// closes its connection without a word. So is one with a header that is not UTF-8, a 500 of Spin's.
    pub async fn answer(&self, mut request: Request<Incoming>, client: SocketAddr) -> Response<WasiBody> {
        strip(request.headers_mut());
        let path = request.uri().path().to_owned();
        if let Some(name) = path.strip_prefix(WELL_KNOWN) {
            return match name {
                "health" => Response::new(
                    Full::new(Bytes::from_static(b"OK")).map_err(|never| match never {}).boxed_unsync(),
                ),
                _ => empty(StatusCode::NOT_FOUND),
            };
        }
        let Some(matched) = self.router.find(&path) else {
            return empty(StatusCode::NOT_FOUND);
        };
        let is_text = |value: &HeaderValue| str::from_utf8(value.as_bytes()).is_ok();
        if complete_uri(&mut request).is_err() || !request.headers().values().all(is_text) {
            return empty(StatusCode::BAD_REQUEST);
        }
        let request = request.map(|body| body.map_err(Error::from).boxed_unsync());
        self.application.run(matched, request, client).await
    }
}
