//! The start and the end of the app: what is reported, kept and rejected. Spin's error texts are its own, so
//! most errors are tested on the development server only.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};

use harness::{App, Manifest, Options, PATIENCE, Runtime, Server, dev_server, program, services};
use nix::sys::signal::Signal;
use tempfile::{TempDir, tempdir};
use toml::{Table, Value};

/// A directory with the app's manifest, changed.
fn directory(change: impl FnOnce(&mut Table)) -> TempDir {
    let mut manifest = Manifest::of_the_app();
    change(manifest.document());
    let directory = tempdir().unwrap();
    fs::write(directory.path().join("spin.toml"), manifest.document().to_string()).unwrap();
    directory
}

/// Starts the development server in a directory where it has to fail, and returns the error.
fn error(directory: &Path, arguments: &[&str]) -> String {
    let output = dev_server(directory, arguments.iter().chain(&["--listen", "127.0.0.1:0"]).copied());
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(!stderr.contains("panicked") && !stderr.contains("backtrace"), "{stderr}");
    stderr.split_once("Error: ").unwrap_or_else(|| panic!("no error: {stderr}")).1.to_owned()
}

fn assert_contains(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is missing from {text:?}");
    }
}

#[test]
fn both_runtimes_reject_the_same_mistakes() {
    let component = |key: &'static str, value: &'static str| {
        move |manifest: Manifest| manifest.set("customers-service", key, value)
    };
    let default = Options::default;
    for (options, named) in [
        (default().manifest(component("sqlite_database", "default")), "unknown field `sqlite_database`"),
        (default().manifest(component("source", "nothing.wasm")), "nothing.wasm"),
        (default().arguments(["--sqlite", "@nothing.sql"]), "nothing.sql"),
        (default().arguments(["--sqlite", "SELEC 1"]), "syntax error"),
    ] {
        let stopped = options.try_start().err().unwrap_or_else(|| panic!("it started: {named}"));
        assert_eq!(stopped.status.code(), Some(1), "{}", stopped.output);
        assert_contains(&stopped.output, &[named]);
    }
}

#[test]
fn errors_of_the_manifest_name_the_mistake_or_spin() {
    let app = directory(|_| {});
    let text = fs::read_to_string(app.path().join("spin.toml")).unwrap();
    for (right, wrong, parts) in [
        ("[application]", "[application", &["spin.toml", "line ", "column "][..]),
        (
            "sqlite_databases =",
            "ai_models =",
            &["spin.toml", "line ", "unknown field `ai_models`", "use Spin"],
        ),
        ("/customers/...", "/customers/:id", &["spin.toml", "/customers/:id", "use Spin"]),
        ("http://customers-service.spin.internal", "https://example.com", &["example.com", "use Spin"]),
        ("http://customers-service.spin.internal", "http://missing.spin.internal", &["missing", "trigger"]),
    ] {
        let changed = text.replacen(right, wrong, 1);
        assert_ne!(changed, text);
        fs::write(app.path().join("spin.toml"), changed).unwrap();
        assert_contains(&error(app.path(), &[]), parts);
    }
    for arguments in [["--variable", "a=@file"], ["--state-dir", ""]] {
        let output = dev_server(app.path(), arguments);
        assert_eq!(output.status.code(), Some(2));
        assert_contains(&String::from_utf8(output.stderr).unwrap(), &["use Spin"]);
    }
    assert_contains(&error(tempdir().unwrap().path(), &[]), &["spin.toml", "--from"]);
}

#[test]
fn errors_of_components_and_builds_name_the_component() {
    const SERVICE: &str = "aggregates-service";
    let app = directory(|manifest| manifest["component"][SERVICE]["source"] = Value::from("a.wasm"));
    assert_contains(&error(app.path(), &[]), &["a.wasm", SERVICE, "--build"]);
    let mut manifest = Manifest::of_the_app();
    let component = manifest.document()["component"][SERVICE]["source"].as_str().unwrap().to_owned();
    let mut component = fs::read(component).unwrap();
    // The import gets another name of the same length.
    let (interface, other) = (b"spin:variables/variables@3.0.0", b"spin:variables/variablez@3.0.0");
    while let Some(place) = component.windows(interface.len()).position(|window| window == interface) {
        component[place..place + other.len()].copy_from_slice(other);
    }
    for (content, parts) in [
        (b"rubbish".as_slice(), &[SERVICE, "a.wasm is no component"][..]),
        (b"\0asm\x01\0\0\0", &[SERVICE, "a.wasm is no component"]),
        (&component, &[SERVICE, "spin:variables/variablez", "use Spin"]),
    ] {
        fs::write(app.path().join("a.wasm"), content).unwrap();
        assert_contains(&error(app.path(), &[]), parts);
    }
    let app = directory(|manifest| {
        for (_, component) in manifest["component"].as_table_mut().unwrap() {
            component["build"]["command"] = Value::from("exit 7");
        }
    });
    assert_contains(&error(app.path(), &["--build"]), &[SERVICE, "exit status: 7"]);
}

#[test]
fn errors_of_files_and_ports_name_them_and_change_nothing() {
    let app = directory(|_| {});
    let file = |name: &str| app.path().join(name);
    fs::write(file("wrong.sql"), "CREATE TABLE a (b);\nSELEC 1;").unwrap();
    assert_contains(&error(app.path(), &["--sqlite", "@wrong.sql"]), &["wrong.sql, line 2", "syntax error"]);
    assert_contains(&error(app.path(), &["--sqlite", "@wrong.sql:other"]), &["other"]);
    assert_contains(&error(app.path(), &["--state-dir", "wrong.sql"]), &["wrong.sql"]);
    for (config, parts) in [
        (
            "[sqlite_database.default]\ntype = \"libsql\"\nurl = \"http://127.0.0.1:1\"",
            &["libsql", "use Spin"][..],
        ),
        ("[key_value_store.default]\ntype = \"azure_cosmos\"", &["azure_cosmos"]),
        ("[key_value_store.default]\ntype = \"redis\"\nurl = \"http://127.0.0.1\"", &["Invalid Redis URL"]),
        ("[key_value_store.default]\ntype = \"redis\"\nurl = \"rediss://127.0.0.1\"", &["TLS"]),
    ] {
        fs::write(file("runtime.toml"), config).unwrap();
        assert_contains(&error(app.path(), &["--runtime-config-file", "runtime.toml"]), parts);
    }
    let broken = "no database at all ".repeat(100);
    fs::write(file(".spin/sqlite_db.db"), &broken).unwrap();
    assert_contains(&error(app.path(), &[]), &["sqlite_db.db", "not a database"]);
    assert_eq!(fs::read_to_string(file(".spin/sqlite_db.db")).unwrap(), broken);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let output = dev_server(app.path(), ["--listen", &address]);
    assert_contains(&String::from_utf8(output.stderr).unwrap(), &["Error: ", &address, "in use"]);
}

#[test]
fn components_are_read_from_cargo_target_dir_and_identical_builds_run_once() {
    const RELEASE: &str = "wasm32-wasip2/release";
    let target = tempdir().unwrap();
    let release = target.path().join(RELEASE);
    fs::create_dir_all(&release).unwrap();
    let mut names = Vec::new();
    let app = directory(|manifest| {
        for (_, component) in manifest["component"].as_table_mut().unwrap() {
            let source = Path::new(component["source"].as_str().unwrap());
            let name = source.file_name().unwrap().to_str().unwrap().to_owned();
            fs::copy(source, release.join(&name)).unwrap();
            component["source"] = Value::from(format!("target/{RELEASE}/{name}"));
            component["build"]["command"] = Value::from("echo run >> runs");
            names.push(name);
        }
    });
    // Files of another target directory must not be run.
    let stale = app.path().join("target").join(RELEASE);
    fs::create_dir_all(&stale).unwrap();
    names.iter().for_each(|name| fs::write(stale.join(name), "stale").unwrap());
    fs::write(app.path().join("Cargo.toml"), "[workspace]\n").unwrap();
    let mut command = Command::new(program("dev-server"));
    command.args(["--build", "--listen", "127.0.0.1:0"]).current_dir(app.path());
    command.env("CARGO_TARGET_DIR", target.path());
    let server = Server::start(&mut command).unwrap_or_else(|ended| panic!("{ended:?}"));
    let ids: Vec<_> = services().into_iter().map(|(id, _)| id).collect();
    assert_contains(&server.output(), &[&format!("component {}", ids.join(", "))]);
    assert_eq!(fs::read_to_string(app.path().join("runs")).unwrap(), "run\n");
    drop(server);
    fs::remove_file(release.join(&names[0])).unwrap();
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert_contains(&String::from_utf8(output.stderr).unwrap(), &["there is no file", &names[0]]);
}

#[test]
fn a_runtime_config_moves_the_database() {
    let config = tempdir().unwrap();
    let file = config.path().join("runtime.toml");
    fs::write(&file, "[sqlite_database.default]\ntype = \"spin\"\npath = \"elsewhere.db\"\n").unwrap();
    let arguments = ["--runtime-config-file", file.to_str().unwrap()];
    let app = Options::default().migrated().arguments(arguments).start();
    assert_eq!(app.get("/customers/count").text(), r#"{"count":40}"#);
    assert!(!app.state_directory().join("sqlite_db.db").exists());
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
        let app =
            Options::default().manifest(|manifest| manifest.replace("customers-service", "slow")).start();
        let mut stream = TcpStream::connect(app.address()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(b"GET /customers/summary/5 HTTP/1.0\r\nhost: x\r\n\r\n").unwrap();
        while app.log("customers-service", "stdout").is_empty() {
            std::thread::yield_now(); // Until the component has the request, which takes it 200 ms.
        }
        let stopped = app.stop(signal);
        assert_eq!(stopped.status.code(), Some(0), "{}", stopped.output);
        assert!(!stopped.output.contains("failed"), "{}", stopped.output);
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        assert_contains(&response, &["200 OK", "Faulty"]);
    }
}

#[test]
fn start_up_prints_what_spin_prints() {
    let app = App::start();
    let base = app.base().to_owned();
    let state = app.state_directory().display().to_string();
    let printed = app.stop(Signal::SIGTERM).output;
    let routes = services().into_iter().map(|(id, _)| {
        let path = id.strip_suffix("-service").unwrap();
        format!("  {id}: {base}/{path} (wildcard)")
    });
    let lines = [
        format!("Logging component stdio to \"{state}/logs/\""),
        format!("Storing default SQLite data to \"{state}/sqlite_db.db\"."),
        format!("Serving {base}"),
        "Available Routes:".to_owned(),
    ];
    for expected in lines.into_iter().chain(routes) {
        assert!(printed.lines().any(|line| line == expected), "{expected:?} is missing from\n{printed}");
    }
}
