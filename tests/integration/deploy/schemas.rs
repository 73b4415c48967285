//! Kubernetes' own schemas, which come with the package kubernetes-validate.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::Files;

/// kubernetes-validate and its dependencies.
const VERSIONS: &str = include_str!("schemas.txt");

/// What the schemas reject in `resources`, apart from those of SpinKube.
fn rejections(program: &Path, resources: &[Value]) -> String {
    let native = resources.iter().filter(|resource| resource["apiVersion"] != "core.spinkube.dev/v1alpha1");
    let documents: Vec<_> = native.map(Value::to_string).collect();
    let file = tempfile::NamedTempFile::with_suffix(".yaml").unwrap();
    fs::write(&file, documents.join("\n---\n")).unwrap();
    run(Command::new(program).args(["--strict", "--quiet"]).arg(file.path()))
}

/// Installs the program below the target directory, unless these versions are there.
fn install() -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("kubernetes-validate");
    let (installed, program) = (directory.join("installed.txt"), directory.join("bin/kubernetes-validate"));
    if fs::read_to_string(&installed).is_ok_and(|versions| versions == VERSIONS) {
        return program;
    }
    let wanted = directory.join("wanted.txt");
    let made = run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&directory));
    fs::write(&wanted, VERSIONS).unwrap();
    let pip = ["install", "--quiet", "--disable-pip-version-check", "--requirement"];
    let got = run(Command::new(directory.join("bin/pip")).args(pip).arg(&wanted));
    assert!(program.exists(), "{made}{got}");
    fs::rename(wanted, installed).unwrap();
    program
}

/// Everything that a program prints.
fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap()).concat()
}

#[test]
fn kubernetes_accepts_every_resource_and_rejects_a_wrong_one() {
    if !harness::needs(&["python3"]) {
        return;
    }
    let program = install();
    let resources = Files::read().resources;
    assert_eq!(rejections(&program, &resources), "");

    let mut job = resources.into_iter().find(|resource| resource["kind"] == "Job").unwrap();
    job["spec"]["backofLimit"] = json!(5);
    assert!(rejections(&program, &[job]).contains("backofLimit"));
}
