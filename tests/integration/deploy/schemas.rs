//! What Kubernetes accepts, by the schemas that it publishes: no field that it does not know, none of
//! another type, none missing. They come with the package kubernetes-validate.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use serde_json::{Value, json};

use super::Files;

/// kubernetes-validate, and all that it needs.
const VERSIONS: &str = include_str!("schemas.txt");

/// What is wrong with `resources`, but for those of SpinKube; each line names the resource and the field.
pub fn refusals(resources: &[Value]) -> String {
    static PROGRAM: LazyLock<PathBuf> = LazyLock::new(install);
    let native = resources.iter().filter(|resource| resource["apiVersion"] != "core.spinkube.dev/v1alpha1");
    let documents: Vec<_> = native.map(Value::to_string).collect();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("resources.yaml");
    fs::write(&file, documents.join("\n---\n")).unwrap();
    run(Command::new(&*PROGRAM).args(["--strict", "--quiet"]).arg(file))
}

/// Into a folder of the target directory, unless these versions are there.
fn install() -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("kubernetes-validate");
    let installed = directory.join("installed.txt");
    if fs::read_to_string(&installed).is_ok_and(|versions| versions == VERSIONS) {
        return directory.join("bin/kubernetes-validate");
    }
    let versions = directory.join("wanted.txt");
    let made = run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&directory));
    fs::write(&versions, VERSIONS).unwrap();
    let pip = ["install", "--quiet", "--disable-pip-version-check", "--requirement"];
    let got = run(Command::new(directory.join("bin/pip")).args(pip).arg(&versions));
    let program = directory.join("bin/kubernetes-validate");
    assert!(program.exists(), "{made}{got}");
    fs::rename(versions, installed).unwrap();
    program
}

/// All that a program prints, whatever it ends with.
fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap()).concat()
}

#[test]
fn kubernetes_takes_every_resource_and_refuses_what_is_wrong() {
    if !harness::needs(&["python3"]) {
        return;
    }
    assert_eq!(refusals(&Files::read().resources), "");

    let mut files = Files::read();
    files.change("Job", |job| job["spec"]["backofLimit"] = json!(5));
    files.change("StatefulSet", |server| server["spec"]["replicas"] = json!("1"));
    files.change("NetworkPolicy", |policy| policy["spec"]["ingress"][0]["ports"][0]["port"] = json!({}));
    files.change("HorizontalPodAutoscaler", |scaler| {
        scaler["spec"].as_object_mut().unwrap().retain(|key, _| key != "maxReplicas");
    });
    files.change("Service", |service| service["apiVersion"] = json!("v2"));
    let refusals = refusals(&files.resources);
    for refusal in ["backofLimit", "spec.replicas", "spec.ingress.0.ports.0.port", "maxReplicas", "Service"] {
        assert!(refusals.lines().any(|line| line.contains(refusal)), "{refusal} in\n{refusals}");
    }
}
