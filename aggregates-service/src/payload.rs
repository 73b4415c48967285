//! What came of all calls, in one payload that says what is missing.

use http::StatusCode;
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::backends::Outcome;
use crate::upstream::Reason;

/// What came of asking each backend, in the order of their sections.
pub struct Payload<'a>(pub &'a [&'a dyn Outcome]);

/// A service without which the dashboard has to do.
#[derive(serde::Serialize)]
struct Unavailable {
    service: &'static str,
    reason: Reason,
}

/// What a client gets instead of a dashboard without any section.
#[derive(serde::Serialize)]
struct NothingAvailable {
    message: &'static str,
    unavailable: Vec<Unavailable>,
}

const NOTHING_AVAILABLE: &str =
    "The dashboard is not available at the moment: no service has answered as it should";

impl Payload<'_> {
    /// 200 if any section is there; without any, 504 if every service timed out and 502 otherwise.
    pub fn status(&self) -> StatusCode {
        let mut failures = self.0.iter().map(|outcome| outcome.failure());
        if failures.clone().any(|failure| failure.is_none()) {
            StatusCode::OK
        } else if failures.all(|failure| failure == Some(Reason::Timeout)) {
            StatusCode::GATEWAY_TIMEOUT
        } else {
            StatusCode::BAD_GATEWAY
        }
    }

    /// Whether every section is there.
    pub fn is_complete(&self) -> bool {
        self.0.iter().all(|outcome| outcome.failure().is_none())
    }

    /// The dashboard as JSON, or the error that there is instead.
    pub fn to_json(&self) -> serde_json::Result<Vec<u8>> {
        if self.status() == StatusCode::OK {
            return serde_json::to_vec(self);
        }
        serde_json::to_vec(&NothingAvailable { message: NOTHING_AVAILABLE, unavailable: self.unavailable() })
    }

    /// The services that failed, in the order of their names.
    fn unavailable(&self) -> Vec<Unavailable> {
        let failed = self.0.iter().filter_map(|outcome| {
            Some(Unavailable { service: outcome.service(), reason: outcome.failure()? })
        });
        let mut failed: Vec<_> = failed.collect();
        failed.sort_unstable_by_key(|unavailable| unavailable.service);
        failed
    }
}

impl Serialize for Payload<'_> {
    /// A missing section is `null`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut dashboard = serializer.serialize_map(None)?;
        for (key, content) in self.0.iter().flat_map(|outcome| outcome.sections()) {
            dashboard.serialize_entry(key, &content)?;
        }
        if !self.is_complete() {
            dashboard.serialize_entry("unavailable", &self.unavailable())?;
        }
        dashboard.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backends::{Customers, Incidents};

    fn customers() -> Result<Customers, Reason> {
        let answer = r#"{"count":40,"top":[{"name":"Ä","scoring":10},{"name":"B","scoring":-1}]}"#;
        Ok(serde_json::from_str(answer).expect("well-formed"))
    }

    fn incidents() -> Result<Incidents, Reason> {
        let answer = r#"{"mostIncidents":[{"customerName":"O'M","numberOfIncidents":256}],
            "highestVolume":[{"customerName":"B","incidentVolume":9007199254740993},
                             {"customerName":"C","incidentVolume":12.5}]}"#;
        Ok(serde_json::from_str(answer).expect("well-formed"))
    }

    fn json(payload: &Payload) -> String {
        String::from_utf8(payload.to_json().expect("serialises")).expect("UTF-8")
    }

    #[test]
    fn a_complete_dashboard_has_four_keys_in_the_order_of_the_contract() {
        let (customers, incidents) = (customers(), incidents());
        let payload = Payload(&[&customers, &incidents]);
        assert_eq!(payload.status(), StatusCode::OK);
        assert!(payload.is_complete());
        assert_eq!(
            json(&payload),
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
        let (customers, incidents) = (Err::<Customers, _>(Reason::Timeout), incidents());
        let payload = Payload(&[&customers, &incidents]);
        assert_eq!(payload.status(), StatusCode::OK);
        assert!(!payload.is_complete());
        let json = json(&payload);
        assert!(json.starts_with(r#"{"customerCount":null,"topCustomers":null,"customersWith"#), "{json}");
        assert!(
            json.ends_with(r#"],"unavailable":[{"service":"customers-service","reason":"timeout"}]}"#),
            "{json}"
        );
    }

    #[test]
    fn without_any_section_there_is_an_error_with_the_services_sorted() {
        let (customers, incidents) =
            (Err::<Customers, _>(Reason::TooLarge), Err::<Incidents, _>(Reason::Timeout));
        let payload = Payload(&[&incidents, &customers]);
        assert_eq!(payload.status(), StatusCode::BAD_GATEWAY);
        assert_eq!(
            json(&payload),
            concat!(
                r#"{"message":"The dashboard is not available at the moment: no service has answered as it should","#,
                r#""unavailable":[{"service":"customers-service","reason":"too_large"},"#,
                r#"{"service":"incidents-service","reason":"timeout"}]}"#
            )
        );
    }

    #[test]
    fn any_section_of_any_backend_makes_a_dashboard() {
        let missing = Err::<Customers, _>(Reason::Timeout);
        for there in 0..3 {
            let (customers, mut outcomes) = (customers(), [&missing as &dyn Outcome; 3]);
            outcomes[there] = &customers;
            assert_eq!(Payload(&outcomes).status(), StatusCode::OK, "{there}");
        }
    }

    #[test]
    fn only_timeouts_make_a_gateway_timeout() {
        let status = |customers, incidents| {
            Payload(&[&Err::<Customers, _>(customers), &Err::<Incidents, _>(incidents)]).status()
        };
        assert_eq!(status(Reason::Timeout, Reason::Timeout), StatusCode::GATEWAY_TIMEOUT);
        assert_eq!(status(Reason::Timeout, Reason::Unreachable), StatusCode::BAD_GATEWAY);
        assert_eq!(status(Reason::ErrorStatus, Reason::ErrorStatus), StatusCode::BAD_GATEWAY);
    }
}
