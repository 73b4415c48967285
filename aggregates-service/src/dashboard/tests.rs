use std::time::Duration;

use service_chassis::Body;

use super::*;

fn customers() -> CustomersSummary {
    let json = r#"{"count":40,"top":[{"name":"Ä","scoring":10},{"name":"B","scoring":-1}]}"#;
    serde_json::from_str(json).expect("valid")
}

fn incidents() -> IncidentsSummary {
    let json = r#"{"mostIncidents":[{"customerName":"O'M","numberOfIncidents":256}],
        "highestVolume":[{"customerName":"B","incidentVolume":899999999999999.1234},
                         {"customerName":"C","incidentVolume":12.5}]}"#;
    serde_json::from_str(json).expect("valid")
}

fn stale(reason: Reason, seconds: u64) -> Outcome {
    Outcome::Stale { reason, age: Duration::from_millis(seconds * 1000 + 999) }
}

fn unavailable(reason: Reason) -> Outcome {
    Outcome::Unavailable { reason }
}

/// A dashboard from these outcomes of the two calls.
pub fn dashboard(customers_outcome: Outcome, incidents_outcome: Outcome) -> Dashboard {
    Dashboard::new(
        BackendResult::new("customers-service", customers_outcome, customers()),
        BackendResult::new("incidents-service", incidents_outcome, incidents()),
    )
}

fn text(dashboard: &Dashboard, query: &Query) -> String {
    match dashboard.to_json(query).expect("JSON").into_body() {
        Body::Whole(body) => String::from_utf8(body).expect("UTF-8"),
        Body::Pages(_) => panic!("a dashboard is sent as a whole"),
    }
}

const ANY: Query = Query { refresh: None, json: false, require_complete: false };
const COMPLETE: Query = Query { require_complete: true, ..ANY };

#[test]
fn a_complete_dashboard_has_four_keys_in_the_order_of_the_contract() {
    let dashboard = dashboard(Outcome::Fresh, Outcome::Fresh);
    let expected = concat!(
        r#"{"customerCount":40,"#,
        r#""topCustomers":[{"customerName":"Ä","scoring":10},{"customerName":"B","scoring":-1}],"#,
        r#""customersWithMostIncidents":[{"customerName":"O'M","numberOfIncidents":256}],"#,
        r#""customersWithHighestIncidentVolume":[{"customerName":"B","incidentVolume":899999999999999.1234},"#,
        r#"{"customerName":"C","incidentVolume":12.5}]}"#
    );
    assert!(dashboard.is_complete());
    for query in [ANY, COMPLETE] {
        assert_eq!(dashboard.status(&query), StatusCode::OK);
        assert_eq!(text(&dashboard, &query), expected);
    }
}

#[test]
fn missing_sections_are_null_and_their_backend_is_listed() {
    let dashboard = dashboard(unavailable(Reason::Timeout), Outcome::Fresh);
    assert_eq!(dashboard.status(&ANY), StatusCode::OK);
    assert!(!dashboard.is_complete());
    let json = text(&dashboard, &ANY);
    assert!(json.starts_with(r#"{"customerCount":null,"topCustomers":null,"customersWith"#), "{json}");
    let end = r#"],"unavailable":[{"service":"customers-service","reason":"timeout"}]}"#;
    assert!(json.ends_with(end), "{json}");
}

#[test]
fn stale_sections_are_shown_and_their_backend_is_listed_after_the_unavailable_ones() {
    let both = dashboard(stale(Reason::ErrorStatus, 7), stale(Reason::Timeout, 42));
    assert_eq!(both.status(&ANY), StatusCode::OK);
    let json = text(&both, &ANY);
    assert!(json.starts_with(r#"{"customerCount":40,"topCustomers":[{"#), "{json}");
    let end = concat!(
        r#"}],"stale":[{"service":"customers-service","reason":"error_status","ageSeconds":7},"#,
        r#"{"service":"incidents-service","reason":"timeout","ageSeconds":42}]}"#
    );
    assert!(json.ends_with(end), "{json}");

    let one = dashboard(stale(Reason::TooLarge, 1), unavailable(Reason::Unreachable));
    let end = concat!(
        r#","customersWithMostIncidents":null,"customersWithHighestIncidentVolume":null,"#,
        r#""unavailable":[{"service":"incidents-service","reason":"unreachable"}],"#,
        r#""stale":[{"service":"customers-service","reason":"too_large","ageSeconds":1}]}"#
    );
    assert!(text(&one, &ANY).ends_with(end));
}

#[test]
fn failed_backends_are_sorted() {
    let calls = dashboard(unavailable(Reason::TooLarge), unavailable(Reason::Timeout)).calls;
    let (unavailable, stale) = failures(&calls.into_iter().rev().collect::<Vec<_>>());
    let services: Vec<_> = unavailable.iter().map(|entry| entry.service).collect();
    assert_eq!((services, stale.len()), (vec!["customers-service", "incidents-service"], 0));
}

#[test]
fn only_timeouts_make_a_gateway_timeout() {
    let status = |customers, incidents| {
        let dashboard = dashboard(unavailable(customers), unavailable(incidents));
        assert!(text(&dashboard, &ANY).starts_with(r#"{"message":"The dashboard is not available"#));
        dashboard.status(&ANY)
    };
    assert_eq!(status(Reason::Timeout, Reason::Timeout), StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(status(Reason::Timeout, Reason::Unreachable), StatusCode::BAD_GATEWAY);
    assert_eq!(status(Reason::Unreachable, Reason::Timeout), StatusCode::BAD_GATEWAY);
    assert_eq!(status(Reason::ErrorStatus, Reason::ErrorStatus), StatusCode::BAD_GATEWAY);
}

#[test]
fn require_complete_rejects_a_dashboard_with_missing_or_stale_sections() {
    let message = r#"{"message":"The dashboard is not complete","#;
    for (outcome, rest) in [
        (
            unavailable(Reason::Timeout),
            r#""unavailable":[{"service":"incidents-service","reason":"timeout"}]}"#,
        ),
        (
            stale(Reason::Timeout, 3),
            r#""stale":[{"service":"incidents-service","reason":"timeout","ageSeconds":3}]}"#,
        ),
    ] {
        let dashboard = dashboard(Outcome::Fresh, outcome);
        assert_eq!(dashboard.status(&COMPLETE), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(text(&dashboard, &COMPLETE), [message, rest].concat());
    }
    let nothing = dashboard(unavailable(Reason::Timeout), unavailable(Reason::Timeout));
    assert_eq!(nothing.status(&COMPLETE), StatusCode::SERVICE_UNAVAILABLE);
}
