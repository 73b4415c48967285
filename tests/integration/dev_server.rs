//! The start and the end of the app: what is reported, kept and rejected. Spin's error texts are its own, so
//! most errors are tested on the development server only.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::thread;

use harness::{App, Manifest, Options, Runtime, Server, get, program, services};
use nix::sys::signal::Signal;
use tempfile::{TempDir, tempdir};
use toml::{Table, Value};

const SERVICE: &str = "customers-service";

/// A directory with the app's manifest, changed.
fn directory(change: impl FnOnce(&mut Table)) -> TempDir {
    let mut manifest = Manifest::of_the_app();
    change(manifest.document());
    let directory = tempdir().unwrap();
    fs::write(directory.path().join("spin.toml"), manifest.document().to_string()).unwrap();
    directory
}

/// The development server in a directory, on a free port.
fn dev_server(directory: &Path) -> Command {
    let mut command = Command::new(program("dev-server"));
    command.args(["--listen", "127.0.0.1:0"]).current_dir(directory);
    command
}

/// Asserts that the development server ends with an error that has these parts.
fn assert_error(command: &mut Command, parts: &[&str]) {
    let output = command.output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    let (_, error) = stderr.split_once("Error: ").unwrap_or_else(|| panic!("no error: {stderr}"));
    assert_contains(error, parts);
}

pub fn assert_contains(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is missing from {text:?}");
    }
}

#[test]
fn both_runtimes_reject_the_same_mistakes() {
    let component =
        |key: &'static str, value: &'static str| move |manifest: Manifest| manifest.set(SERVICE, key, value);
    let default = Options::default;
    for (options, named) in [
        (default().manifest(component("sqlite_database", "default")), "unknown field `sqlite_database`"),
        (default().manifest(component("source", "nothing.wasm")), "nothing.wasm"),
        (default().arguments(["--sqlite", "@nothing.sql"]), "nothing.sql"),
        (default().arguments(["--sqlite", "SELEC 1"]), "syntax error"),
    ] {
        let ended = options.try_start().err().unwrap_or_else(|| panic!("it started: {named}"));
        assert_eq!(ended.status.code(), Some(1), "{}", ended.output);
        assert_contains(&ended.output, &[named]);
    }
}

#[test]
fn errors_name_the_mistake() {
    let app = directory(|_| {});
    let file = |name: &str| app.path().join(name);
    let text = fs::read_to_string(file("spin.toml")).unwrap();
    fs::write(file("wrong.toml"), text.replacen("[application]", "[application", 1)).unwrap();
    let from = ["--from", "wrong.toml"];
    assert_error(dev_server(app.path()).args(from), &["wrong.toml", "line ", "column "]);
    assert_error(&mut dev_server(tempdir().unwrap().path()), &["spin.toml", "--from"]);

    fs::write(file("wrong.sql"), "CREATE TABLE a (b);\nSELEC 1;").unwrap();
    let named = ["wrong.sql, line 2", "syntax error"];
    assert_error(dev_server(app.path()).args(["--sqlite", "@wrong.sql"]), &named);

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let mut command = Command::new(program("dev-server"));
    assert_error(command.args(["--listen", &address]).current_dir(app.path()), &[&address, "in use"]);

    let broken = "no database at all ".repeat(100);
    fs::write(file(".spin/sqlite_db.db"), &broken).unwrap();
    assert_error(&mut dev_server(app.path()), &["sqlite_db.db", "not a database"]);
    assert_eq!(fs::read_to_string(file(".spin/sqlite_db.db")).unwrap(), broken);

    let app = directory(|manifest| manifest["component"][SERVICE]["source"] = Value::from("a.wasm"));
    assert_error(&mut dev_server(app.path()), &["a.wasm", SERVICE, "--build"]);
    fs::write(app.path().join("a.wasm"), "rubbish").unwrap();
    assert_error(&mut dev_server(app.path()), &[SERVICE, "a.wasm is no component"]);

    let app = directory(|manifest| {
        for (_, component) in manifest["component"].as_table_mut().unwrap() {
            component["build"]["command"] = Value::from("exit 7");
        }
    });
    assert_error(dev_server(app.path()).arg("--build"), &[SERVICE, "exit status: 7"]);
}

#[test]
fn components_are_read_from_cargo_target_dir_and_identical_builds_run_once() {
    const RELEASE: &str = "target/wasm32-wasip2/release";
    let elsewhere = tempdir().unwrap();
    let release = elsewhere.path().join(RELEASE);
    fs::create_dir_all(&release).unwrap();
    let app = directory(|manifest| {
        for (_, component) in manifest["component"].as_table_mut().unwrap() {
            let source = component["source"].as_str().unwrap().to_owned();
            let (_, name) = source.rsplit_once('/').unwrap();
            fs::copy(&source, release.join(name)).unwrap();
            component["source"] = Value::from(format!("{RELEASE}/{name}"));
            component["build"]["command"] = Value::from("echo run >> runs");
        }
    });
    fs::write(app.path().join("Cargo.toml"), "[workspace]\n").unwrap();
    let mut command = dev_server(app.path());
    command.arg("--build").env("CARGO_TARGET_DIR", elsewhere.path().join("target"));
    let server = Server::start(&mut command).unwrap_or_else(|ended| panic!("{ended:?}"));
    let ids: Vec<_> = services().into_iter().map(|(id, _)| id).collect();
    assert_contains(&server.output(), &[&format!("component {}", ids.join(", "))]);
    assert_eq!(fs::read_to_string(app.path().join("runs")).unwrap(), "run\n");
}

#[test]
fn data_survives_a_restart_and_sample_rows_are_inserted_once() {
    let app = App::start();
    app.sql("DELETE FROM Incidents; DELETE FROM Customers WHERE Scoring < 10");
    let before = app.dashboard();
    let stopped = app.stop(Signal::SIGINT);
    assert!(stopped.status.success(), "{}", stopped.output);
    let app = Options::default().state(stopped.state).migrated().start();
    assert_eq!(app.dashboard().body, before.body);
}

#[test]
fn a_signal_lets_requests_in_flight_finish() {
    if Runtime::chosen() == Runtime::Spin {
        println!("Spin ends at once.");
        return;
    }
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let app = Options::default().manifest(|manifest| manifest.replace(SERVICE, "slow")).start();
        let url = format!("{}/customers/summary/5", app.base());
        let request = thread::spawn(move || get(&url, &[]));
        while app.log(SERVICE, "stdout").is_empty() {
            thread::yield_now(); // Until the component has the request, which takes it 200 ms.
        }
        let stopped = app.stop(signal);
        assert!(stopped.status.success() && !stopped.output.contains("failed"), "{}", stopped.output);
        assert!(request.join().unwrap().text().contains("Faulty"));
    }
}

#[test]
fn start_up_prints_what_spin_prints() {
    let app = App::start();
    let base = app.base().to_owned();
    let state = app.state_directory().display().to_string();
    let printed = app.stop(Signal::SIGTERM).output;
    let logs = format!("Logging component stdio to \"{state}/logs/\"\n");
    let database = format!("Storing default SQLite data to \"{state}/sqlite_db.db\".\n");
    let serving = format!("\nServing {base}\n");
    assert_contains(&printed, &[&logs, &database, &serving, "\nAvailable Routes:\n"]);
    for (id, _) in services() {
        let path = id.strip_suffix("-service").unwrap();
        assert_contains(&printed, &[&format!("  {id}: {base}/{path} (wildcard)\n")]);
    }
}
