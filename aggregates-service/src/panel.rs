//! What each service has to tell on the page, or why it has nothing to tell.

use serde_json::Number;

use crate::chart::{self, Chart, Quantity};
use crate::payload::Payload;
use crate::upstream::Reason;
use crate::{CUSTOMERS_SERVICE, INCIDENTS_SERVICE};

/// What one service has to tell.
pub struct Panel<'a> {
    pub title: &'static str,
    pub service: &'static str,
    /// What there is to tell, in words.
    pub sections: &'static str,
    /// Why there is nothing to tell, in words that follow the name of the service.
    pub missing: Option<&'static str>,
    pub count: Option<Quantity>,
    pub charts: Vec<Chart<'a>>,
}

/// A panel for each service, whether there is anything on it or not.
pub fn all(payload: &Payload) -> [Panel<'_>; 2] {
    let missing = |service| {
        let unavailable = payload.unavailable.iter().find(|missing| missing.service == service)?;
        Some(in_words(unavailable.reason))
    };
    let top_customers = payload
        .top_customers
        .as_ref()
        .map(|ranking| chart::rows(ranking, |entry| (&entry.customer_name, entry.scoring.into())));
    let most_incidents = payload.customers_with_most_incidents.as_ref().map(|ranking| {
        chart::rows(ranking, |entry| (&entry.customer_name, entry.number_of_incidents.into()))
    });
    let highest_volume = payload
        .customers_with_highest_incident_volume
        .as_ref()
        .map(|ranking| chart::rows(ranking, |entry| (&entry.customer_name, entry.incident_volume.clone())));
    [
        Panel {
            title: "Customers",
            service: CUSTOMERS_SERVICE,
            sections: "the number of customers and the top customers",
            missing: missing(CUSTOMERS_SERVICE),
            count: payload.customer_count.map(|count| Quantity::from(Number::from(count))),
            charts: vec![Chart {
                key: "topCustomers",
                title: "Top customers",
                caption: "By score, the highest first",
                measure: "Score",
                rows: top_customers.unwrap_or_default(),
            }],
        },
        Panel {
            title: "Incidents",
            service: INCIDENTS_SERVICE,
            sections: "the customers with most incidents and those with the highest volume",
            missing: missing(INCIDENTS_SERVICE),
            count: None,
            charts: vec![
                Chart {
                    key: "customersWithMostIncidents",
                    title: "Most incidents",
                    caption: "By the number of incidents, the most first",
                    measure: "Incidents",
                    rows: most_incidents.unwrap_or_default(),
                },
                Chart {
                    key: "customersWithHighestIncidentVolume",
                    title: "Highest incident volume",
                    caption: "By the sum of all amounts, the highest first",
                    measure: "Volume",
                    rows: highest_volume.unwrap_or_default(),
                },
            ],
        },
    ]
}

fn in_words(reason: Reason) -> &'static str {
    match reason {
        Reason::Timeout => "timed out: its whole answer did not come in time",
        Reason::Unreachable => "is unreachable: the call to it failed",
        Reason::ErrorStatus => "answered with an error status",
        Reason::InvalidResponse => "gave an invalid response: not the data that it was asked for",
        Reason::TooLarge => "gave a response that is too large: more than 1 MiB",
    }
}
