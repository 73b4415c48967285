//! How many customers there are, and which of them score highest.

use serde::Deserialize;

use super::{Backend, Entry, Heading, RANKING_LENGTH, Ranking, Section};

/// What customers-service answers.
#[derive(Debug, Deserialize)]
pub struct Customers {
    count: u64,
    top: Ranking<TopCustomer>,
}

#[derive(Debug, Deserialize)]
struct TopCustomer {
    name: String,
    scoring: i64,
}

impl Backend for Customers {
    const SERVICE: &'static str = "customers-service";
    const TITLE: &'static str = "Customers";
    const SUBJECT: &'static str = "the number of customers and the top customers";

    const SECTIONS: &'static [Section<Self>] = &[
        Section::Total { key: "customerCount", value: |customers| customers.count },
        Section::Ranking {
            key: "topCustomers",
            heading: Heading {
                title: "Top customers",
                caption: "By score, the highest first",
                measure: "Score",
            },
            entries: |customers| {
                customers.top.entries(|customer| Entry {
                    customer_name: &customer.name,
                    key: "scoring",
                    value: customer.scoring.into(),
                })
            },
        },
    ];

    fn path() -> String {
        format!("/customers/summary/{RANKING_LENGTH}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_entries_are_asked_for_as_a_ranking_has() {
        assert_eq!(Customers::path(), "/customers/summary/5");
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
    }
}
