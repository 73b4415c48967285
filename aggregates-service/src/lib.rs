//! Answers `/aggregates/dashboard` from the other two services. It has no database.

use json_service::{path, serve};
use spin_sdk::wasip3::exports::http::handler::Guest;
use spin_sdk::wasip3::http::types::{ErrorCode, Request, Response};

mod caching;
mod chart;
mod dashboard;
mod negotiation;
mod number;
mod page;
mod panel;
mod payload;
mod query;
mod upstream;
mod utc;

/// The names that the other two components have in `spin.toml`.
const CUSTOMERS_SERVICE: &str = "customers-service";
const INCIDENTS_SERVICE: &str = "incidents-service";

/// Every path that this service knows.
#[derive(Debug, PartialEq)]
enum Route {
    Dashboard,
}

impl Route {
    fn parse(path: &str) -> Option<Self> {
        let segments = path::segments(path);
        let segments: Vec<&str> = segments.iter().map(AsRef::as_ref).collect();
        match segments[..] {
            ["aggregates", "dashboard"] => Some(Self::Dashboard),
            _ => None,
        }
    }
}

/// What the runtime calls, by WASI HTTP. `#[http_service]` would read each request as a whole.
pub struct AggregatesService;

#[cfg(target_family = "wasm")]
spin_sdk::wasip3::http::service::export!(AggregatesService);

impl Guest for AggregatesService {
    async fn handle(request: Request) -> Result<Response, ErrorCode> {
        serve("aggregates-service", request, Route::parse, async |route, request, log| match route {
            Route::Dashboard => dashboard::answer(request, log).await,
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dashboard_is_the_only_route() {
        assert_eq!(Route::parse("/aggregates/dashboard"), Some(Route::Dashboard));
        assert_eq!(Route::parse("/aggregates/dashboard/"), Some(Route::Dashboard));
        for path in ["/", "/aggregates", "/aggregates/", "/aggregates/dashboard//", "/aggregates/Dashboard"] {
            assert_eq!(Route::parse(path), None, "{path}");
        }
    }
}
