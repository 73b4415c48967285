//! The client of `customers-service`.

use serde::{Deserialize, Serialize};

use super::client::{self, BackendResult, Client};

pub const SERVICE: &str = "customers-service";

/// The number of customers, and those with the highest scoring.
#[derive(Debug, Deserialize)]
pub struct CustomersSummary {
    pub count: u64,
    #[serde(deserialize_with = "client::ranking")]
    pub top: Vec<TopCustomer>,
}

#[derive(Debug, Deserialize, Serialize)]
pub struct TopCustomer {
    #[serde(rename(deserialize = "name", serialize = "customerName"))]
    pub customer_name: String,
    pub scoring: i64,
}

pub async fn summary(client: &Client<'_>) -> BackendResult<CustomersSummary> {
    client.get(SERVICE, &format!("/customers/summary/{}", client::RANKING_LENGTH)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_of_another_form_is_invalid() {
        for invalid in [
            r#"{"count":-1,"top":[]}"#,
            r#"{"count":1.5,"top":[]}"#,
            r#"{"count":null,"top":[]}"#,
            r#"{"count":"1","top":[]}"#,
            r#"{"count":1}"#,
            r#"{"count":1,"top":null}"#,
            r#"{"count":1,"top":[{"name":"a","scoring":null}]}"#,
            r#"{"count":1,"top":[{"name":null,"scoring":1}]}"#,
            r#"{"count":1,"top":[]} {}"#,
            r#"{"count":1,"top":[]"#,
            r#"{"count":6,"top":[{"name":"a","scoring":1},{"name":"a","scoring":1},{"name":"a","scoring":1},
                {"name":"a","scoring":1},{"name":"a","scoring":1},{"name":"a","scoring":1}]}"#,
            "[]",
            "",
            "<html></html>",
        ] {
            assert!(serde_json::from_str::<CustomersSummary>(invalid).is_err(), "{invalid}");
        }
    }
}
