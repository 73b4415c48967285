//! `openapi.yaml` describes the app: every route, and examples that the app answers with the sample data.
//! Schemathesis checks the schemas with generated requests (`.ci/schemathesis`).

use std::collections::BTreeSet;
use std::fs::read_to_string;

use harness::{App, Backend, Options, Reply, backends, root};
use serde_json::{Value, json};

use crate::{faults, stale_if_error};

pub fn description() -> Value {
    let text = read_to_string(root().join("openapi.yaml")).unwrap();
    serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{error}"))
}

/// The target of a `$ref`, or the value itself.
pub fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let Some(reference) = value["$ref"].as_str() else { return value };
    let pointer = reference.strip_prefix('#').expect("references stay in the file");
    document.pointer(pointer).unwrap_or_else(|| panic!("{reference} is missing"))
}

/// The app in the state of an example.
fn app(example: &str) -> App {
    let options = || Options::default().migrated();
    let stalled = |services: &[&str]| {
        options().manifest(|manifest| faults::inject(manifest, "stall_before_headers", services)).start()
    };
    let last = backends().last().unwrap();
    let drop_table = |app: &App, backend: &Backend| app.sql(&format!("DROP TABLE {}", backend.table));
    match example {
        "partial" | "incomplete" => stalled(&[last.service]),
        "slow" => stalled(&faults::names()),
        "stale" => {
            let app = options().variable("stale_if_error_s", "600").start();
            app.dashboard();
            stale_if_error::wait_for_entries(&app);
            drop_table(&app, last);
            app
        }
        "late" => {
            let app = options().variable("database_timeout_ms", "50").start();
            let locked = app.database();
            locked.execute_batch("BEGIN EXCLUSIVE").unwrap();
            std::mem::forget(locked); // It stays locked until this process ends.
            app
        }
        "broken" | "unreadable" => {
            let app = App::start();
            backends().iter().for_each(|backend| drop_table(&app, backend));
            app
        }
        _ => App::start(),
    }
}

/// Whether `all` is longer than `part` and starts with it.
fn continues(all: &Value, part: &Value) -> bool {
    match (all, part) {
        (Value::Array(all), Value::Array(part)) => all.len() > part.len() && all.starts_with(part),
        (Value::Object(all), Value::Object(part)) => {
            all.len() > part.len() && part.iter().all(|(key, part)| all.get(key) == Some(part))
        }
        _ => false,
    }
}

/// Asserts that a response has the headers that are required, and no others than those described. Schemathesis
/// compares their values.
fn check_headers(document: &Value, response: &Value, reply: &Reply) {
    let described = response["headers"].as_object().expect("every response has headers");
    for (name, header) in described {
        let is_required = resolve(document, header)["required"] == true;
        assert!(!is_required || reply.header(name).is_some(), "{name} is missing: {reply:?}");
    }
    let of_the_runtime = ["connection", "content-length", "content-type", "date", "transfer-encoding"];
    for name in reply.headers.keys().map(|name| name.as_str()) {
        let is_known = of_the_runtime.contains(&name) || described.contains_key(name);
        assert!(is_known, "{name} is not described: {reply:?}");
    }
}

#[test]
fn every_get_response_has_examples_which_are_responses_of_the_app() {
    let document = description();
    let sample = App::start();
    let mut checked = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (status, response) in operations["get"]["responses"].as_object().unwrap() {
            let response = resolve(&document, response);
            let examples = response["content"]["application/json"]["examples"].as_object();
            assert!(examples.is_some() || ["204", "304"].contains(&status.as_str()), "{path} {status}");
            for (name, example) in examples.into_iter().flatten() {
                let request = example["x-request"].as_str().expect("an example has a request");
                if !checked.insert((name, request)) {
                    continue; // A response that several paths share.
                }
                let (method, target) = request.split_once(' ').expect("a method and a path");
                let is_healthy = status.as_str() < "500" && name != "partial" && name != "stale";
                let special = (!is_healthy).then(|| app(name));
                let reply = special.as_ref().unwrap_or(&sample).send(method, target, &[]);
                assert_eq!(reply.status.as_str(), status, "{request} in {path}: {:?}", reply.text());
                let (mut actual, described) = (reply.json(), &example["value"]);
                if let Some(age) = actual.pointer_mut("/stale/0/ageSeconds") {
                    *age = described["stale"][0]["ageSeconds"].clone();
                }
                let is_as_described = match example["x-part"] == true {
                    true => continues(&actual, described),
                    false => actual == *described,
                };
                assert!(is_as_described, "{name}: the response to {request} is {actual}, not {described}");
                check_headers(&document, response, &reply);
            }
        }
    }
}

#[test]
fn the_schemas_name_every_backend_and_every_section() {
    let document = description();
    let schema = |path: &str| document["components"]["schemas"].pointer(path).expect(path).clone();
    assert_eq!(schema("/Service/enum"), json!(faults::names()));
    for list in ["/Unavailable/maxItems", "/Stale/maxItems"] {
        assert_eq!(schema(list), backends().len(), "{list}");
    }
    let sections = backends().iter().flat_map(|backend| backend.sections);
    assert_eq!(schema("/Dashboard/required"), json!(sections.map(|section| section.key).collect::<Vec<_>>()));
    for (path, operations) in document["paths"].as_object().unwrap() {
        assert!(operations["head"].is_object(), "{path} has no HEAD");
    }
}

#[test]
fn the_version_is_the_same_in_cargo_toml_spin_toml_and_openapi_yaml() {
    let manifest: toml::Table = read_to_string(root().join("spin.toml")).unwrap().parse().unwrap();
    assert_eq!(manifest["application"]["version"].as_str(), Some(env!("CARGO_PKG_VERSION")));
    assert_eq!(description()["info"]["version"], env!("CARGO_PKG_VERSION"));
}
