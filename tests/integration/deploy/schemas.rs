//! Kubernetes' own schemas, which come with the package kubernetes-validate.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::resources;

/// kubernetes-validate and its dependencies.
const VERSIONS: &str = include_str!("schemas.txt");

/// Installs these versions below the target directory, unless they are there, and returns the program.
fn install() -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("kubernetes-validate");
    let (installed, wanted) = (directory.join("installed.txt"), directory.join("wanted.txt"));
    if !fs::read_to_string(&installed).is_ok_and(|installed| installed == VERSIONS) {
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&directory));
        fs::write(&wanted, VERSIONS).unwrap();
        let pip = ["install", "--quiet", "--disable-pip-version-check", "--no-deps", "--requirement"];
        run(Command::new(directory.join("bin/pip")).args(pip).arg(&wanted));
        fs::rename(wanted, installed).unwrap();
    }
    directory.join("bin/kubernetes-validate")
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
}

/// The errors of `resources` by the schemas, except those of SpinKube.
fn rejections(program: &Path, resources: &[Value]) -> String {
    let native = resources.iter().filter(|resource| resource["apiVersion"] != "core.spinkube.dev/v1alpha1");
    let documents: Vec<_> = native.map(Value::to_string).collect();
    let file = tempfile::NamedTempFile::with_suffix(".yaml").unwrap();
    fs::write(&file, documents.join("\n---\n")).unwrap();
    let output = Command::new(program).args(["--strict", "--quiet"]).arg(file.path()).output().unwrap();
    [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap()).concat()
}

#[test]
fn kubernetes_accepts_every_resource_and_rejects_a_wrong_one() {
    if !harness::needs(&["python3"]) {
        return;
    }
    let (program, mut resources) = (install(), resources());
    assert_eq!(rejections(&program, &resources), "");

    let job = resources.iter_mut().find(|resource| resource["kind"] == "Job").unwrap();
    job["spec"]["backofLimit"] = json!(5);
    assert!(rejections(&program, &resources).contains("backofLimit"));
}
