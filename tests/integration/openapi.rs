//! `openapi.yaml` describes the app: every route, and examples that the app answers with the sample data.
//! Schemathesis checks the schemas with generated requests (`.ci/schemathesis`).

use std::collections::BTreeSet;
use std::fs::read_to_string;

use harness::{App, Options, Reply, backends, root};
use serde_json::Value;

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

/// Every response with its path, method and status.
fn responses(document: &Value) -> impl Iterator<Item = (&String, &String, u16, &Value)> {
    let paths = document["paths"].as_object().expect("there are paths");
    paths.iter().flat_map(move |(path, operations)| {
        let operations = operations.as_object().unwrap().iter().filter(|(method, _)| *method != "parameters");
        operations.flat_map(move |(method, operation)| {
            let responses = operation["responses"].as_object().unwrap().iter();
            responses.map(move |(status, response)| {
                (path, method, status.parse().unwrap(), resolve(document, response))
            })
        })
    })
}

/// The app in the state of an example.
fn app(example: &str) -> App {
    let stalled = |services: &[&str]| {
        let change = |manifest| faults::inject(manifest, "stall_before_headers", services);
        Options::default().migrated().manifest(change).start()
    };
    let last = faults::names().len() - 1;
    match example {
        "partial" | "incomplete" => stalled(&faults::names()[last..]),
        "slow" => stalled(&faults::names()),
        "stale" => {
            let app = Options::default().migrated().variable("stale_if_error_s", "600").start();
            app.dashboard();
            stale_if_error::wait_for_entries(&app);
            app.sql(&format!("DROP TABLE {}", backends()[last].table));
            app
        }
        "late" => {
            let app = Options::default().migrated().variable("database_timeout_ms", "50").start();
            let locked = app.database();
            locked.execute_batch("BEGIN EXCLUSIVE").unwrap();
            std::mem::forget(locked); // It stays locked until this process ends.
            app
        }
        "broken" | "unreadable" => {
            let app = App::start();
            backends().iter().for_each(|backend| app.sql(&format!("DROP TABLE {}", backend.table)));
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

/// Compares the headers of a response with their descriptions.
fn check_headers(document: &Value, response: &Value, reply: &Reply) {
    let described = response["headers"].as_object().expect("every response has headers");
    for (name, header) in described {
        let (header, value) = (resolve(document, header), reply.header(name));
        assert!(value.is_some() || header["required"] != true, "{name} is missing: {reply:?}");
        if let (Some(value), Some(expected)) = (value, header["schema"]["const"].as_str()) {
            assert_eq!(value, expected, "{name}");
        }
        if let (Some(value), Some(expected)) = (value, header["schema"]["enum"].as_array()) {
            assert!(expected.iter().any(|expected| expected == value), "{name}: {value}");
        }
    }
    let of_the_runtime = ["connection", "content-length", "content-type", "date", "transfer-encoding"];
    for name in reply.headers.keys().map(|name| name.as_str()) {
        assert!(
            of_the_runtime.contains(&name) || described.contains_key(name),
            "{name} is not described: {reply:?}"
        );
    }
}

#[test]
fn every_example_is_a_response_of_the_app() {
    let document = description();
    let sample = App::start();
    let mut checked = BTreeSet::new();
    for (path, _, status, response) in responses(&document) {
        for (kind, content) in response["content"].as_object().into_iter().flatten() {
            for (name, example) in content["examples"].as_object().into_iter().flatten() {
                let request = example["x-request"].as_str().expect("an example has a request");
                if !checked.insert((name, request)) {
                    continue; // A response that several paths share.
                }
                let (method, target) = request.split_once(' ').expect("a method and a path");
                let is_healthy = matches!(status, 200..=499) && name != "partial" && name != "stale";
                let special = (!is_healthy).then(|| app(name));
                let reply = special.as_ref().unwrap_or(&sample).send(method, target, &[]);
                assert_eq!(reply.status, status, "{request} in {path}: {:?}", reply.text());
                assert_eq!(reply.header("content-type"), Some(kind.as_str()), "{request}");
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
    assert!(checked.len() >= 20, "only {checked:?}");
}

#[test]
fn every_get_response_has_an_example_and_head_has_the_statuses_of_get() {
    let document = description();
    for (path, _, status, response) in responses(&document).filter(|(_, method, ..)| *method == "get") {
        let examples = response["content"]["application/json"]["examples"].as_object();
        assert!(
            matches!(status, 204 | 304) || examples.is_some_and(|examples| !examples.is_empty()),
            "{path} {status}"
        );
    }
    let statuses = |method: &str| -> BTreeSet<_> {
        let of_method = responses(&document).filter(|(_, this, ..)| *this == method);
        of_method.map(|(path, _, status, _)| (path, status)).filter(|(_, status)| *status != 405).collect()
    };
    assert_eq!(statuses("head"), statuses("get"));
}

#[test]
fn the_version_is_the_same_in_cargo_toml_spin_toml_and_openapi_yaml() {
    let manifest: toml::Table = read_to_string(root().join("spin.toml")).unwrap().parse().unwrap();
    let versions = [description()["info"]["version"].as_str(), manifest["application"]["version"].as_str()]
        .map(|version| version.expect("a version").to_owned());
    assert_eq!(versions, [env!("CARGO_PKG_VERSION"); 2]);
}
