//! From the host's call to a service's answer, and back.

use http::Method;
use spin_sdk::wasip3::http::types::{self as wasi, ErrorCode};

use crate::request_id::X_REQUEST_ID;
use crate::response::{self, Companion};
use crate::routes::{self, Routes};
use crate::{Answer, Error, Request, TimeVariable};

/// One component of the app. [`export!`](crate::export) lets the host call it.
pub trait Service {
    /// The name that the component has in `spin.toml`, for the log.
    const NAME: &'static str;

    /// Every path that the service knows.
    const ROUTES: Routes<Self::Route>;

    /// The variables that the service looks at.
    const VARIABLES: &'static [&'static TimeVariable];

    /// What a path leads to.
    type Route: Copy + 'static;

    /// Answers a GET or HEAD on a known path. HEAD is answered like GET; the host leaves out the body and
    /// keeps its length.
    fn answer(route: Self::Route, request: &Request) -> impl Future<Output = Answer>;
}

/// Answers one request: finds its route, checks its method, lets the service answer it, and turns every
/// error into JSON, with its cause in the log.
///
/// # Errors
/// Only where the host refuses a response as such.
pub async fn serve<S: Service>(received: wasi::Request) -> Result<wasi::Response, ErrorCode> {
    let companion = Companion::new();
    let mut request = Request::new(S::NAME, received)?;
    for variable in S::VARIABLES {
        variable.read(&request.log).await;
    }
    let answer = match (routes::find(S::ROUTES, &request.path), &request.method) {
        (None, _) => Err(Error::NotFound("Not found")),
        (Some((route, parameter)), &Method::GET | &Method::HEAD) => {
            request.parameter = parameter;
            S::answer(route, &request).await
        }
        (Some(_), _) => Err(Error::MethodNotAllowed),
    };
    let Request { id, log, later, .. } = request;
    let mut response = answer.unwrap_or_else(|error| {
        if let Error::Internal(cause) | Error::Unavailable(cause) = &error {
            log.failure(cause);
        }
        error.to_response()
    });
    if let Ok(id) = id.try_into() {
        response.headers_mut().insert(X_REQUEST_ID, id);
    }
    response::send(response, move |cause| log.failure(cause), later.into_inner(), companion).await
}

/// Makes a type that implements [`Service`] the one that the host calls, by WASI HTTP. Outside WebAssembly,
/// where tests are, there is no such host.
#[macro_export]
macro_rules! export {
    ($service:ty) => {
        #[cfg(target_family = "wasm")]
        const _: () = {
            use $crate::service::wasi_http;

            struct Exported;

            impl wasi_http::Guest for Exported {
                async fn handle(
                    request: wasi_http::Request,
                ) -> Result<wasi_http::Response, wasi_http::ErrorCode> {
                    $crate::service::serve::<$service>(request).await
                }
            }

            wasi_http::export!(Exported);
        };
    };
}

/// What [`export!`](crate::export) writes into a service, which does not see it.
#[doc(hidden)]
pub mod wasi_http {
    pub use spin_sdk::wasip3::exports::http::handler::Guest;
    pub use spin_sdk::wasip3::http::service::export;
    pub use spin_sdk::wasip3::http::types::{ErrorCode, Request, Response};
}
