//! `openapi.yaml` is true: it has every route, and its examples are what the app answers to the sample data.
//! Schemathesis holds the rest of it to generated requests (`.ci/schemathesis`).

use std::collections::BTreeSet;
use std::fs::read_to_string;

use harness::{App, Options, Reply, root};
use serde_json::Value;

use crate::{operate, routes};

fn description() -> Value {
    let text = read_to_string(root().join("openapi.yaml")).unwrap();
    serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{error}"))
}

/// What a `$ref` leads to, or the value itself.
fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let Some(reference) = value["$ref"].as_str() else { return value };
    let pointer = reference.strip_prefix('#').expect("all is in one file");
    document.pointer(pointer).unwrap_or_else(|| panic!("{reference} leads nowhere"))
}

/// Every response that is described, with its path, method and status.
fn responses(document: &Value) -> impl Iterator<Item = (&String, &String, u16, &Value)> {
    let paths = document["paths"].as_object().expect("there are paths");
    paths.iter().flat_map(move |(path, operations)| {
        let operations = operations.as_object().expect("there are operations").iter();
        let operations = operations.filter(|(method, _)| *method != "parameters");
        operations.flat_map(move |(method, operation)| {
            let responses = operation["responses"].as_object().expect("there are responses").iter();
            responses.map(move |(status, response)| {
                (path, method, status.parse().expect("a status"), resolve(document, response))
            })
        })
    })
}

/// The app in the state that an example is about.
fn app(example: &str) -> App {
    let stalled = |services: &'static [&'static str]| {
        let stall = |manifest, service| harness::Manifest::replace(manifest, service, "stall_before_headers");
        Options::default()
            .migrated()
            .variable("backend_timeout_ms", "1500")
            .manifest(move |manifest| services.iter().copied().fold(manifest, stall))
            .start()
    };
    match example {
        "partial" => stalled(&["incidents-service"]),
        "slow" => stalled(&["customers-service", "incidents-service"]),
        "incomplete" => stalled(&["incidents-service"]),
        "stale" => {
            let app = Options::default().migrated().variable("stale_if_error_s", "600").start();
            app.dashboard();
            operate::wait_for_last_good_answers(&app);
            app.sql("DROP TABLE Incidents");
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
            app.sql("DROP TABLE Customers; DROP TABLE Incidents");
            app
        }
        _ => App::start(),
    }
}

/// Whether `whole` is `part`, or goes on where `part` ends.
fn begins_with(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Array(whole), Value::Array(part)) => whole.starts_with(part),
        (Value::Object(whole), Value::Object(part)) => {
            part.iter().all(|(key, part)| whole.get(key) == Some(part))
        }
        _ => false,
    }
}

/// Holds the headers of an answer to the descriptions of them.
fn check_headers(document: &Value, response: &Value, reply: &Reply) {
    for (name, header) in response["headers"].as_object().expect("every response has headers") {
        let header = resolve(document, header);
        let (value, schema) = (reply.header(name), &header["schema"]);
        if header["required"] == true {
            assert!(value.is_some(), "{name} is missing: {reply:?}");
        }
        if let (Some(value), Some(expected)) = (value, schema["const"].as_str()) {
            assert_eq!(value, expected, "{name}");
        }
        if let (Some(value), Some(expected)) = (value, schema["enum"].as_array()) {
            assert!(expected.iter().any(|expected| expected == value), "{name}: {value}");
        }
    }
    let described = |name: &str| response["headers"].get(name).is_some();
    for name in reply.headers.keys().map(|name| name.as_str()) {
        let by_the_host =
            ["connection", "content-length", "content-type", "date", "transfer-encoding"].contains(&name);
        assert!(by_the_host || described(name), "{name} is not described: {reply:?}");
    }
}

#[test]
fn every_example_is_what_the_app_answers() {
    let document = description();
    let sample = App::start();
    let mut checked = BTreeSet::new();
    for (path, _, status, response) in responses(&document) {
        for (kind, content) in response["content"].as_object().into_iter().flatten() {
            for (name, example) in content["examples"].as_object().into_iter().flatten() {
                let request = example["x-request"].as_str().expect("an example says what it answers");
                if !checked.insert((name, request)) {
                    continue; // A response that several paths share.
                }
                let (method, target) = request.split_once(' ').expect("a method and a path");
                let special =
                    (!matches!(status, 200..=499) || name == "partial" || name == "stale").then(|| app(name));
                let reply = special.as_ref().unwrap_or(&sample).send(method, target, &[]);
                assert_eq!(reply.status, status, "{request} in {path}: {:?}", reply.text());
                assert_eq!(reply.header("content-type"), Some(kind.as_str()), "{request}");
                let (mut actual, described) = (reply.json(), &example["value"]);
                if let Some(age) = actual.pointer_mut("/stale/0/ageSeconds") {
                    *age = described["stale"][0]["ageSeconds"].clone(); // It is of the moment.
                }
                let is_as_described = match example["x-part"] == true {
                    true => actual != *described && begins_with(&actual, described),
                    false => actual == *described,
                };
                assert!(is_as_described, "{name}: {request} is answered with {actual}, not {described}");
                check_headers(&document, response, &reply);
            }
        }
    }
    assert!(checked.len() >= 20, "only {checked:?}");
}

#[test]
fn every_success_and_every_error_with_a_body_has_an_example() {
    let document = description();
    for (path, method, status, response) in responses(&document).filter(|(_, method, ..)| *method == "get") {
        if status != 304 {
            let examples = response["content"]["application/json"]["examples"].as_object();
            assert!(examples.is_some_and(|examples| !examples.is_empty()), "{method} {path} {status}");
        }
    }
}

#[test]
fn head_is_described_with_the_statuses_of_get() {
    let document = description();
    let statuses = |method: &str| -> BTreeSet<_> {
        let of_method = responses(&document).filter(|(_, this, ..)| *this == method);
        of_method.map(|(path, _, status, _)| (path, status)).filter(|(_, status)| *status != 405).collect()
    };
    assert_eq!(statuses("head"), statuses("get"));
}

#[test]
fn every_route_of_the_services_is_described_and_no_other() {
    let document = description();
    let described: BTreeSet<_> = document["paths"].as_object().unwrap().keys().cloned().collect();
    let routes = routes::patterns().into_iter().map(|pattern| match pattern.split_once(':') {
        Some((path, parameter)) => format!("{path}{{{parameter}}}"),
        None => pattern.to_owned(),
    });
    assert_eq!(described, routes.collect());
}

#[test]
fn the_version_is_the_same_wherever_it_stands() {
    let manifest: toml::Table = read_to_string(root().join("spin.toml")).unwrap().parse().unwrap();
    let versions = [description()["info"]["version"].as_str(), manifest["application"]["version"].as_str()]
        .map(|version| version.expect("a version").to_owned());
    assert_eq!(versions, [env!("CARGO_PKG_VERSION"); 2]);
}
