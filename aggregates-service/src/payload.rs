//! What the two services know, in one payload that says what is missing.

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Number;

use crate::upstream::Reason;
use crate::{CUSTOMERS_SERVICE, INCIDENTS_SERVICE};

/// How many entries a list has at most.
pub const RANKING_LENGTH: usize = 5;

/// What is asked of the customers service.
#[derive(Debug, Deserialize)]
pub struct Customers {
    count: u64,
    top: Ranking<TopCustomer>,
}

/// What is asked of the incidents service.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Incidents {
    most_incidents: Ranking<IncidentCount>,
    highest_volume: Ranking<IncidentVolume>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct TopCustomer {
    #[serde(rename(serialize = "customerName", deserialize = "name"))]
    pub customer_name: String,
    pub scoring: i64,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IncidentCount {
    pub customer_name: String,
    pub number_of_incidents: u64,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IncidentVolume {
    pub customer_name: String,
    pub incident_volume: Number,
}

/// A list of no more entries than were asked for, in the order that its owner gives.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<T>", bound(deserialize = "T: Deserialize<'de>"))]
pub struct Ranking<T>(pub Vec<T>);

impl<T> TryFrom<Vec<T>> for Ranking<T> {
    type Error = String;

    fn try_from(entries: Vec<T>) -> Result<Self, Self::Error> {
        match entries.len() {
            ..=RANKING_LENGTH => Ok(Self(entries)),
            length => Err(format!("{length} entries where {RANKING_LENGTH} were asked for")),
        }
    }
}

/// The payload. A section that could not be had is `None`, which is `null` in JSON.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Payload {
    pub customer_count: Option<u64>,
    pub top_customers: Option<Ranking<TopCustomer>>,
    pub customers_with_most_incidents: Option<Ranking<IncidentCount>>,
    pub customers_with_highest_incident_volume: Option<Ranking<IncidentVolume>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unavailable: Vec<Unavailable>,
}

/// A service without which the dashboard has to do.
#[derive(Debug, PartialEq, Serialize)]
pub struct Unavailable {
    pub service: &'static str,
    pub reason: Reason,
}

/// What a client gets instead of a dashboard without any section.
#[derive(Serialize)]
struct NothingAvailable<'a> {
    message: &'static str,
    unavailable: &'a [Unavailable],
}

const NOTHING_AVAILABLE: &str =
    "The dashboard is not available at the moment: no service has answered as it should";

/// Puts together what came and what did not.
pub fn assemble(customers: Result<Customers, Reason>, incidents: Result<Incidents, Reason>) -> Payload {
    let missing = [
        (CUSTOMERS_SERVICE, customers.as_ref().err().copied()),
        (INCIDENTS_SERVICE, incidents.as_ref().err().copied()),
    ];
    let unavailable = missing
        .into_iter()
        .filter_map(|(service, reason)| Some(Unavailable { service, reason: reason? }))
        .collect();
    let (customer_count, top_customers) =
        customers.map(|customers| (customers.count, customers.top)).ok().unzip();
    let (most_incidents, highest_volume) =
        incidents.map(|incidents| (incidents.most_incidents, incidents.highest_volume)).ok().unzip();
    Payload {
        customer_count,
        top_customers,
        customers_with_most_incidents: most_incidents,
        customers_with_highest_incident_volume: highest_volume,
        unavailable,
    }
}

impl Payload {
    /// 200 if any section is there; without any, 504 if every service timed out and 502 otherwise.
    pub fn status(&self) -> StatusCode {
        let every_section_is_missing =
            self.customer_count.is_none() && self.customers_with_most_incidents.is_none();
        let every_service_timed_out =
            self.unavailable.iter().all(|missing| missing.reason == Reason::Timeout);
        match (every_section_is_missing, every_service_timed_out) {
            (false, _) => StatusCode::OK,
            (true, true) => StatusCode::GATEWAY_TIMEOUT,
            (true, false) => StatusCode::BAD_GATEWAY,
        }
    }

    /// Whether every section is there.
    pub fn is_complete(&self) -> bool {
        self.unavailable.is_empty()
    }

    /// The dashboard as JSON, or the error that there is instead.
    pub fn to_json(&self) -> serde_json::Result<Vec<u8>> {
        if self.status() == StatusCode::OK {
            return serde_json::to_vec(self);
        }
        serde_json::to_vec(&NothingAvailable { message: NOTHING_AVAILABLE, unavailable: &self.unavailable })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn customers() -> Customers {
        serde_json::from_str(r#"{"count":40,"top":[{"name":"Ä","scoring":10},{"name":"B","scoring":-1}]}"#)
            .expect("well-formed")
    }

    fn incidents() -> Incidents {
        serde_json::from_str(
            r#"{"mostIncidents":[{"customerName":"O'M","numberOfIncidents":256}],
                "highestVolume":[{"customerName":"B","incidentVolume":9007199254740993},
                                 {"customerName":"C","incidentVolume":12.5}]}"#,
        )
        .expect("well-formed")
    }

    fn json(dashboard: &Payload) -> String {
        String::from_utf8(dashboard.to_json().expect("serialises")).expect("UTF-8")
    }

    #[test]
    fn a_complete_dashboard_has_four_keys_in_the_order_of_the_contract() {
        let dashboard = assemble(Ok(customers()), Ok(incidents()));
        assert_eq!(dashboard.status(), StatusCode::OK);
        assert!(dashboard.is_complete());
        assert_eq!(
            json(&dashboard),
            concat!(
                r#"{"customerCount":40,"#,
                r#""topCustomers":[{"customerName":"Ä","scoring":10},{"customerName":"B","scoring":-1}],"#,
                r#""customersWithMostIncidents":[{"customerName":"O'M","numberOfIncidents":256}],"#,
                r#""customersWithHighestIncidentVolume":[{"customerName":"B","incidentVolume":9007199254740993},"#,
                r#"{"customerName":"C","incidentVolume":12.5}]}"#
            )
        );
    }

    #[test]
    fn a_missing_section_is_null_and_its_service_is_named() {
        let dashboard = assemble(Err(Reason::Timeout), Ok(incidents()));
        assert_eq!(dashboard.status(), StatusCode::OK);
        assert!(!dashboard.is_complete());
        let json = json(&dashboard);
        assert!(json.starts_with(r#"{"customerCount":null,"topCustomers":null,"customersWith"#), "{json}");
        assert!(
            json.ends_with(r#"],"unavailable":[{"service":"customers-service","reason":"timeout"}]}"#),
            "{json}"
        );
    }

    #[test]
    fn without_any_section_there_is_an_error_with_the_services_sorted() {
        let dashboard = assemble(Err(Reason::TooLarge), Err(Reason::Timeout));
        assert_eq!(dashboard.status(), StatusCode::BAD_GATEWAY);
        assert_eq!(
            json(&dashboard),
            concat!(
                r#"{"message":"The dashboard is not available at the moment: no service has answered as it should","#,
                r#""unavailable":[{"service":"customers-service","reason":"too_large"},"#,
                r#"{"service":"incidents-service","reason":"timeout"}]}"#
            )
        );
    }

    #[test]
    fn only_timeouts_make_a_gateway_timeout() {
        let status = |customers, incidents| assemble(Err(customers), Err(incidents)).status();
        assert_eq!(status(Reason::Timeout, Reason::Timeout), StatusCode::GATEWAY_TIMEOUT);
        assert_eq!(status(Reason::Timeout, Reason::Unreachable), StatusCode::BAD_GATEWAY);
        assert_eq!(status(Reason::ErrorStatus, Reason::ErrorStatus), StatusCode::BAD_GATEWAY);
    }

    #[test]
    fn what_was_not_asked_for_is_refused() {
        for wrong in [
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
            assert!(serde_json::from_str::<Customers>(wrong).is_err(), "{wrong}");
        }
        let negative =
            r#"{"mostIncidents":[{"customerName":"a","numberOfIncidents":-1}],"highestVolume":[]}"#;
        assert!(serde_json::from_str::<Incidents>(negative).is_err());
    }
}
