//! `deploy/` and `kustomization.yaml`: Kubernetes accepts them, and they agree with `spin.toml` and each other.

mod database;
mod schemas;

use std::collections::BTreeSet;
use std::fs::read_to_string;
use std::path::Path;

use serde_json::{Value, json};
use toml::Table;

/// The resources that `kubectl apply -k .` applies once the lines about Redis are uncommented.
struct Files {
    kustomization: Value,
    resources: Vec<Value>,
}

impl Files {
    fn read() -> Self {
        let root = harness::root();
        let text = read_to_string(root.join("kustomization.yaml")).unwrap();
        let text =
            text.replace("# components:", "components:").replace("#   - deploy/redis", "  - deploy/redis");
        let kustomization: Value = serde_saphyr::from_str(&text).unwrap();
        let mut resources = Vec::new();
        read_resources(root, &kustomization, &mut resources);
        let mut files = Self { kustomization, resources };
        // The component adds the store to the app.
        let component = yaml(&root.join("deploy/redis/kustomization.yaml")).remove(0);
        let patch: Value = serde_saphyr::from_str(text_at(&component, "/patches/0/patch")).unwrap();
        assert_eq!(patch[0]["path"], "/spec/runtimeConfig/keyValueStores");
        let app = files.resources.iter_mut().find(|resource| resource["kind"] == "SpinApp").unwrap();
        app["spec"]["runtimeConfig"]["keyValueStores"] = patch[0]["value"].clone();
        files
    }

    /// The resource with this kind and name, such as `Service/libsql`.
    fn resource(&self, name: &str) -> &Value {
        let is = |resource: &&Value| {
            format!("{}/{}", text_at(resource, "/kind"), text_at(resource, "/metadata/name")) == name
        };
        self.resources.iter().find(is).unwrap_or_else(|| panic!("there is no {name}"))
    }

    fn app(&self) -> &Value {
        &self.resource("SpinApp/aggregate-pattern")["spec"]
    }

    /// The pods of all workloads but the app.
    fn pods(&self) -> Vec<&Value> {
        self.resources
            .iter()
            .map(|resource| &resource["spec"]["template"])
            .filter(|pod| !pod.is_null())
            .collect()
    }

    fn container(&self, name: &str) -> &Value {
        &self.resource(name)["spec"]["template"]["spec"]["containers"][0]
    }
}

fn yaml(path: &Path) -> Vec<Value> {
    let text = read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_saphyr::from_multiple(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn read_resources(directory: &Path, kustomization: &Value, resources: &mut Vec<Value>) {
    for path in list(&kustomization["resources"]).iter().chain(list(&kustomization["components"])) {
        let path = directory.join(path.as_str().unwrap());
        if path.is_dir() {
            read_resources(&path, &yaml(&path.join("kustomization.yaml")).remove(0), resources);
        } else {
            resources.extend(yaml(&path));
        }
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text_at<'a>(value: &'a Value, pointer: &str) -> &'a str {
    let text = value.pointer(pointer).and_then(Value::as_str);
    text.unwrap_or_else(|| panic!("there is no text at {pointer} of {value}"))
}

/// Every value that stands below `key`, however deep.
fn below<'a>(value: &'a Value, key: &str) -> Vec<&'a Value> {
    match value {
        Value::Object(fields) => {
            fields.get(key).into_iter().chain(fields.values().flat_map(|value| below(value, key))).collect()
        }
        Value::Array(entries) => entries.iter().flat_map(|value| below(value, key)).collect(),
        _ => Vec::new(),
    }
}

fn manifest() -> Table {
    read_to_string(harness::root().join("spin.toml")).unwrap().parse().unwrap()
}

#[test]
fn the_app_is_deployed_as_spin_toml_describes_it() {
    let (files, manifest) = (Files::read(), manifest());
    let app = files.app();

    let image = &files.kustomization["images"][0];
    assert_eq!(image["name"], app["image"]);
    assert_eq!(image["newTag"], manifest["application"]["version"].as_str().unwrap());

    // Each variable has its default in the ConfigMap, and the app reads it from there.
    let defaults = manifest["variables"].as_table().unwrap().iter();
    let defaults: BTreeSet<_> =
        defaults.map(|(name, value)| format!("{name}={}", value["default"].as_str().unwrap())).collect();
    let literals = list(&files.kustomization["configMapGenerator"][1]["literals"]).iter();
    assert_eq!(
        literals.map(|literal| literal.as_str().unwrap().to_owned()).collect::<BTreeSet<_>>(),
        defaults
    );
    assert_eq!(list(&app["variables"]).len(), defaults.len());
    for variable in list(&app["variables"]) {
        let name = &variable["name"];
        assert!(manifest["variables"].get(name.as_str().unwrap()).is_some(), "{name}");
        let source = json!({ "configMapKeyRef": { "name": "variables", "key": name } });
        assert_eq!(variable["valueFrom"], source);
    }

    // Each database and store that a component may use is configured, and none is a file in the container.
    for (of_components, of_app, kind) in
        [("sqlite_databases", "sqliteDatabases", "libsql"), ("key_value_stores", "keyValueStores", "redis")]
    {
        let components = manifest["component"].as_table().unwrap().values();
        let labels = components.filter_map(|component| component.get(of_components)?.as_array()).flatten();
        let labels: BTreeSet<_> = labels.map(|label| label.as_str().unwrap()).collect();
        let configured = list(&app["runtimeConfig"][of_app]);
        assert_eq!(configured.iter().map(|store| text_at(store, "/name")).collect::<BTreeSet<_>>(), labels);
        assert!(configured.iter().all(|store| store["type"] == kind), "{configured:?}");
    }
}

#[test]
fn every_name_that_a_manifest_uses_exists() {
    let files = Files::read();
    files.resource(&format!("SpinAppExecutor/{}", text_at(files.app(), "/executor")));
    files.resource(&format!("ServiceAccount/{}", text_at(files.app(), "/serviceAccountName")));

    // Policies and Services select existing pods.
    let app = json!({ "core.spinkube.dev/app-name": "aggregate-pattern" }); // set by the operator
    let pods = files.pods();
    let mut labels: Vec<_> = pods.iter().map(|pod| &pod["metadata"]["labels"]).collect();
    labels.push(&app);
    let dns = json!({ "k8s-app": "kube-dns" });
    labels.push(&dns);
    for resource in &files.resources {
        let selectors = match text_at(resource, "/kind") {
            "NetworkPolicy" => below(resource, "podSelector"),
            "Service" => vec![&resource["spec"]["selector"]],
            _ => continue,
        };
        for selector in selectors {
            let selector = selector.get("matchLabels").unwrap_or(selector);
            assert!(labels.contains(&selector), "{selector} in {resource}");
        }
    }

    // Every key of a Secret is written by deploy/new-secret, and kustomize knows the places of its name.
    let script = read_to_string(harness::root().join("deploy/new-secret")).unwrap();
    for reference in files.resources.iter().flat_map(|resource| below(resource, "secretKeyRef")) {
        let (name, key) = (text_at(reference, "/name"), text_at(reference, "/key"));
        let (_, file) = script.split_once(&format!("/{name}.env\" <<END\n")).expect(name);
        let mut lines = file.split("\nEND\n").next().unwrap().lines();
        assert!(lines.any(|line| line.starts_with(&format!("{key}="))), "{name} has no {key}");
    }
    let configuration = yaml(&harness::root().join("deploy/spinkube.yaml")).remove(0);
    let known: Vec<_> = below(&configuration, "path");
    for path in [
        "spec/image",
        "spec/runtimeConfig/sqliteDatabases/options/valueFrom/secretKeyRef/name",
        "spec/runtimeConfig/keyValueStores/options/valueFrom/secretKeyRef/name",
        "spec/variables/valueFrom/configMapKeyRef/name",
    ] {
        assert!(known.iter().any(|known| *known == path), "{path}");
    }

    // Every image has a full name and, except the app's, a digest.
    let images = list(&files.kustomization["images"]);
    let used = files.pods().into_iter().map(|pod| text_at(pod, "/spec/containers/0/image"));
    for name in used.chain([text_at(files.app(), "/image")]) {
        let image = images.iter().find(|image| image["name"] == name).expect(name);
        let host = text_at(image, "/newName").split('/').next().unwrap();
        assert!(host.contains('.'), "{image}");
        let digest = image["digest"].as_str().and_then(|digest| digest.strip_prefix("sha256:"));
        assert!(digest.is_some_and(|digest| digest.len() == 64) || name == "aggregate-pattern", "{image}");
    }
}

/// Each of these was a mistake once.
#[test]
fn limits_probes_and_rights_are_as_documented() {
    let files = Files::read();
    // The operator's webhook rejects both.
    assert_eq!((&files.app()["enableAutoscaling"], files.app().get("replicas")), (&json!(true), None));
    let order = &files.kustomization["sortOptions"]["legacySortOptions"];
    assert!(list(&order["orderFirst"]).contains(&json!("SpinAppExecutor")), "{order}");
    assert!(list(&order["orderLast"]).contains(&json!("SpinApp")), "{order}");

    // libSQL's server deadlocks with few threads, and rejects connections beyond its limits.
    let variables = list(&files.container("StatefulSet/libsql")["env"]);
    let number = |name: &str| -> u64 {
        let variable = variables.iter().find(|variable| variable["name"] == name).expect(name);
        text_at(variable, "/value").parse().unwrap()
    };
    assert!(number("TOKIO_WORKER_THREADS") >= 16);
    let annotations = &files.app()["serviceAnnotations"];
    let concurrent: u64 = text_at(annotations, "/haproxy.org~1pod-maxconn").parse().unwrap();
    let scaler = files.resource("HorizontalPodAutoscaler/aggregate-pattern");
    let queries = concurrent * scaler["spec"]["maxReplicas"].as_u64().unwrap() * 2;
    for name in ["SQLD_MAX_CONCURRENT_CONNECTIONS", "SQLD_MAX_CONCURRENT_REQUESTS"] {
        assert!(number(name) >= queries, "{name} is below {queries}");
    }
    // The ingress retries in the same way as the tested recipe.
    let recipe = read_to_string(harness::root().join("docs/operate.md")).unwrap();
    for line in text_at(annotations, "/haproxy.org~1backend-config-snippet").lines() {
        assert!(recipe.contains(&format!("\n    {line}\n")), "{line}");
    }

    // No pod has a token for Kubernetes or unnecessary rights.
    assert_eq!(files.resource("ServiceAccount/aggregate-pattern")["automountServiceAccountToken"], false);
    for pod in files.pods().into_iter().map(|pod| &pod["spec"]) {
        assert_eq!(pod["automountServiceAccountToken"], false, "{pod}");
        assert_eq!(pod["securityContext"]["runAsNonRoot"], true, "{pod}");
        let rights = &pod["containers"][0]["securityContext"];
        assert_eq!(rights["readOnlyRootFilesystem"], true, "{pod}");
        assert_eq!(rights["capabilities"], json!({ "drop": ["ALL"] }), "{pod}");
    }
}
