//! Kubernetes' own schemas, which come with the package kubernetes-validate.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::Files;
use crate::python;

/// kubernetes-validate and its dependencies.
const VERSIONS: &str = include_str!("schemas.txt");

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
    let program = python::install("kubernetes-validate", VERSIONS).join("kubernetes-validate");
    let resources = Files::read().resources;
    assert_eq!(rejections(&program, &resources), "");

    let mut job = resources.into_iter().find(|resource| resource["kind"] == "Job").unwrap();
    job["spec"]["backofLimit"] = json!(5);
    assert!(rejections(&program, &[job]).contains("backofLimit"));
}
