//! `deploy/` and `kustomization.yaml`: Kubernetes accepts them, and they agree with `spin.toml`.

mod database;
mod schemas;

use std::collections::BTreeSet;
use std::fs::{read_dir, read_to_string};
use std::path::Path;

use harness::root;
use serde_json::{Value, json};
use toml::Table;

/// The YAML files below `directory`, as text.
fn files(directory: &Path) -> Vec<String> {
    let paths = read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let files = paths.flat_map(|path| match path.extension() {
        _ if path.is_dir() => files(&path),
        Some(extension) if extension == "yaml" => vec![read_to_string(path).unwrap()],
        _ => Vec::new(),
    });
    files.collect()
}

/// All resources, those of Redis included.
fn resources() -> Vec<Value> {
    let mut resources = documents(&files(&root().join("deploy")).join("\n---\n"));
    resources.retain(|document| !document["metadata"].is_null()); // Files for kustomize have none.
    resources
}

fn documents(text: &str) -> Vec<Value> {
    serde_saphyr::from_multiple(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn resource(kind: &str, name: &str) -> Value {
    let is = |resource: &Value| resource["kind"] == kind && resource["metadata"]["name"] == name;
    resources().into_iter().find(is).unwrap_or_else(|| panic!("there is no {kind} {name}"))
}

/// The one document in a file.
fn document(path: &str) -> Value {
    documents(&read_to_string(root().join(path)).unwrap()).remove(0)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("{value} is no list"))
}

fn set<'a>(values: impl IntoIterator<Item = &'a Value>) -> BTreeSet<String> {
    values.into_iter().map(Value::to_string).collect()
}

#[test]
fn the_app_is_deployed_as_spin_toml_describes_it() {
    let manifest: Table = read_to_string(root().join("spin.toml")).unwrap().parse().unwrap();
    let manifest = json!(manifest);
    let kustomization = document("kustomization.yaml");
    let app = &resource("SpinApp", "aggregate-pattern")["spec"];

    let image = &kustomization["images"][0];
    assert_eq!((&image["name"], &image["newTag"]), (&app["image"], &manifest["application"]["version"]));

    // Each variable has its default in the ConfigMap, and the app reads it from there.
    let (mut defaults, mut references) = (Vec::new(), Vec::new());
    for (name, variable) in manifest["variables"].as_object().unwrap() {
        defaults.push(json!(format!("{name}={}", variable["default"].as_str().unwrap())));
        let source = json!({ "configMapKeyRef": { "name": "variables", "key": name } });
        references.push(json!({ "name": name, "valueFrom": source }));
    }
    assert_eq!(set(list(&kustomization["configMapGenerator"][1]["literals"])), set(&defaults));
    assert_eq!(set(list(&app["variables"])), set(&references));

    // Each database and store that a component may use is configured, and none is a file in the container.
    let patch = &document("deploy/redis/kustomization.yaml")["patches"][0]["patch"];
    let patch = &documents(patch.as_str().unwrap())[0][0];
    assert_eq!(patch["path"], "/spec/runtimeConfig/keyValueStores");
    for (key, configured, kind) in [
        ("sqlite_databases", &app["runtimeConfig"]["sqliteDatabases"], "libsql"),
        ("key_value_stores", &patch["value"], "redis"),
    ] {
        let components = manifest["component"].as_object().unwrap().values();
        let labels = components.filter_map(|component| component[key].as_array()).flatten();
        assert_eq!(set(list(configured).iter().map(|store| &store["name"])), set(labels), "{key}");
        assert!(list(configured).iter().all(|store| store["type"] == kind), "{configured}");
    }
}

/// Each of these was a mistake once.
#[test]
fn rules_that_no_schema_has_are_kept() {
    // The operator rejects a number of replicas beside an autoscaler, and an app whose executor does not exist yet.
    let app = &resource("SpinApp", "aggregate-pattern")["spec"];
    assert_eq!((&app["enableAutoscaling"], app.get("replicas")), (&json!(true), None));
    let order = &document("kustomization.yaml")["sortOptions"]["legacySortOptions"];
    assert!(list(&order["orderFirst"]).contains(&json!("SpinAppExecutor")), "{order}");
    assert!(list(&order["orderLast"]).contains(&json!("SpinApp")), "{order}");

    // With few threads libSQL's server deadlocks.
    let server = &resource("StatefulSet", "libsql")["spec"]["template"]["spec"]["containers"][0];
    let threads = list(&server["env"]).iter().find(|variable| variable["name"] == "TOKIO_WORKER_THREADS");
    let threads = threads.expect("a number of threads")["value"].as_str().unwrap();
    assert!(threads.parse::<u32>().unwrap() >= 16, "{threads}");

    // No pod has a token for Kubernetes.
    for resource in resources() {
        let pod = &resource["spec"]["template"]["spec"];
        let owner = if resource["kind"] == "ServiceAccount" { &resource } else { pod };
        assert!(owner.is_null() || owner["automountServiceAccountToken"] == false, "{resource}");
    }

    // `deploy/new-secret` writes every key of a Secret.
    let script = read_to_string(root().join("deploy/new-secret")).unwrap();
    let text = files(&root().join("deploy")).concat();
    for reference in text.split("secretKeyRef:").skip(1) {
        let words: Vec<_> = reference.split_whitespace().take(4).collect();
        let ["name:", name, "key:", key] = words[..] else { panic!("{words:?}") };
        let (_, file) = script.split_once(&format!("/{name}.env\" <<END\n")).expect(name);
        let mut lines = file.split("\nEND\n").next().unwrap().lines();
        assert!(lines.any(|line| line.starts_with(&format!("{key}="))), "{name} has no {key}");
    }
}
