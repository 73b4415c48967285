use super::*;
use crate::backends::{Backend, Customers, Incidents};
use crate::last_good::LastGood;
use crate::outcome::{Failed, Outcome};

const CUSTOMERS: &str = r#"{"count":40,"top":[{"name":"Ä","scoring":10},{"name":"B","scoring":-1}]}"#;

const INCIDENTS: &str = r#"{"mostIncidents":[{"customerName":"O'M","numberOfIncidents":256}],
    "highestVolume":[{"customerName":"B","incidentVolume":9007199254740993},
                     {"customerName":"C","incidentVolume":12.5}]}"#;

fn fresh<B: Backend>(json: &str) -> Box<dyn Part> {
    part(Ok(serde_json::from_str::<B>(json).expect("well-formed")))
}

fn stale<B: Backend>(json: &str, reason: Reason, seconds: u64) -> Box<dyn Part> {
    let answer = serde_json::from_str::<B>(json).expect("well-formed");
    let last_good = Some(LastGood { answer, age: Duration::from_millis(seconds * 1000 + 999) });
    part(Err(Failed { reason, last_good }))
}

fn missing<B: Backend>(reason: Reason) -> Box<dyn Part> {
    part::<B>(Err(Failed { reason, last_good: None }))
}

fn part<B: Backend>(answer: Result<B, Failed<B>>) -> Box<dyn Part> {
    Box::new(Outcome { answer, took: Duration::ZERO })
}

fn json(payload: &Payload, all: bool) -> String {
    String::from_utf8(payload.to_json(all).expect("serialises")).expect("UTF-8")
}

#[test]
fn a_complete_dashboard_has_four_keys_in_the_order_of_the_contract() {
    let payload = Payload(vec![fresh::<Customers>(CUSTOMERS), fresh::<Incidents>(INCIDENTS)]);
    let expected = concat!(
        r#"{"customerCount":40,"#,
        r#""topCustomers":[{"customerName":"Ä","scoring":10},{"customerName":"B","scoring":-1}],"#,
        r#""customersWithMostIncidents":[{"customerName":"O'M","numberOfIncidents":256}],"#,
        r#""customersWithHighestIncidentVolume":[{"customerName":"B","incidentVolume":9007199254740993},"#,
        r#"{"customerName":"C","incidentVolume":12.5}]}"#
    );
    assert!(payload.is_complete());
    for all in [false, true] {
        assert_eq!(payload.status(all), StatusCode::OK);
        assert_eq!(json(&payload, all), expected);
    }
}

#[test]
fn a_missing_section_is_null_and_its_service_is_named() {
    let payload = Payload(vec![missing::<Customers>(Reason::Timeout), fresh::<Incidents>(INCIDENTS)]);
    assert_eq!(payload.status(false), StatusCode::OK);
    assert!(!payload.is_complete());
    let json = json(&payload, false);
    assert!(json.starts_with(r#"{"customerCount":null,"topCustomers":null,"customersWith"#), "{json}");
    assert!(
        json.ends_with(r#"],"unavailable":[{"service":"customers-service","reason":"timeout"}]}"#),
        "{json}"
    );
}

#[test]
fn an_answer_from_a_while_ago_is_shown_and_said_to_be_so() {
    let payload = Payload(vec![
        stale::<Customers>(CUSTOMERS, Reason::ErrorStatus, 7),
        stale::<Incidents>(INCIDENTS, Reason::Timeout, 42),
    ]);
    assert_eq!(payload.status(false), StatusCode::OK);
    assert_eq!(payload.age().map(|age| age.as_secs()), Some(42));
    let json = json(&payload, false);
    assert!(json.starts_with(r#"{"customerCount":40,"topCustomers":[{"#), "{json}");
    assert!(
        json.ends_with(concat!(
            r#"}],"stale":[{"service":"customers-service","reason":"error_status","ageSeconds":7},"#,
            r#"{"service":"incidents-service","reason":"timeout","ageSeconds":42}]}"#
        )),
        "{json}"
    );
}

#[test]
fn what_is_missing_is_named_before_what_is_stale_and_each_service_once() {
    let payload = Payload(vec![
        stale::<Customers>(CUSTOMERS, Reason::TooLarge, 1),
        missing::<Incidents>(Reason::Unreachable),
    ]);
    assert_eq!(payload.status(false), StatusCode::OK);
    let ends = concat!(
        r#","customersWithMostIncidents":null,"customersWithHighestIncidentVolume":null,"#,
        r#""unavailable":[{"service":"incidents-service","reason":"unreachable"}],"#,
        r#""stale":[{"service":"customers-service","reason":"too_large","ageSeconds":1}]}"#
    );
    let json = json(&payload, false);
    assert!(json.ends_with(ends), "{json}");
}

#[test]
fn without_any_section_there_is_an_error_with_the_services_sorted() {
    let payload =
        Payload(vec![missing::<Incidents>(Reason::Timeout), missing::<Customers>(Reason::TooLarge)]);
    assert_eq!(payload.status(false), StatusCode::BAD_GATEWAY);
    assert_eq!(
        json(&payload, false),
        concat!(
            r#"{"message":"The dashboard is not available at the moment: no service has answered as it should","#,
            r#""unavailable":[{"service":"customers-service","reason":"too_large"},"#,
            r#"{"service":"incidents-service","reason":"timeout"}]}"#
        )
    );
}

#[test]
fn who_wants_all_or_nothing_gets_nothing_where_anything_is_missing_or_stale() {
    let message = r#"{"message":"The dashboard is not complete at the moment","#;
    for (part, rest) in [
        (
            missing::<Incidents>(Reason::Timeout),
            r#""unavailable":[{"service":"incidents-service","reason":"timeout"}]}"#,
        ),
        (
            stale::<Incidents>(INCIDENTS, Reason::Timeout, 3),
            r#""stale":[{"service":"incidents-service","reason":"timeout","ageSeconds":3}]}"#,
        ),
    ] {
        let payload = Payload(vec![fresh::<Customers>(CUSTOMERS), part]);
        assert_eq!(payload.status(true), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(json(&payload, true), [message, rest].concat());
    }
    let payload = Payload(vec![missing::<Customers>(Reason::Timeout), missing::<Incidents>(Reason::Timeout)]);
    assert_eq!(payload.status(true), StatusCode::SERVICE_UNAVAILABLE);
}

#[test]
fn any_section_of_any_backend_makes_a_dashboard() {
    for there in 0..3 {
        for part in [fresh::<Customers>(CUSTOMERS), stale::<Customers>(CUSTOMERS, Reason::Timeout, 1)] {
            let mut parts: Vec<_> = (0..3).map(|_| missing::<Incidents>(Reason::Timeout)).collect();
            parts[there] = part;
            assert_eq!(Payload(parts).status(false), StatusCode::OK, "{there}");
        }
    }
}

#[test]
fn only_timeouts_make_a_gateway_timeout() {
    let status = |customers, incidents| {
        Payload(vec![missing::<Customers>(customers), missing::<Incidents>(incidents)]).status(false)
    };
    assert_eq!(status(Reason::Timeout, Reason::Timeout), StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(status(Reason::Timeout, Reason::Unreachable), StatusCode::BAD_GATEWAY);
    assert_eq!(status(Reason::Unreachable, Reason::Timeout), StatusCode::BAD_GATEWAY);
    assert_eq!(status(Reason::ErrorStatus, Reason::ErrorStatus), StatusCode::BAD_GATEWAY);
}
