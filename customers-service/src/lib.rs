//! Owns the customers: one table, and the routes under `/customers`.

use json_service::{path, serve};
use spin_sdk::wasip3::exports::http::handler::Guest;
use spin_sdk::wasip3::http::types::{ErrorCode, Request, Response};

mod customers;

/// Every path that this service knows.
#[derive(Debug, PartialEq)]
enum Route {
    Items,
    Item { id: String },
    Top { limit: String },
    Count,
    Summary { limit: String },
}

impl Route {
    fn parse(path: &str) -> Option<Self> {
        let segments = path::segments(path);
        let segments: Vec<&str> = segments.iter().map(AsRef::as_ref).collect();
        Some(match segments[..] {
            ["customers", "items"] => Self::Items,
            ["customers", "items", id] => Self::Item { id: id.to_owned() },
            ["customers", "top"] => Self::Top { limit: String::new() },
            ["customers", "top", limit] => Self::Top { limit: limit.to_owned() },
            ["customers", "count"] => Self::Count,
            ["customers", "summary"] => Self::Summary { limit: String::new() },
            ["customers", "summary", limit] => Self::Summary { limit: limit.to_owned() },
            _ => return None,
        })
    }
}

/// What the runtime calls, by WASI HTTP. `#[http_service]` would read each request as a whole.
pub struct CustomersService;

#[cfg(target_family = "wasm")]
spin_sdk::wasip3::http::service::export!(CustomersService);

impl Guest for CustomersService {
    async fn handle(request: Request) -> Result<Response, ErrorCode> {
        serve("customers-service", request, Route::parse, async |route, _request, _log| match route {
            Route::Items => customers::items().await,
            Route::Item { id } => customers::item(path::id(&id)?).await,
            Route::Top { limit } => customers::top(path::limit(&limit)?).await,
            Route::Count => customers::count().await,
            Route::Summary { limit } => customers::summary(path::limit(&limit)?).await,
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_of_the_contract_is_known() {
        assert_eq!(Route::parse("/customers/items"), Some(Route::Items));
        assert_eq!(Route::parse("/customers/items/"), Some(Route::Items));
        assert_eq!(Route::parse("/customers/%69tems"), Some(Route::Items));
        assert_eq!(Route::parse("/customers/items/a%20b"), Some(Route::Item { id: "a b".to_owned() }));
        assert_eq!(Route::parse("/customers/items//"), Some(Route::Item { id: String::new() }));
        assert_eq!(Route::parse("/customers/top/5/"), Some(Route::Top { limit: "5".to_owned() }));
        assert_eq!(Route::parse("/customers/top/"), Some(Route::Top { limit: String::new() }));
        assert_eq!(Route::parse("/customers/count"), Some(Route::Count));
        assert_eq!(Route::parse("/customers/summary/5"), Some(Route::Summary { limit: "5".to_owned() }));
    }

    #[test]
    fn any_other_path_is_unknown() {
        for path in [
            "/",
            "/customers",
            "/customers/",
            "/customers/Items",
            "/customers/items/1/2",
            "/customers/count/1",
        ] {
            assert_eq!(Route::parse(path), None, "{path}");
        }
    }
}
