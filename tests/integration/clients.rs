//! A client that openapi-python-client generates from `openapi.yaml` reads complete, partial and failed dashboards.

use std::fs;
use std::process::Command;

use harness::{App, Options};

use crate::faults::{inject, names};
use crate::python;

/// openapi-python-client and its dependencies.
const VERSIONS: &str = include_str!("clients/requirements.txt");

const SCRIPT: &str = include_str!("clients/read_dashboards.py");

#[test]
fn a_generated_client_reads_partial_dashboards_and_errors() {
    if !harness::needs(&["python3"]) {
        return;
    }
    let programs = python::install("openapi-python-client", VERSIONS);
    let directory = tempfile::tempdir().unwrap();
    python::run(
        Command::new(programs.join("openapi-python-client"))
            .args(["generate", "--meta", "none", "--output-path", "client", "--path"])
            .arg(harness::root().join("openapi.yaml"))
            .current_dir(directory.path()),
    );
    fs::write(directory.path().join("read_dashboards.py"), SCRIPT).unwrap();

    let failing = |services: &[&str]| {
        let change = |manifest| inject(manifest, "status_500", services);
        Options::default().migrated().manifest(change).start()
    };
    let (complete, partial, failed) = (App::start(), failing(&["incidents-service"]), failing(&names()));
    python::run(
        Command::new(programs.join("python"))
            .arg("read_dashboards.py")
            .args([complete.base(), partial.base(), failed.base()])
            .current_dir(directory.path()),
    );
}
