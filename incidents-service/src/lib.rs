//! Owns the incidents: one table, and the routes under `/incidents`.

use json_service::{path, serve};
use spin_sdk::wasip3::exports::http::handler::Guest;
use spin_sdk::wasip3::http::types::{ErrorCode, Request, Response};

mod incidents;

/// Every path that this service knows.
#[derive(Debug, PartialEq)]
enum Route {
    Items,
    Item { id: String },
    GroupedByCustomer,
    Summary { limit: String },
}

impl Route {
    fn parse(path: &str) -> Option<Self> {
        let segments = path::segments(path);
        let segments: Vec<&str> = segments.iter().map(AsRef::as_ref).collect();
        Some(match segments[..] {
            ["incidents", "items"] => Self::Items,
            ["incidents", "items", id] => Self::Item { id: id.to_owned() },
            ["incidents", "grouped-by-customer"] => Self::GroupedByCustomer,
            ["incidents", "summary"] => Self::Summary { limit: String::new() },
            ["incidents", "summary", limit] => Self::Summary { limit: limit.to_owned() },
            _ => return None,
        })
    }
}

/// What the runtime calls, by WASI HTTP. `#[http_service]` would read each request as a whole.
pub struct IncidentsService;

#[cfg(target_family = "wasm")]
spin_sdk::wasip3::http::service::export!(IncidentsService);

impl Guest for IncidentsService {
    async fn handle(request: Request) -> Result<Response, ErrorCode> {
        serve("incidents-service", request, Route::parse, async |route, _request, _log| match route {
            Route::Items => incidents::items().await,
            Route::Item { id } => incidents::item(path::id(&id)?).await,
            Route::GroupedByCustomer => incidents::grouped_by_customer().await,
            Route::Summary { limit } => incidents::summary(path::limit(&limit)?).await,
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_of_the_contract_is_known() {
        assert_eq!(Route::parse("/incidents/items"), Some(Route::Items));
        assert_eq!(Route::parse("/incidents/items/"), Some(Route::Items));
        assert_eq!(Route::parse("/incidents/items/1"), Some(Route::Item { id: "1".to_owned() }));
        assert_eq!(Route::parse("/incidents/grouped%2Dby-customer"), Some(Route::GroupedByCustomer));
        assert_eq!(Route::parse("/incidents/summary/5"), Some(Route::Summary { limit: "5".to_owned() }));
    }

    #[test]
    fn any_other_path_is_unknown() {
        for path in ["/", "/incidents", "/incidents/", "/customers/items", "/incidents/grouped-by-customer/1"]
        {
            assert_eq!(Route::parse(path), None, "{path}");
        }
    }
}
