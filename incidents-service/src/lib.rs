//! `incidents-service` owns the incidents and answers `/incidents/...`.

use service_chassis::{Error, Request, Response, Service, database};

mod incidents;

const SERVICE: Service = Service { name: "incidents-service", variables: &[&database::TIMEOUT] };

#[cfg_attr(target_family = "wasm", spin_sdk::http_service)]
pub async fn handle(request: spin_sdk::http::Request) -> impl spin_sdk::http::IntoResponse {
    SERVICE.handle(request, route).await
}

async fn route(request: &Request) -> Result<Response, Error> {
    match request.segments()[..] {
        ["incidents", "items"] => request.get(incidents::items()).await,
        ["incidents", "items", id] => request.get(incidents::item(id)).await,
        ["incidents", "grouped-by-customer"] => request.get(incidents::grouped_by_customer()).await,
        ["incidents", "summary"] => request.get(incidents::summary("")).await,
        ["incidents", "summary", limit] => request.get(incidents::summary(limit)).await,
        _ => Err(Error::NotFound("Not found")),
    }
}
