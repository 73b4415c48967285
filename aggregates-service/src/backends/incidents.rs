//! Which customers have most incidents, and whose incidents come to the highest volume.

use serde::Deserialize;
use serde_json::Number;

use super::{Backend, Entry, Heading, RANKING_LENGTH, Ranking, Section};

/// What incidents-service answers.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Incidents {
    most_incidents: Ranking<IncidentCount>,
    highest_volume: Ranking<IncidentVolume>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct IncidentCount {
    customer_name: String,
    number_of_incidents: u64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct IncidentVolume {
    customer_name: String,
    incident_volume: Number,
}

impl Backend for Incidents {
    const SERVICE: &'static str = "incidents-service";
    const TITLE: &'static str = "Incidents";
    const SUBJECT: &'static str = "the customers with most incidents and those with the highest volume";

    const SECTIONS: &'static [Section<Self>] = &[
        Section::Ranking {
            key: "customersWithMostIncidents",
            heading: Heading {
                title: "Most incidents",
                caption: "By the number of incidents, the most first",
                measure: "Incidents",
            },
            entries: |incidents| {
                incidents.most_incidents.entries(|customer| Entry {
                    customer_name: &customer.customer_name,
                    key: "numberOfIncidents",
                    value: customer.number_of_incidents.into(),
                })
            },
        },
        Section::Ranking {
            key: "customersWithHighestIncidentVolume",
            heading: Heading {
                title: "Highest incident volume",
                caption: "By the sum of all amounts, the highest first",
                measure: "Volume",
            },
            entries: |incidents| {
                incidents.highest_volume.entries(|customer| Entry {
                    customer_name: &customer.customer_name,
                    key: "incidentVolume",
                    value: customer.incident_volume.clone(),
                })
            },
        },
    ];

    fn path() -> String {
        format!("/incidents/summary/{RANKING_LENGTH}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_entries_are_asked_for_as_a_ranking_has() {
        assert_eq!(Incidents::path(), "/incidents/summary/5");
    }

    #[test]
    fn what_was_not_asked_for_is_refused() {
        for wrong in [
            r#"{"mostIncidents":[{"customerName":"a","numberOfIncidents":-1}],"highestVolume":[]}"#,
            r#"{"mostIncidents":[{"customerName":"a","numberOfIncidents":1.5}],"highestVolume":[]}"#,
            r#"{"mostIncidents":[],"highestVolume":[{"customerName":"a","incidentVolume":"1"}]}"#,
            r#"{"mostIncidents":[],"highestVolume":[{"customerName":"a","incidentVolume":null}]}"#,
            r#"{"mostIncidents":[]}"#,
        ] {
            assert!(serde_json::from_str::<Incidents>(wrong).is_err(), "{wrong}");
        }
    }
}
