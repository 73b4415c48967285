//! The files that `kubectl apply -k .` applies: SpinKube takes them, and they agree with each other, with
//! `spin.toml` and with `migrations.sql`.

mod checks;
mod job;
mod mistakes;
mod schemas;
mod spinkube;

use std::fs::read_to_string;
use std::path::Path;

use serde_json::Value;
use toml::Table;

/// What the checks look at, as it is or with a mistake in it.
struct Files {
    /// `kustomization.yaml` at the root.
    kustomization: Value,
    /// The resources that it leads to.
    resources: Vec<Value>,
    /// `deploy/spinkube.yaml`, which tells kustomize about SpinApps.
    configuration: Value,
    /// The names and values of what `deploy/new-secret` writes.
    secret: Vec<(String, String)>,
    /// `spin.toml`.
    manifest: Table,
}

impl Files {
    fn read() -> Self {
        let root = harness::root();
        let mut resources = Vec::new();
        read_resources(root, &mut resources);
        let script = read_to_string(root.join("deploy/new-secret")).unwrap();
        let (_, secret) = script.split_once("<<END\n").expect("the secret is a here-document");
        let (secret, _) = secret.split_once("\nEND\n").unwrap();
        let secret = secret.lines().map(|line| line.split_once('=').expect("a key and a value"));
        Self {
            kustomization: yaml(&root.join("kustomization.yaml")).remove(0),
            resources,
            configuration: yaml(&root.join("deploy/spinkube.yaml")).remove(0),
            secret: secret.map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
            manifest: read_to_string(root.join("spin.toml")).unwrap().parse().unwrap(),
        }
    }

    /// The only resource of a kind.
    fn resource(&self, kind: &str) -> &Value {
        let mut found = self.resources.iter().filter(|resource| resource["kind"] == kind);
        let resource = found.next().unwrap_or_else(|| panic!("there is no {kind}"));
        assert!(found.next().is_none(), "there are several {kind}");
        resource
    }

    fn change(&mut self, kind: &str, change: impl FnOnce(&mut Value)) {
        let resource = self.resources.iter_mut().find(|resource| resource["kind"] == kind);
        change(resource.unwrap_or_else(|| panic!("there is no {kind}")));
    }

    fn pod(&self, kind: &str) -> &Value {
        &self.resource(kind)["spec"]["template"]["spec"]
    }
}

fn yaml(path: &Path) -> Vec<Value> {
    let text = read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_saphyr::from_multiple(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn read_resources(directory: &Path, resources: &mut Vec<Value>) {
    let kustomization = yaml(&directory.join("kustomization.yaml")).remove(0);
    for resource in kustomization["resources"].as_array().expect("a list of resources") {
        let path = directory.join(resource.as_str().expect("a path"));
        if path.is_dir() {
            read_resources(&path, resources);
        } else {
            resources.extend(yaml(&path));
        }
    }
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    let text = value.pointer(pointer).and_then(Value::as_str);
    text.unwrap_or_else(|| panic!("there is no text at {pointer} of {value}"))
}

#[test]
fn nothing_is_wrong_with_the_files() {
    assert_eq!(Files::read().problems(), Vec::<String>::new());
}

#[test]
fn the_manual_calls_everything_by_its_name() {
    let files = Files::read();
    let name = |kind| text(files.resource(kind), "/metadata/name");
    let (app, namespace) = (name("SpinApp"), text(&files.kustomization, "/namespace"));
    let version = text(&files.kustomization, "/images/0/newTag");
    let mut commands = vec![
        format!("spin registry push --build --insecure localhost:5001/{app}:{version}\n"),
        format!("kubectl create namespace {namespace}\n"),
        format!(
            "kubectl --namespace {namespace} wait --for=condition=Complete --timeout=10m job/{}\n",
            name("Job")
        ),
        format!("kubectl --namespace {namespace} rollout status --timeout=5m deployment/{app}\n"),
        format!("kubectl --namespace {namespace} port-forward service/{app} 8080:80\n"),
    ];
    // The names of images that nobody can pull before they are changed.
    let images =
        files.kustomization["images"].as_array().unwrap().iter().map(|image| text(image, "/newName"));
    let places = images.filter_map(|name| Some(name.rsplit_once('/')?.0)).filter(|place| place.contains('.'));
    commands.extend(places.map(|place| format!("s|{place}|")));
    assert_eq!(commands.len(), 7);

    let manual = read_to_string(harness::root().join("docs/deploy.md")).unwrap();
    for command in commands {
        assert!(manual.contains(&command), "docs/deploy.md lacks {command}");
    }
}
