//! `deploy/redis`: taken in by the lines that `kustomization.yaml` has for it, it gives the app a store and
//! the cluster a Redis, which behaves as its arguments say.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::spinkube::{self, Resource, SpinApp};
use super::{Files, checks, schemas, text, yaml};

/// The files once the lines of `kustomization.yaml` are taken in.
pub fn with_redis() -> Files {
    let text = fs::read_to_string(harness::root().join("kustomization.yaml")).unwrap();
    let (before, lines) = text.split_once("# components:\n").expect("there are lines to take in");
    let (lines, after) = lines.split_once("\n\n").unwrap();
    let lines: Vec<_> = lines.lines().map(|line| line.strip_prefix("# ").unwrap()).collect();
    Files::of(&format!("{before}components:\n{}\n\n{after}", lines.join("\n")))
}

fn component() -> Value {
    yaml(&harness::root().join("deploy/redis/kustomization.yaml")).remove(0)
}

/// The app as the component changes it.
fn app(files: &Files) -> Value {
    let component = component();
    let patches = component["patches"].as_array().unwrap();
    let [patch] = &patches[..] else { panic!("one patch: {patches:?}") };
    assert_eq!(patch["target"], json!({ "kind": "SpinApp" }));
    let changes: Vec<Value> = serde_saphyr::from_str(text(patch, "/patch")).unwrap();
    let [change] = &changes[..] else { panic!("one change: {changes:?}") };
    assert_eq!(change["op"], "add");
    let (parent, key) = text(change, "/path").rsplit_once('/').unwrap();
    let mut app = files.resource("SpinApp").clone();
    app.pointer_mut(parent).unwrap()[key] = change["value"].clone();
    app
}

#[test]
fn it_is_of_two_components_the_second_of_which_is_the_server_alone() {
    let files = with_redis();
    assert_eq!(files.kustomization["components"], json!(["deploy/redis", "deploy/redis/server"]));
    for component in ["deploy/redis", "deploy/redis/server"] {
        let kustomization = yaml(&harness::root().join(component).join("kustomization.yaml")).remove(0);
        assert_eq!(kustomization["kind"], "Component", "{component}");
    }
    assert_eq!(component()["resources"], Value::Null);
    assert_eq!(component()["secretGenerator"], json!([{ "name": "redis", "envs": ["redis.env"] }]));
}

#[test]
fn the_app_gets_a_store_for_each_label_that_it_may_use() {
    let files = with_redis();
    let app: Resource<SpinApp> = serde_json::from_value(app(&files)).unwrap();
    let stores = &app.spec.runtime_config.key_value_stores;
    assert_eq!(stores.iter().flat_map(spinkube::refuse_key_values).collect::<Vec<_>>(), Vec::<String>::new());
    let components = files.manifest["component"].as_table().unwrap().values();
    let labels = components.filter_map(|component| component.get("key_value_stores")?.as_array()).flatten();
    let labels: Vec<_> = labels.map(|label| label.as_str().unwrap()).collect();
    assert_eq!(stores.iter().map(|store| store.name.as_str()).collect::<Vec<_>>(), labels);
}

#[test]
fn the_names_of_its_secret_are_known_to_kustomize() {
    let files = with_redis();
    let app = app(&files);
    let mut used = checks::secrets(files.resource("Deployment"));
    used.extend(checks::secrets(&app["spec"]["runtimeConfig"]["keyValueStores"]));
    used.sort_unstable();
    let written = files.secrets.iter().filter(|[name, ..]| name == "redis");
    let mut written: Vec<_> = written.map(|[name, key, _]| (name.as_str(), key.as_str())).collect();
    written.sort_unstable();
    assert_eq!(used, written);
    let path = "spec/runtimeConfig/keyValueStores/options/valueFrom/secretKeyRef/name";
    let known = files.configuration["nameReference"][0]["fieldSpecs"].as_array().unwrap();
    assert!(known.contains(&json!({ "kind": "SpinApp", "path": path })), "{known:?}");
}

#[test]
fn the_app_is_told_where_the_server_is() {
    let files = with_redis();
    let (service, pod) = (files.resource("Service/redis"), files.resource("Deployment"));
    assert_eq!(service["spec"]["selector"], pod["spec"]["template"]["metadata"]["labels"]);
    assert_eq!(pod["spec"]["selector"]["matchLabels"], pod["spec"]["template"]["metadata"]["labels"]);
    let port = &files.pod("Deployment")["containers"][0]["ports"][0];
    assert_eq!(service["spec"]["ports"][0]["targetPort"], port["name"]);
    assert_eq!(port["containerPort"], 6379, "redis-server's own");
    let host = text(service, "/metadata/name");
    let url = format!("redis://:$password@{host}:{}", service["spec"]["ports"][0]["port"]);
    assert_eq!(files.secret("redis", "url"), url);
    assert_eq!(files.secret("redis", "password"), "$password");
    assert_eq!(text(files.pod("Deployment"), "/containers/0/image"), "redis");
}

#[test]
fn the_manual_shows_the_lines_that_are_taken_in() {
    let manual = fs::read_to_string(harness::root().join("docs/deploy.md")).unwrap();
    let text = fs::read_to_string(harness::root().join("kustomization.yaml")).unwrap();
    let shown = manual.split("```yaml\n").find(|block| block.starts_with("components:\n")).unwrap();
    let shown = shown.split("```").next().unwrap().lines();
    let lines: String = shown.map(|line| format!("# {line}\n")).collect();
    assert!(text.contains(&lines), "{lines}");
}

#[test]
fn kubernetes_takes_it() {
    if !harness::needs(&["python3"]) {
        return;
    }
    let mut files = with_redis();
    assert_eq!(schemas::refusals(&files.resources), "");
    files.change("Deployment", |server| server["spec"]["strategy"]["kind"] = json!("Recreate"));
    assert!(schemas::refusals(&files.resources).contains("kind"));
}

const PASSWORD: &str = "a-password";

/// How long the server may take to come up on a busy machine.
const START_LIMIT: Duration = Duration::from_secs(30);

/// The server as the cluster runs it, on a port of its own. It is ended with this.
struct Redis {
    process: Child,
    port: String,
    directory: tempfile::TempDir,
}

impl Redis {
    /// `None` where there is no `redis-server`.
    fn start() -> Option<Self> {
        if !harness::needs(&["redis-server"]) {
            return None;
        }
        let directory = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
        let mut redis = Self { process: launch(directory.path(), &port), port, directory };
        let started = Instant::now();
        while redis.process.try_wait().unwrap().is_none() {
            let answer = redis.probe(PASSWORD);
            if answer.status.success() {
                return Some(redis);
            }
            assert!(started.elapsed() < START_LIMIT, "{answer:?}");
            thread::sleep(Duration::from_millis(20));
        }
        Self::start() // Somebody else has taken the port.
    }

    /// The command by which Kubernetes looks whether the server is there.
    fn probe(&self, password: &str) -> Output {
        let files = with_redis();
        let container = &files.pod("Deployment")["containers"][0];
        let probes = ["readinessProbe", "livenessProbe"].map(|probe| &container[probe]["exec"]["command"]);
        assert_eq!(probes[0], probes[1]);
        self.client(&strings(probes[0]), password)
    }

    fn client(&self, command: &[String], password: &str) -> Output {
        let [program, arguments @ ..] = command else { panic!("a program") };
        Command::new(program)
            .args(["-p", &self.port])
            .args(arguments)
            .env("REDISCLI_AUTH", password)
            .output()
            .unwrap()
    }

    /// What the server answers.
    fn ask(&self, command: &[&str]) -> String {
        let command: Vec<_> = ["redis-cli"].iter().chain(command).map(|&word| word.to_owned()).collect();
        String::from_utf8(self.client(&command, PASSWORD).stdout).unwrap().trim().to_owned()
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn launch(directory: &Path, port: &str) -> Child {
    let files = with_redis();
    let container = &files.pod("Deployment")["containers"][0];
    let variable = format!("$({})", text(container, "/env/0/name"));
    let arguments = strings(&container["args"]);
    let arguments = arguments.iter().map(|argument| argument.replace(&variable, PASSWORD));
    Command::new(text(container, "/command/0"))
        .args(arguments)
        .args(["--port", port, "--bind", "127.0.0.1"])
        .current_dir(directory)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn strings(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_server_answers_who_has_the_password_and_so_does_its_probe() {
    let Some(redis) = Redis::start() else { return };
    assert!(redis.probe(PASSWORD).status.success());
    for wrong in ["", "another-password"] {
        let output = redis.probe(wrong);
        assert!(!output.status.success(), "{output:?}");
    }
}

#[test]
fn the_server_makes_room_and_writes_nothing_to_disk() {
    let Some(redis) = Redis::start() else { return };
    // Twice of what fits, each as large as an answer may be.
    for number in 0..32 {
        let key = format!("aggregate-pattern/{number}");
        assert_eq!(redis.ask(&["setrange", &key, "1048575", "x"]), "1048576");
    }
    let keys: u32 = redis.ask(&["dbsize"]).parse().unwrap();
    assert!((2..32).contains(&keys), "{keys}");
    assert_eq!(redis.ask(&["exists", "aggregate-pattern/31"]), "1");
    assert_eq!(redis.ask(&["shutdown"]), "");
    assert_eq!(fs::read_dir(redis.directory.path()).unwrap().count(), 0);
}
