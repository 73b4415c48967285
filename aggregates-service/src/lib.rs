//! `aggregates-service` answers `/aggregates/dashboard` from the other services. It has no database.
//!
//! [`dashboard`] is the aggregate pattern: the fan-out, and how the results become one dashboard. [`backends`] has
//! one client for each backend, and the deadline, retry, circuit breaker and stale entries that they share. The
//! dashboard is sent as JSON or as a [`page`], with the headers of [`caching`].

use service_chassis::{Error, Request, Response, Service};

use crate::backends::client::BACKEND_TIMEOUT;
use crate::backends::stale_cache::STALE_IF_ERROR;
use crate::response_cache::CACHE_MAX_AGE;

mod backends;
mod caching;
mod content_negotiation;
mod dashboard;
mod page;
mod query;
mod response_cache;

const SERVICE: Service =
    Service { name: "aggregates-service", variables: &[&BACKEND_TIMEOUT, &STALE_IF_ERROR, &CACHE_MAX_AGE] };

#[cfg_attr(target_family = "wasm", spin_sdk::http_service)]
pub async fn handle(request: spin_sdk::http::Request) -> impl spin_sdk::http::IntoResponse {
    SERVICE.handle(request, route).await
}

async fn route(request: &Request) -> Result<Response, Error> {
    match request.segments()[..] {
        ["aggregates", "dashboard"] => request.get(dashboard::get(request)).await,
        _ => Err(Error::NotFound("Not found")),
    }
}
