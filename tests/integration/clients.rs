//! A client that openapi-python-client generates from `openapi.yaml` reads every kind of dashboard.

use std::fs;
use std::process::Command;

use harness::{App, Manifest, Options};

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

    let broken = |services: &[&str]| {
        let replace = |manifest: Manifest| {
            services.iter().fold(manifest, |manifest, service| manifest.replace(service, "status_500"))
        };
        Options::default().migrated().manifest(replace).start()
    };
    let (whole, partial) = (App::start(), broken(&["incidents-service"]));
    let none = broken(&["incidents-service", "customers-service"]);
    python::run(
        Command::new(programs.join("python"))
            .arg("read_dashboards.py")
            .args([whole.base(), partial.base(), none.base()])
            .current_dir(directory.path()),
    );
}
