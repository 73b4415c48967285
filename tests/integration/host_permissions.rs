//! What `spin.toml` gives to the components, and that it counts: each permission is taken away once, and a
//! component that looks for everything finds what the manifest gives it and nothing else.

use harness::{App, Manifest, Options};
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use toml::Table;

const AGGREGATES: &str = "aggregates-service";
const CUSTOMERS: &str = "customers-service";
const INCIDENTS: &str = "incidents-service";

/// All that a component can be given.
const PERMISSIONS: [&str; 8] = [
    "variables",
    "environment",
    "files",
    "allowed_outbound_hosts",
    "key_value_stores",
    "sqlite_databases",
    "ai_models",
    "dependencies",
];

/// The app with its sample data and a change to its manifest.
fn app(change: impl FnOnce(Manifest) -> Manifest) -> App {
    Options::default().migrated().manifest(change).start()
}

/// A component in the place of `service` that looks for everything, and is given nothing.
fn curious(manifest: Manifest, service: &str) -> Manifest {
    PERMISSIONS.iter().fold(manifest.replace(service, ""), |manifest, key| manifest.unset(service, key))
}

/// What a curious component has found.
fn found(app: &App, path: &str) -> Value {
    let reply = app.get(path);
    assert_eq!(reply.status, 200, "{:?}", reply.text());
    serde_json::from_slice(&reply.body).unwrap()
}

#[test]
fn without_a_database_in_the_manifest_a_backend_gets_none() {
    for (service, path, other) in [
        (CUSTOMERS, "/customers/count", "/incidents/items"),
        (INCIDENTS, "/incidents/items", "/customers/count"),
    ] {
        let app = app(|manifest| manifest.unset(service, "sqlite_databases"));
        app.get(path).error(500);
        let log = app.log(service, "stderr");
        assert!(log.contains("cannot open the database"), "{log}");
        assert_eq!(app.get(other).status, 200);
    }
}

#[test]
fn without_a_host_in_the_manifest_its_service_is_not_called() {
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
fn without_the_variable_in_the_manifest_its_value_is_not_seen() {
    let change = |manifest: Manifest| {
        let slow = manifest.replace(CUSTOMERS, "slow").replace(INCIDENTS, "slow");
        slow.unset(AGGREGATES, "variables")
    };
    // The backends take 200 ms, which the default allows and this does not.
    let app = Options::default().manifest(change).variable("backend_timeout_ms", "100").start();
    assert_eq!(app.dashboard().header("x-aggregate-complete"), Some("true"));
    let log = app.log(AGGREGATES, "stderr");
    assert!(log.contains("backend_timeout_ms"), "{log}");
}

#[test]
fn a_component_that_is_given_nothing_finds_nothing() {
    for (service, path) in [
        (AGGREGATES, "/aggregates/dashboard"),
        (CUSTOMERS, "/customers/count"),
        (INCIDENTS, "/incidents/items"),
    ] {
        let app = app(|manifest| curious(manifest, service));
        let found = found(&app, path);
        for nothing in ["environment", "arguments", "directories", "files"] {
            assert_eq!(found[nothing], json!([]), "{service}: {found}");
        }
        let variable = found["variable"]["Err"].as_str().unwrap_or_default();
        assert!(variable.to_lowercase().contains("undefined"), "{service}: {found}");
        let database = found["database"]["Err"].as_str().unwrap_or_default();
        assert!(database.to_lowercase().contains("denied"), "{service}: {found}");
        let store = found["store"]["Err"].as_str().unwrap_or_default();
        assert!(store.contains("AccessDenied"), "{service}: {found}");
    }
}

#[test]
fn a_component_finds_what_the_manifest_gives_it() {
    let app = app(|manifest| {
        let manifest = curious(manifest, CUSTOMERS);
        manifest
            .set(CUSTOMERS, "environment", Table::from_iter([("NAME".to_owned(), "value".into())]))
            .set(CUSTOMERS, "sqlite_databases", vec!["default"])
            .set(CUSTOMERS, "key_value_stores", vec!["default"])
            .set(CUSTOMERS, "variables", Table::from_iter([("backend_timeout_ms".to_owned(), "7".into())]))
    });
    let found = found(&app, "/customers/count");
    assert_eq!(found["environment"], json!([["NAME", "value"]]));
    assert_eq!(found["variable"], json!({ "Ok": "7" }));
    assert_eq!(found["database"], json!({ "Ok": null }));
    assert_eq!(found["store"], json!({ "Ok": null }));
    assert_eq!(found["directories"], json!([]));
}

#[test]
fn a_component_calls_whom_the_manifest_names_and_nobody_else() {
    let app = app(|manifest| {
        curious(manifest, AGGREGATES).set(
            AGGREGATES,
            "allowed_outbound_hosts",
            vec!["http://incidents-service.spin.internal"],
        )
    });
    let called = |url: &str| found(&app, &format!("/aggregates/dashboard?{url}"))["called"].to_string();
    for allowed in ["", ":80"] {
        let status = called(&format!("http://incidents-service.spin.internal{allowed}/incidents/nothing"));
        assert_eq!(status, "\"404\"");
    }
    let itself = app.base();
    for url in [
        "http://customers-service.spin.internal/customers/count",
        "https://incidents-service.spin.internal/incidents/items",
        "http://incidents-service.spin.internal:81/incidents/items",
        "http://incidents-service.spin.internal.example/",
        "http://x.incidents-service.spin.internal/",
        "http://self.alt/incidents/items",
        "http://127.0.0.1:1/",
        &format!("{itself}/incidents/items"),
    ] {
        let error = called(url);
        assert!(error.contains("Denied") || error.contains("denied"), "{url}: {error}");
    }
}

#[test]
fn headers_about_the_connection_do_not_reach_a_component() {
    let app = app(|manifest| curious(manifest, CUSTOMERS));
    let reply = app.send("GET", "/customers/count", &[("connection", "x-hop"), ("x-kept", "1")]);
    let found: Value = serde_json::from_slice(&reply.body).unwrap();
    let headers: Vec<_> = found["headers"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(headers.contains(&"host") && headers.contains(&"x-kept"), "{headers:?}");
    assert!(!headers.contains(&"connection"), "{headers:?}");
}
