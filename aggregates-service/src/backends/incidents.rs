//! The client of `incidents-service`.

use serde::{Deserialize, Serialize};
use serde_json::Number;

use super::client::{self, BackendResult, Client};

pub const SERVICE: &str = "incidents-service";

/// The customers with most incidents, and those with the highest sum of amounts.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IncidentsSummary {
    #[serde(deserialize_with = "client::ranking")]
    pub most_incidents: Vec<IncidentCount>,
    #[serde(deserialize_with = "client::ranking")]
    pub highest_volume: Vec<IncidentVolume>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IncidentCount {
    pub customer_name: String,
    pub number_of_incidents: u64,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IncidentVolume {
    pub customer_name: String,
    /// A decimal, digit by digit as the backend sent it.
    pub incident_volume: Number,
}

pub async fn summary(client: &Client<'_>) -> BackendResult<IncidentsSummary> {
    client.get(SERVICE, &format!("/incidents/summary/{}", client::RANKING_LENGTH)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_of_another_form_is_invalid() {
        for invalid in [
            r#"{"mostIncidents":[{"customerName":"a","numberOfIncidents":-1}],"highestVolume":[]}"#,
            r#"{"mostIncidents":[{"customerName":"a","numberOfIncidents":1.5}],"highestVolume":[]}"#,
            r#"{"mostIncidents":[],"highestVolume":[{"customerName":"a","incidentVolume":"1"}]}"#,
            r#"{"mostIncidents":[],"highestVolume":[{"customerName":"a","incidentVolume":null}]}"#,
            r#"{"mostIncidents":[]}"#,
        ] {
            assert!(serde_json::from_str::<IncidentsSummary>(invalid).is_err(), "{invalid}");
        }
    }

    #[test]
    fn every_digit_of_a_volume_is_kept() {
        let json = r#"{"customerName":"a","incidentVolume":899999999999999.1234}"#;
        let volume: IncidentVolume = serde_json::from_str(json).expect("valid");
        assert_eq!(serde_json::to_string(&volume).expect("JSON"), json);
    }
}
