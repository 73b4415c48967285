//! `SECURITY.md` is true: what a component may touch, and what is not protected.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::read_to_string;
use std::io::{Read, Write};
use std::net::TcpStream;

use harness::{App, root};
use toml::{Table, Value};

use crate::documents::rows;

/// What a component may touch, in the words of SECURITY.md.
fn permissions(component: &Table) -> BTreeSet<String> {
    let about_the_build = ["description", "source", "build"];
    let permissions = component.iter().filter(|(key, _)| !about_the_build.contains(&key.as_str()));
    let permissions = permissions.map(|(key, value)| {
        let action = match key.as_str() {
            "allowed_outbound_hosts" => "call",
            "variables" => "read",
            "sqlite_databases" => "use the database",
            "key_value_stores" => "use the key-value store",
            other => other,
        };
        let names: Vec<_> = match value {
            Value::Array(names) => names.iter().map(|name| name.as_str().unwrap()).collect(),
            Value::Table(names) => names.keys().map(String::as_str).collect(),
            _ => Vec::new(),
        };
        let service = |name: &str| {
            let host = name.strip_prefix("http://").and_then(|name| name.strip_suffix(".spin.internal"));
            format!("`{}`", host.unwrap_or(name))
        };
        format!("{action} {}", names.into_iter().map(service).collect::<Vec<_>>().join(" and "))
    });
    permissions.collect()
}

#[test]
fn each_component_may_touch_what_the_security_page_lists_and_no_more() {
    let manifest: Table = read_to_string(root().join("spin.toml")).unwrap().parse().unwrap();
    let components = manifest["component"].as_table().unwrap();
    let granted =
        components.iter().map(|(id, component)| (id.clone(), permissions(component.as_table().unwrap())));
    let page = read_to_string(root().join("SECURITY.md")).unwrap();
    let rows = rows(&page, "What each component may touch");
    let listed = rows
        .iter()
        .skip(1)
        .map(|row| (row[0].trim_matches('`').to_owned(), row[1].split(", ").map(str::to_owned).collect()));
    assert_eq!(listed.collect::<BTreeMap<_, BTreeSet<_>>>(), granted.collect());
    assert_eq!(components.len(), 3);
}

/// Whatever that page says: the dashboard is made of what two others tell, and of nothing else.
#[test]
fn the_aggregate_has_no_database_and_may_call_two_components() {
    let manifest: Table = read_to_string(root().join("spin.toml")).unwrap().parse().unwrap();
    let mut aggregates = manifest["component"]["aggregates-service"].as_table().unwrap().clone();
    for about_the_build in ["description", "source", "build"] {
        aggregates.remove(about_the_build);
    }
    let expected = r#"
        allowed_outbound_hosts = [
            "http://customers-service.spin.internal", "http://incidents-service.spin.internal"
        ]
        key_value_stores = ["default"]
        [variables]
        backend_timeout_ms = "{{ backend_timeout_ms }}"
        cache_max_age_s = "{{ cache_max_age_s }}"
        stale_if_error_s = "{{ stale_if_error_s }}""#;
    assert_eq!(aggregates, expected.parse().unwrap());
}

#[test]
fn a_foreign_host_is_served_like_any_other() {
    let app = App::start();
    let mut stream = TcpStream::connect(app.address()).unwrap();
    let request = "GET /customers/count HTTP/1.1\r\nhost: rebound.example\r\nconnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with(r#"{"count":40}"#), "{answer}");
}
