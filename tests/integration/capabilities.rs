//! The capabilities of components: each has what `spin.toml` grants it, and nothing else.

use harness::{AGGREGATES, App, Manifest, Options, backends, callees, services};
use serde_json::{Value, json};

use crate::faults::names;

/// The app in which the aggregate is a component that tries every capability. It has only these outbound hosts.
fn probe(hosts: Vec<&str>) -> App {
    let change = |manifest: Manifest| {
        let manifest = manifest.replace(AGGREGATES, "");
        let granted = ["environment", "key_value_stores", "variables"];
        let manifest = granted.iter().fold(manifest, |manifest, key| manifest.unset(AGGREGATES, key));
        manifest.set(AGGREGATES, "allowed_outbound_hosts", hosts)
    };
    Options::default().migrated().manifest(change).start()
}

/// The report of the probe, which has called this URL.
fn report(app: &App, url: &str) -> Value {
    let reply = app.get(&format!("/aggregates/x?{url}"));
    assert_eq!(reply.status, 200, "{:?}", reply.text());
    serde_json::from_slice(&reply.body).unwrap()
}

#[test]
fn a_component_has_no_capability_that_is_not_granted() {
    let found = report(&probe(Vec::new()), "");
    for key in ["environment", "arguments", "directories", "files"] {
        assert_eq!(found[key], json!([]), "{found}");
    }
    for (key, error) in [("variable", "undefined"), ("database", "denied"), ("store", "accessdenied")] {
        assert!(found[key].to_string().to_lowercase().contains(error), "{found}");
    }
}

#[test]
fn a_component_calls_only_its_outbound_hosts() {
    let allowed = backends()[1].service;
    let host = format!("http://{allowed}.spin.internal");
    let app = probe(vec![&host]);
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
    for (service, mut component) in services() {
        let (hosts, others) = match service == AGGREGATES {
            true => (names(), "key_value_stores = [\"default\"]\n"),
            false => (Vec::new(), "sqlite_databases = [\"default\"]\n"),
        };
        assert_eq!(callees(&component), hosts, "{service}");
        for key in ["allowed_outbound_hosts", "build", "description", "source", "variables"] {
            component.remove(key);
        }
        assert_eq!(component.to_string(), others, "{service}");
    }
}
