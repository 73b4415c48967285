//! The capabilities of components: each has what `spin.toml` grants it, and nothing else.

use std::collections::BTreeSet;

use harness::{AGGREGATES, App, Manifest, Options, backends, callees, services};
use serde_json::{Value, json};
use toml::Table;

use crate::faults::names;

/// All keys that grant something to a component.
const CAPABILITIES: [&str; 8] = [
    "variables",
    "environment",
    "files",
    "allowed_outbound_hosts",
    "key_value_stores",
    "sqlite_databases",
    "ai_models",
    "dependencies",
];

/// The app in which the aggregate is a component that tries every capability. It has those that `grant` sets.
fn probe(grant: impl FnOnce(Manifest) -> Manifest) -> App {
    let change = |manifest: Manifest| {
        let manifest = manifest.replace(AGGREGATES, "");
        grant(CAPABILITIES.iter().fold(manifest, |manifest, key| manifest.unset(AGGREGATES, key)))
    };
    Options::default().migrated().manifest(change).start()
}

/// The report of the probe, which has called this URL.
fn report(app: &App, url: &str) -> Value {
    let reply = app.send("GET", &format!("/aggregates/x?{url}"), &[("connection", "x-hop"), ("x-kept", "1")]);
    assert_eq!(reply.status, 200, "{:?}", reply.text());
    serde_json::from_slice(&reply.body).unwrap()
}

#[test]
fn a_component_has_no_capability_that_is_not_granted() {
    let found = report(&probe(|manifest| manifest), "");
    for key in ["environment", "arguments", "directories", "files"] {
        assert_eq!(found[key], json!([]), "{found}");
    }
    for (key, error) in [("variable", "undefined"), ("database", "denied"), ("store", "accessdenied")] {
        assert!(found[key]["Err"].to_string().to_lowercase().contains(error), "{found}");
    }
}

#[test]
fn a_component_has_the_capabilities_that_are_granted() {
    let app = probe(|manifest| {
        manifest
            .set(AGGREGATES, "environment", Table::from_iter([("NAME".to_owned(), "value".into())]))
            .set(AGGREGATES, "sqlite_databases", vec!["default"])
            .set(AGGREGATES, "key_value_stores", vec!["default"])
            .set(AGGREGATES, "variables", Table::from_iter([("backend_timeout_ms".to_owned(), "7".into())]))
    });
    let found = report(&app, "");
    assert_eq!(found["environment"], json!([["NAME", "value"]]));
    assert_eq!(found["variable"], json!({ "Ok": "7" }));
    assert_eq!((&found["database"], &found["store"]), (&json!({ "Ok": null }), &json!({ "Ok": null })));
    // Header names of the connection are the server's.
    let has = |header: &str| found["headers"].as_array().unwrap().contains(&json!(header));
    assert!(has("host") && has("x-kept") && !has("connection"), "{found}");
}

#[test]
fn a_component_calls_only_its_outbound_hosts() {
    let allowed = backends()[1].service;
    let host = format!("http://{allowed}.spin.internal");
    let app = probe(|manifest| manifest.set(AGGREGATES, "allowed_outbound_hosts", vec![host.as_str()]));
    let called = |url: &str| report(&app, url)["called"].to_string().to_lowercase();
    for url in [format!("{host}/nothing"), format!("{host}:80/nothing")] {
        assert_eq!(called(&url), "\"404\"", "{url}");
    }
    for url in [
        &format!("http://{}.spin.internal/", backends()[0].service),
        &format!("https://{allowed}.spin.internal/"),
        &format!("{host}:81/"),
        &format!("{host}.example/"),
        &format!("http://x.{allowed}.spin.internal/"),
        "http://self.alt/",
        "http://127.0.0.1:1/",
        &format!("{}/incidents/items", app.base()),
    ] {
        assert!(called(url).contains("denied"), "{url}: {}", called(url));
    }
}

#[test]
fn the_aggregate_has_a_store_and_calls_backends_which_have_only_a_database() {
    for (service, component) in services() {
        let is_aggregate = service == AGGREGATES;
        let keys: BTreeSet<_> = component.keys().map(String::as_str).collect();
        let capabilities = match is_aggregate {
            true => ["allowed_outbound_hosts", "key_value_stores"].as_slice(),
            false => &["sqlite_databases"],
        };
        let others = ["build", "description", "source", "variables"];
        assert_eq!(keys, others.iter().chain(capabilities).copied().collect(), "{service}");
        for capability in capabilities.iter().filter(|name| **name != "allowed_outbound_hosts") {
            assert_eq!(component[*capability].as_array().unwrap(), &["default".into()], "{service}");
        }
        assert_eq!(callees(&component), if is_aggregate { names() } else { Vec::new() });
    }
}
