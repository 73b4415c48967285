use std::time::UNIX_EPOCH;

use serde_json::json;

use super::*;
use crate::backends::client::{BackendResult, Reason};
use crate::dashboard::tests::dashboard;

const NOW: u64 = 1_795_418_453; // 23 November 2026, 07:20 UTC

/// Names that would do harm if they were not escaped, and their form on the page.
const HOSTILE: [(&str, &str); 5] = [
    ("<script>alert(1)</script>", ">&#60;script&#62;alert(1)&#60;/script&#62;</bdi>"),
    ("\"><img src=x onerror='alert(1)'>", ">&#34;&#62;&#60;img src=x onerror=&#39;alert(1)&#39;&#62;</bdi>"),
    ("O'Malley & Sons &amp; {{ style }}", ">O&#39;Malley &#38; Sons &#38;amp; {{ style }}</bdi>"),
    ("\u{202e}\u{5e9}\u{5dc}\u{5d5}\u{5dd}", ">\u{202e}\u{5e9}\u{5dc}\u{5d5}\u{5dd}</bdi>"),
    ("Z\u{335}\u{321}\u{301}", ">Z\u{335}\u{321}\u{301}</bdi>"),
];

/// A dashboard with one customer, whose name and values are given.
fn with_entry(name: &str, scoring: i64, incidents: u64, volume: &str) -> Dashboard {
    let volume: serde_json::Number = serde_json::from_str(volume).expect("a number");
    let customers = json!({"count": 1234, "top": [{"name": name, "scoring": scoring}]});
    let incidents = json!({
        "mostIncidents": [{"customerName": name, "numberOfIncidents": incidents}],
        "highestVolume": [{"customerName": name, "incidentVolume": volume}],
    });
    let customers = serde_json::from_value(customers).expect("valid");
    let incidents = serde_json::from_value(incidents).expect("valid");
    Dashboard::new(
        BackendResult::new("customers-service", Outcome::Fresh, customers),
        BackendResult::new("incidents-service", Outcome::Fresh, incidents),
    )
}

fn empty() -> Dashboard {
    let customers = serde_json::from_value(json!({"count": 0, "top": []})).expect("valid");
    let incidents = serde_json::from_value(json!({"mostIncidents": [], "highestVolume": []})).expect("valid");
    Dashboard::new(
        BackendResult::new("customers-service", Outcome::Fresh, customers),
        BackendResult::new("incidents-service", Outcome::Fresh, incidents),
    )
}

fn response(dashboard: &Dashboard, query: Query) -> Response {
    respond(dashboard, UNIX_EPOCH + Duration::from_secs(NOW), "../", query).expect("a page")
}

fn html(response: Response) -> String {
    match response.into_body() {
        Body::Whole(html) => String::from_utf8(html).expect("UTF-8"),
        Body::Pages(_) => panic!("the page is sent as a whole"),
    }
}

fn page(dashboard: &Dashboard) -> String {
    html(response(dashboard, Query::default()))
}

fn assert_has(page: &str, parts: &[&str]) {
    for part in parts {
        assert!(page.contains(part), "{part} is missing in {page}");
    }
}

#[test]
fn every_number_is_shown_with_all_its_digits() {
    let page = page(&with_entry("A", -1000, 4096, "899999999999999.1234"));
    assert_has(
        &page,
        &[
            r#"<data value="1234">1,234</data> customers"#,
            r#"<data value="-1000">−1,000</data>"#,
            r#"<data value="4096">4,096</data>"#,
            r#"<data value="899999999999999.1234">899,<wbr>999,<wbr>999,<wbr>999,<wbr>999.1234<wbr></data>"#,
            r#"<time datetime="2026-11-23T07:20:00Z">23 November 2026, 07:20 UTC</time>"#,
        ],
    );
    assert!(!page.contains(r#"role="alert""#));
}

#[test]
fn names_are_escaped_and_isolated() {
    for (name, escaped) in HOSTILE {
        let page = page(&with_entry(name, 1, 1, "1"));
        assert_eq!(page.matches(escaped).count(), 3, "{name:?} in {page}");
        assert_eq!(page.matches("<bdi title=").count(), 3);
    }
}

#[test]
fn a_name_without_visible_characters_shows_as_no_name() {
    for name in ["", " \u{2003}", "\u{200b}", "\u{2800}", "\u{3164}", "\u{feff}\u{200b}", "\u{ad}\t\n\u{7f}"]
    {
        assert_has(&page(&with_entry(name, 1, 1, "1")), &["<em>no name</em>"]);
    }
    assert!(!page(&with_entry("\u{200b}a", 1, 1, "1")).contains("<em>no name</em>"));
}

#[test]
fn an_empty_list_is_not_a_missing_one() {
    let page = page(&empty());
    assert_eq!(page.matches("None yet.").count(), 3, "{page}");
    assert!(!page.contains("Not available"));
}

#[test]
fn missing_sections_are_shown_with_the_reason() {
    let unavailable = Outcome::Unavailable { reason: Reason::Unreachable };
    let response = response(&dashboard(Outcome::Fresh, unavailable), Query::default());
    assert_eq!(response.status(), StatusCode::OK);
    let page = html(response);
    assert_has(
        &page,
        &[
            "<title>Incomplete: ",
            "<h2>Part of this dashboard is missing</h2>",
            "<strong>incidents-service</strong> is unreachable. Its sections are missing.",
            ">Ä</bdi>",
            r#"<h2 id="customers-service">Customers</h2>"#,
        ],
    );
    let section = "<strong>Not available</strong> incidents-service is unreachable.";
    assert_eq!(page.matches(section).count(), 2, "{page}");
}

#[test]
fn stale_sections_are_shown_with_age_and_reason() {
    let stale = Outcome::Stale { reason: Reason::Timeout, age: Duration::from_secs(90) };
    let page = page(&dashboard(stale, Outcome::Fresh));
    assert_has(
        &page,
        &[
            "<title>Incomplete: ",
            "<h2>Part of this dashboard is stale</h2>",
            "Its sections are 90 seconds old.",
            ">Ä</bdi>",
            concat!(
                r#"<strong>Stale: 90 seconds old.</strong> Last read on <time datetime="2026-11-23T07:19:00Z">"#,
                "23 November 2026, 07:19 UTC</time>. customers-service timed out"
            ),
        ],
    );
    assert!(!page.contains("Not available"), "{page}");
}

#[test]
fn without_a_dashboard_the_page_has_the_status_of_the_json() {
    let unavailable = |reason| Outcome::Unavailable { reason };
    let nothing = dashboard(unavailable(Reason::Timeout), unavailable(Reason::TooLarge));
    let nothing = response(&nothing, Query::default());
    assert_eq!(nothing.status(), StatusCode::BAD_GATEWAY);
    assert_has(&html(nothing), &["The dashboard is not available", "customers-service</strong> timed out"]);

    let query = Query { require_complete: true, ..Query::default() };
    let partial = response(&dashboard(Outcome::Fresh, unavailable(Reason::Timeout)), query);
    assert_eq!(partial.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_has(&html(partial), &["<h2>This dashboard is not complete</h2>"]);
}

#[test]
fn links_keep_the_other_parameters() {
    let query = Query { require_complete: true, refresh: Some(60), json: false };
    let reloading = response(&empty(), query);
    assert_eq!(reloading.headers()[REFRESH], "60");
    assert_has(
        &html(reloading),
        &[
            "Reloads every 60 seconds",
            r#"<a href="?require=complete">Stop</a>"#,
            r#"<a href="?format=json&#38;refresh=60&#38;require=complete">"#,
        ],
    );
    let plain = response(&empty(), Query { refresh: None, ..query });
    assert!(!plain.headers().contains_key(REFRESH));
    assert_has(&html(plain), &[r#"<a href="?refresh=10&#38;require=complete">"#]);
}

#[test]
fn links_are_relative() {
    let page = page(&empty());
    assert_has(&page, &[r#"<a href="../customers/items">"#, r#"<a href="../incidents/items">"#]);
    assert!(!page.contains("href=\"/"), "{page}");
}

#[test]
fn the_policy_allows_the_style_and_nothing_else() {
    let response = response(&empty(), Query::default());
    let policy = response.headers()[CONTENT_SECURITY_POLICY].to_str().expect("ASCII").to_owned();
    let page = html(response);
    let (_, style) = page.split_once("<style>").expect("a style");
    let (style, _) = style.split_once("</style>").expect("its end");
    let hash = BASE64_STANDARD.encode(Sha256::digest(style));
    assert!(policy.contains(&format!("style-src 'sha256-{hash}';")), "{policy}");
    for forbidden in ["<script", " style=", "http-equiv", "javascript:", "@import", "url("] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
}
