use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use axum::Router;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderMap, IF_NONE_MATCH, VARY};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use reqwest::Client;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Number;
use sha2::{Digest, Sha256};

use super::Error;

const RANKING_LENGTH: usize = 5;
const BODY_LIMIT: usize = 1024 * 1024;
const BACKEND_TIMEOUT: Duration = Duration::from_millis(1000);

/// Where the other two services are; the client keeps its connections to them.
struct Backends {
    client: Client,
    customers: String,
    incidents: String,
}

pub fn router(customers: &str, incidents: &str) -> Result<Router> {
    let backends = Backends {
        client: Client::builder().timeout(BACKEND_TIMEOUT).tcp_nodelay(true).build()?,
        customers: format!("{customers}/customers/summary/{RANKING_LENGTH}"),
        incidents: format!("{incidents}/incidents/summary/{RANKING_LENGTH}"),
    };
    Ok(Router::new().route("/aggregates/dashboard", get(dashboard)).with_state(Arc::new(backends)))
}

#[derive(Deserialize)]
struct Customers {
    count: u64,
    top: Vec<TopCustomer>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Incidents {
    most_incidents: Vec<IncidentCount>,
    highest_volume: Vec<IncidentVolume>,
}

#[derive(Serialize, Deserialize)]
struct TopCustomer {
    #[serde(rename(serialize = "customerName", deserialize = "name"))]
    customer_name: String,
    scoring: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct IncidentCount {
    customer_name: String,
    number_of_incidents: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct IncidentVolume {
    customer_name: String,
    incident_volume: Number,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Dashboard {
    customer_count: u64,
    top_customers: Vec<TopCustomer>,
    customers_with_most_incidents: Vec<IncidentCount>,
    customers_with_highest_incident_volume: Vec<IncidentVolume>,
}

async fn dashboard(State(backends): State<Arc<Backends>>, request: HeaderMap) -> Result<Response, Error> {
    let (customers, incidents) = futures::try_join!(
        backends.get::<Customers>(&backends.customers),
        backends.get::<Incidents>(&backends.incidents),
    )?;
    let lengths = [customers.top.len(), incidents.most_incidents.len(), incidents.highest_volume.len()];
    if lengths.into_iter().any(|length| length > RANKING_LENGTH) {
        return Err(anyhow::anyhow!("more entries than were asked for").into());
    }
    let json = serde_json::to_vec(&Dashboard {
        customer_count: customers.count,
        top_customers: customers.top,
        customers_with_most_incidents: incidents.most_incidents,
        customers_with_highest_incident_volume: incidents.highest_volume,
    })?;

    let digest = Sha256::digest(&json);
    let digits: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let etag = format!("\"{digits}\"");
    let unchanged = request.get_all(IF_NONE_MATCH).iter().any(|tags| {
        tags.to_str().is_ok_and(|tags| tags.split(',').any(|tag| tag.trim() == "*" || tag.trim() == etag))
    });
    let headers = [
        (CACHE_CONTROL, "no-cache"),
        (ETAG, etag.as_str()),
        (VARY, "accept"),
        (HeaderName::from_static("x-aggregate-complete"), "true"),
    ];
    Ok(match unchanged {
        true => (StatusCode::NOT_MODIFIED, headers).into_response(),
        false => (headers, [(CONTENT_TYPE, "application/json")], json).into_response(),
    })
}

impl Backends {
    /// JSON of at most 1 MiB, within the client's timeout.
    async fn get<T: DeserializeOwned>(&self, url: &str) -> Result<T> {
        let mut response = self.client.get(url).send().await?;
        ensure!(response.status() == StatusCode::OK, "status {}", response.status());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            ensure!(body.len() + chunk.len() <= BODY_LIMIT, "a body of more than {BODY_LIMIT} bytes");
            body.extend_from_slice(&chunk);
        }
        serde_json::from_slice(&body).with_context(|| format!("{url} gave something else"))
    }
}
