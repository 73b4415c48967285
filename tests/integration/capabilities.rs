//! The capabilities of components: each has what `spin.toml` grants it, and nothing else.

use std::collections::BTreeSet;

use harness::{AGGREGATES, App, Manifest, Options, callees, services};
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use toml::Table;

use crate::faults::names;

const CUSTOMERS: &str = "customers-service";
const INCIDENTS: &str = "incidents-service";

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

/// The app with sample data and a changed manifest.
fn app(change: impl FnOnce(Manifest) -> Manifest) -> App {
    Options::default().migrated().manifest(change).start()
}

/// Replaces `service` by a component that tries every capability and has none.
fn probe(manifest: Manifest, service: &str) -> Manifest {
    CAPABILITIES.iter().fold(manifest.replace(service, ""), |manifest, key| manifest.unset(service, key))
}

/// The report of the probe.
fn found(app: &App, path: &str) -> Value {
    let reply = app.get(path);
    assert_eq!(reply.status, 200, "{:?}", reply.text());
    serde_json::from_slice(&reply.body).unwrap()
}

#[test]
fn the_aggregate_needs_each_outbound_host() {
    for (service, position) in [(CUSTOMERS, 0), (INCIDENTS, 1)] {
        let app = app(|mut manifest| {
            let component = &mut manifest.document()["component"][AGGREGATES];
            component["allowed_outbound_hosts"].as_array_mut().unwrap().remove(position);
            manifest
        });
        let json = app.dashboard().json();
        assert_eq!(json["unavailable"], json!([{ "service": service, "reason": "unreachable" }]));
        let output = app.stop(Signal::SIGTERM).output;
        let denied = format!("disallowed destination 'http://{service}.spin.internal");
        assert!(output.contains(&denied), "{output}");
    }
}

#[test]
fn a_component_without_capabilities_finds_nothing() {
    for (service, path) in [
        (AGGREGATES, "/aggregates/dashboard"),
        (CUSTOMERS, "/customers/count"),
        (INCIDENTS, "/incidents/items"),
    ] {
        let app = app(|manifest| probe(manifest, service));
        let found = found(&app, path);
        for key in ["environment", "arguments", "directories", "files"] {
            assert_eq!(found[key], json!([]), "{service}: {found}");
        }
        for (key, error) in [("variable", "undefined"), ("database", "denied"), ("store", "accessdenied")] {
            let text = found[key]["Err"].as_str().unwrap_or_default().to_lowercase();
            assert!(text.contains(error), "{service}: {found}");
        }
    }
}

#[test]
fn a_component_finds_what_it_is_granted() {
    let app = app(|manifest| {
        probe(manifest, CUSTOMERS)
            .set(CUSTOMERS, "environment", Table::from_iter([("NAME".to_owned(), "value".into())]))
            .set(CUSTOMERS, "sqlite_databases", vec!["default"])
            .set(CUSTOMERS, "key_value_stores", vec!["default"])
            .set(CUSTOMERS, "variables", Table::from_iter([("backend_timeout_ms".to_owned(), "7".into())]))
    });
    // Header names of the connection are the server's.
    let reply = app.send("GET", "/customers/count", &[("connection", "x-hop"), ("x-kept", "1")]);
    let found: Value = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!(found["environment"], json!([["NAME", "value"]]));
    assert_eq!(found["variable"], json!({ "Ok": "7" }));
    assert_eq!(found["database"], json!({ "Ok": null }));
    assert_eq!(found["store"], json!({ "Ok": null }));
    assert_eq!(found["directories"], json!([]));
    let has = |header: &str| found["headers"].as_array().unwrap().contains(&json!(header));
    assert!(has("host") && has("x-kept") && !has("connection"), "{found}");
}

#[test]
fn a_component_calls_only_its_outbound_hosts() {
    let app = app(|manifest| {
        let hosts = vec!["http://incidents-service.spin.internal"];
        probe(manifest, AGGREGATES).set(AGGREGATES, "allowed_outbound_hosts", hosts)
    });
    let called = |url: &str| found(&app, &format!("/aggregates/dashboard?{url}"))["called"].to_string();
    for allowed in ["", ":80"] {
        let status = called(&format!("http://incidents-service.spin.internal{allowed}/incidents/nothing"));
        assert_eq!(status, "\"404\"");
    }
    for url in [
        "http://customers-service.spin.internal/customers/count",
        "https://incidents-service.spin.internal/incidents/items",
        "http://incidents-service.spin.internal:81/incidents/items",
        "http://incidents-service.spin.internal.example/",
        "http://x.incidents-service.spin.internal/",
        "http://self.alt/incidents/items",
        "http://127.0.0.1:1/",
        &format!("{}/incidents/items", app.base()),
    ] {
        let error = called(url).to_lowercase();
        assert!(error.contains("denied"), "{url}: {error}");
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
