//! The files that `kubectl apply -k .` applies: SpinKube takes them, and they agree with each other, with
//! `spin.toml` and with `migrations.sql`.

mod access;
mod checks;
mod job;
mod libsql_server;
mod mistakes;
mod redis;
mod schemas;
mod secrets;
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
    /// What `deploy/new-secret` writes: the Secret, the key and the value of each line.
    secrets: Vec<[String; 3]>,
    /// `spin.toml`.
    manifest: Table,
}

impl Files {
    fn read() -> Self {
        Self::of(&read_to_string(harness::root().join("kustomization.yaml")).unwrap())
    }

    fn of(kustomization: &str) -> Self {
        let root = harness::root();
        let kustomization: Value = serde_saphyr::from_str(kustomization).unwrap();
        let mut resources = Vec::new();
        read_resources(root, &kustomization, &mut resources);
        let script = read_to_string(root.join("deploy/new-secret")).unwrap();
        let files =
            script.split("cat > \"$work/").skip(1).map(|file| file.split_once(".env\" <<END\n").unwrap());
        let secrets = files.flat_map(|(name, file)| {
            let lines = file.split("\nEND\n").next().unwrap().lines();
            let lines = lines.map(|line| line.split_once('=').expect("a key and a value"));
            lines.map(move |(key, value)| [name, key, value].map(str::to_owned))
        });
        Self {
            kustomization,
            resources,
            configuration: yaml(&root.join("deploy/spinkube.yaml")).remove(0),
            secrets: secrets.collect(),
            manifest: read_to_string(root.join("spin.toml")).unwrap().parse().unwrap(),
        }
    }

    /// The only resource of a kind, such as `Job`, or the one with this name, such as `Service/libsql`.
    fn resource(&self, kind: &str) -> &Value {
        let mut found = self.resources.iter().filter(|resource| is(resource, kind));
        let resource = found.next().unwrap_or_else(|| panic!("there is no {kind}"));
        assert!(found.next().is_none(), "there are several {kind}");
        resource
    }

    fn change(&mut self, kind: &str, change: impl FnOnce(&mut Value)) {
        let resource = self.resources.iter_mut().find(|resource| is(resource, kind));
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

fn is(resource: &Value, kind: &str) -> bool {
    let (kind, name) = kind.split_once('/').unwrap_or((kind, ""));
    resource["kind"] == kind && (name.is_empty() || resource["metadata"]["name"] == name)
}

fn read_resources(directory: &Path, kustomization: &Value, resources: &mut Vec<Value>) {
    let listed = ["resources", "components"].map(|key| kustomization[key].as_array());
    for resource in listed.into_iter().flatten().flatten() {
        let path = directory.join(resource.as_str().expect("a path"));
        if path.is_dir() {
            let kustomization = yaml(&path.join("kustomization.yaml")).remove(0);
            read_resources(&path, &kustomization, resources);
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
