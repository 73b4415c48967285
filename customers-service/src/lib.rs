//! `customers-service` owns the customers and answers `/customers/...`.

use service_chassis::{Error, Request, Response, Service, database};

mod customers;

const SERVICE: Service = Service { name: "customers-service", variables: &[&database::TIMEOUT] };

#[cfg_attr(target_family = "wasm", spin_sdk::http_service)]
pub async fn handle(request: spin_sdk::http::Request) -> impl spin_sdk::http::IntoResponse {
    SERVICE.handle(request, route).await
}

async fn route(request: &Request) -> Result<Response, Error> {
    match request.segments()[..] {
        ["customers", "items"] => request.get(customers::items()).await,
        ["customers", "items", id] => request.get(customers::item(id)).await,
        ["customers", "top"] => request.get(customers::top("")).await,
        ["customers", "top", limit] => request.get(customers::top(limit)).await,
        ["customers", "count"] => request.get(customers::count()).await,
        ["customers", "summary"] => request.get(customers::summary("")).await,
        ["customers", "summary", limit] => request.get(customers::summary(limit)).await,
        _ => Err(Error::NotFound("Not found")),
    }
}
