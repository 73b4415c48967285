use std::time::UNIX_EPOCH;

use serde_json::{Value, json};

use super::*;
use crate::backends::{Backend, Customers, Incidents};
use crate::last_good::LastGood;
use crate::outcome::{Failed, Outcome, Part};
use crate::upstream::Reason;

/// Names that would do harm, were they not escaped, and how they have to stand in the page.
const HOSTILE: [(&str, &str); 5] = [
    ("<script>alert(1)</script>", "<bdi>&#60;script&#62;alert(1)&#60;/script&#62;</bdi>"),
    (
        "\"><img src=x onerror='alert(1)'>",
        "<bdi>&#34;&#62;&#60;img src=x onerror=&#39;alert(1)&#39;&#62;</bdi>",
    ),
    ("O'Malley & Sons &amp; {{ style }}", "<bdi>O&#39;Malley &#38; Sons &#38;amp; {{ style }}</bdi>"),
    ("\u{202e}\u{5e9}\u{5dc}\u{5d5}\u{5dd}", "<bdi>\u{202e}\u{5e9}\u{5dc}\u{5d5}\u{5dd}</bdi>"),
    ("Z\u{335}\u{321}\u{301}", "<bdi>Z\u{335}\u{321}\u{301}</bdi>"),
];

fn customers(top: &Value) -> Box<dyn Part> {
    part(Ok(customers_from(top)))
}

fn customers_from(top: &Value) -> Customers {
    serde_json::from_value(json!({"count": 1234, "top": top})).expect("what the service sends")
}

fn incidents(most: &Value, highest: &Value) -> Box<dyn Part> {
    let incidents = json!({"mostIncidents": most, "highestVolume": highest});
    part::<Incidents>(Ok(serde_json::from_value(incidents).expect("what the service sends")))
}

fn missing<B: Backend>(reason: Reason) -> Box<dyn Part> {
    part::<B>(Err(Failed { reason, last_good: None }))
}

fn part<B: Backend>(answer: Result<B, Failed<B>>) -> Box<dyn Part> {
    Box::new(Outcome { answer, took: Duration::ZERO })
}

fn page(customers: Box<dyn Part>, incidents: Box<dyn Part>) -> String {
    html(&answer(customers, incidents, None))
}

fn answer(customers: Box<dyn Part>, incidents: Box<dyn Part>, refresh: Option<u16>) -> Response<Body> {
    let payload = Payload(vec![customers, incidents]);
    let query = Query { refresh, ..Query::default() };
    response(&payload, UNIX_EPOCH + Duration::from_secs(1_795_418_453), &query).expect("a page")
}

fn html(response: &Response<Body>) -> String {
    match response.body() {
        Body::Whole(html) => String::from_utf8(html.clone()).expect("UTF-8"),
        Body::Pages(_) => panic!("the page has a known length"),
    }
}

#[test]
fn every_number_stands_there_as_in_the_json_and_readable() {
    let page = page(
        customers(&json!([{"name": "A", "scoring": -1000}])),
        incidents(
            &json!([{"customerName": "B", "numberOfIncidents": 4096}]),
            &json!([{"customerName": "C", "incidentVolume": 33608.5}]),
        ),
    );
    for data in [
        r#"<data value="1234">1,234</data>"#,
        r#"<data value="-1000">−1,000</data>"#,
        r#"<data value="4096">4,096</data>"#,
        r#"<data value="33608.5">33,608.5</data>"#,
    ] {
        assert!(page.contains(data), "{data} is not in {page}");
    }
    assert!(page.contains(r#"<time datetime="2026-11-23T07:20:00Z">23 November 2026, 07:20 UTC</time>"#));
    assert!(!page.contains(r#"role="alert""#));
}

#[test]
fn names_are_escaped_and_isolated() {
    for (name, escaped) in HOSTILE {
        let page = page(
            customers(&json!([{"name": name, "scoring": 1}])),
            incidents(
                &json!([{"customerName": name, "numberOfIncidents": 1}]),
                &json!([{"customerName": name, "incidentVolume": 1}]),
            ),
        );
        assert_eq!(page.matches(escaped).count(), 3, "{name:?} in {page}");
    }
}

#[test]
fn a_row_without_a_name_says_so() {
    let page =
        page(customers(&json!([{"name": " \u{2003}", "scoring": 1}])), missing::<Incidents>(Reason::Timeout));
    assert!(page.contains("<em>no name</em>"), "{page}");
}

#[test]
fn an_empty_list_is_not_a_missing_one() {
    let page = page(customers(&json!([])), incidents(&json!([]), &json!([])));
    assert_eq!(page.matches("None yet.").count(), 3, "{page}");
    assert!(!page.contains("Not available"));
}

#[test]
fn a_missing_section_is_named_with_the_reason_and_the_rest_is_shown() {
    let answer = answer(
        customers(&json!([{"name": "A", "scoring": 1}])),
        missing::<Incidents>(Reason::Unreachable),
        None,
    );
    assert_eq!(answer.status(), StatusCode::OK);
    let page = html(&answer);
    assert!(page.contains("<title>Incomplete: "));
    assert!(page.contains("<h2>A part of this dashboard is missing</h2>"));
    assert_eq!(page.matches("incidents-service is unreachable").count(), 2, "in each section: {page}");
    assert!(page.contains("<bdi>A</bdi>"));
    assert!(page.contains(r#"<h2 id="customers-service">Customers</h2>"#), "{page}");
    let missing = "Missing are the customers with most incidents and those with the highest volume.";
    assert!(page.contains(missing), "{page}");
}

#[test]
fn what_is_from_a_while_ago_is_shown_with_its_time_and_why() {
    let answer_of_then = customers_from(&json!([{"name": "A", "scoring": 1}]));
    let last_good = LastGood { answer: answer_of_then, age: Duration::from_secs(42) };
    let customers = part(Err(Failed { reason: Reason::Timeout, last_good: Some(last_good) }));
    let page = page(customers, incidents(&json!([]), &json!([])));
    assert!(page.contains("<title>Incomplete: "));
    assert!(page.contains("<h2>A part of this dashboard is from a while ago</h2>"), "{page}");
    assert!(page.contains("<bdi>A</bdi>"));
    let says = concat!(
        r#"<strong>From 42 seconds ago</strong>, <time datetime="2026-11-23T07:20:00Z">"#,
        "23 November 2026, 07:20 UTC</time>: customers-service timed out"
    );
    assert!(page.contains(says), "{page}");
    assert!(!page.contains("Not available"), "{page}");
}

#[test]
fn without_any_section_the_page_says_so_with_the_status() {
    let answer = answer(missing::<Customers>(Reason::Timeout), missing::<Incidents>(Reason::TooLarge), None);
    assert_eq!(answer.status(), StatusCode::BAD_GATEWAY);
    let page = html(&answer);
    assert!(page.contains("<h2>The dashboard is not available at the moment</h2>"));
    assert!(page.contains("customers-service timed out"));
    assert!(page.contains("incidents-service gave a response that is too large"));
}

#[test]
fn who_wants_all_or_nothing_is_told_that_it_is_not_complete() {
    let payload = Payload(vec![customers(&json!([])), missing::<Incidents>(Reason::Timeout)]);
    let query = Query { complete: true, ..Query::default() };
    let answer = response(&payload, UNIX_EPOCH, &query).expect("a page");
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(html(&answer).contains("<h2>This dashboard is not complete at the moment</h2>"));
}

#[test]
fn it_loads_itself_again_only_if_asked_to() {
    let plain = answer(missing::<Customers>(Reason::Timeout), missing::<Incidents>(Reason::Timeout), None);
    assert!(!plain.headers().contains_key(REFRESH));
    let refreshing =
        answer(missing::<Customers>(Reason::Timeout), missing::<Incidents>(Reason::Timeout), Some(60));
    assert_eq!(refreshing.headers()[REFRESH], "60");
    assert!(html(&refreshing).contains("every 60 seconds"));
}

#[test]
fn a_time_before_1970_is_its_beginning() {
    let hour = Duration::from_secs(3600);
    assert_eq!(before(UNIX_EPOCH + hour, hour / 2), UNIX_EPOCH + hour / 2);
}

#[test]
fn the_policy_allows_the_style_and_nothing_that_runs() {
    let answer = answer(customers(&json!([])), missing::<Incidents>(Reason::Timeout), None);
    let page = html(&answer);
    let (_, style) = page.split_once("<style>").expect("a style");
    let (style, _) = style.split_once("</style>").expect("its end");
    let hash = BASE64_STANDARD.encode(Sha256::digest(style));
    let policy = answer.headers()[CONTENT_SECURITY_POLICY].to_str().expect("ASCII");
    assert!(policy.contains(&format!("style-src 'sha256-{hash}';")), "{policy}");
    for forbidden in ["<script", " style=", "http-equiv", "javascript:", "@import", "url("] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
}
