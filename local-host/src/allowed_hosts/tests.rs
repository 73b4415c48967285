use super::*;
use std::collections::HashMap;

fn hosts(entries: &[&str]) -> Result<AllowedHosts> {
    let variable = toml::from_str("default = ''").unwrap();
    let given = HashMap::from([("backend".to_owned(), "customers".to_owned())]);
    let declared = [("backend", &variable), ("optional", &variable)];
    let none = |_: &str| Err(std::env::VarError::NotPresent);
    let variables = AppVariables::resolve(declared, &given, none)?;
    let entries: Vec<_> = entries.iter().map(ToString::to_string).collect();
    AllowedHosts::parse(&entries, &variables, &["customers", "incidents"])
}

fn allows(entry: &str, url: &str) -> bool {
    hosts(&[entry]).unwrap().allow(&Url::parse(url).unwrap())
}

#[test]
fn an_exact_host_allows_itself_only() {
    let entry = "http://customers.spin.internal";
    assert!(allows(entry, "http://customers.spin.internal/items?a=b"));
    assert!(allows(entry, "http://customers.spin.internal:80/"));
    assert!(!allows(entry, "http://incidents.spin.internal/"));
    assert!(!allows(entry, "https://customers.spin.internal/"));
    assert!(!allows(entry, "http://customers.spin.internal:81/"));
    assert!(!allows(entry, "http://customers.spin.internal.example.com/"));
}

#[test]
fn each_part_may_be_a_wildcard() {
    assert!(allows("*://example.com:*", "https://example.com:8443/"));
    assert!(allows("http://*", "http://example.com/"));
    assert!(!allows("http://*", "http://example.com:8080/"));
    assert!(allows("http://*.example.com", "http://a.b.example.com/"));
    assert!(!allows("http://*.example.com", "http://example.com/"));
    assert!(allows("http://example.com:8000..8002", "http://example.com:8001/"));
    assert!(!allows("http://example.com:8000..8002", "http://example.com:8002/"));
}

#[test]
fn the_chaining_wildcard_means_the_components_of_the_app() {
    let entry = "http://*.spin.internal";
    assert!(allows(entry, "http://incidents.spin.internal/"));
    assert!(!allows(entry, "http://unknown.spin.internal/"));
}

#[test]
fn networks_contain_addresses() {
    assert!(allows("http://10.0.0.0/8:*", "http://10.1.2.3:99/"));
    assert!(!allows("http://10.0.0.0/8:*", "http://11.1.2.3:99/"));
    assert!(allows("http://0.0.0.0/0", "http://11.1.2.3/"));
    assert!(allows("http://127.0.0.1", "http://127.0.0.1/"));
}

#[test]
fn templates_are_filled_in() {
    let entry = "http://{{ backend }}.spin.internal";
    assert!(allows(entry, "http://customers.spin.internal/"));
    assert!(!allows("{{ optional }}", "http://customers.spin.internal/"));
    assert!(hosts(&["http://{{ unknown }}"]).is_err());
}

#[test]
fn malformed_entries_are_refused() {
    for entry in [
        "",
        "*",
        "example.com",
        "http://a/b",
        "ftp://a",
        "http://*.a.*",
        "http://a*",
        "http://a:b",
        "http://a:1/b",
        "h1://a:1",
    ] {
        assert!(hosts(&[entry]).is_err(), "{entry}");
    }
}

#[test]
fn own_requests_and_outside_hosts_are_told_apart() {
    assert!(hosts(&["http://self"]).unwrap().allow_self());
    assert!(hosts(&["*://*:*"]).unwrap().allow_self());
    assert!(!hosts(&["http://customers.spin.internal"]).unwrap().allow_self());
    assert!(!hosts(&["http://*.spin.internal", "http://self"]).unwrap().reach_outside());
    assert!(hosts(&["https://example.com"]).unwrap().reach_outside());
}

#[test]
fn chaining_hosts_have_exactly_one_part_before_the_domain() {
    assert_eq!(chaining_target("a-b.spin.internal"), Some("a-b"));
    assert_eq!(chaining_target("a.spin.internal:80"), Some("a"));
    assert_eq!(chaining_target("a.b.spin.internal"), None);
    assert_eq!(chaining_target("spin.internal"), None);
    assert_eq!(chaining_target("a.spin.internal.com"), None);
}
