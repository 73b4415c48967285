//! What the local host promises by itself, and both runtimes alike: permissions, bad input, data that stays.

use std::path::Path;
use std::process::Output;
use std::time::{Duration, Instant};

use harness::{App, Manifest, Options, Runtime, dev_server, root};
use nix::sys::signal::Signal;
use tempfile::{TempDir, tempdir};
use toml::Value;

/// A directory with a `spin.toml`.
fn directory(manifest: &str) -> TempDir {
    let directory = tempdir().unwrap();
    std::fs::write(directory.path().join("spin.toml"), manifest).unwrap();
    directory
}

/// The app's manifest, its components where they are.
fn manifest() -> String {
    let mut manifest = Manifest::of_the_app();
    toml::to_string(manifest.document()).unwrap()
}

/// Runs the local host on something that it has to refuse, and returns its one line.
fn refusal(directory: &Path, arguments: &[&str]) -> String {
    let arguments = arguments.iter().chain(&["--listen", "127.0.0.1:0", "--quiet"]).copied();
    let Output { status, stderr, .. } = dev_server(directory, arguments);
    let stderr = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(1), "{stderr}");
    let errors: Vec<&str> = stderr.lines().filter(|line| line.starts_with("Error: ")).collect();
    let [error] = errors[..] else { panic!("one line of error is wanted: {stderr}") };
    assert!(!stderr.contains("panicked") && !stderr.contains("backtrace"), "{stderr}");
    error.to_owned()
}

fn assert_says(error: &str, parts: &[&str]) {
    for part in parts {
        assert!(error.contains(part), "{part:?} is missing from {error:?}");
    }
}

#[test]
fn without_a_manifest_it_says_where_it_looked() {
    assert_says(&refusal(tempdir().unwrap().path(), &[]), &["spin.toml", "--from"]);
    assert_says(&refusal(tempdir().unwrap().path(), &["--from", "other.toml"]), &["other.toml"]);
}

#[test]
fn a_manifest_that_is_wrong_is_refused_with_line_and_column() {
    let text = manifest();
    for (wrong, parts) in [
        (text.replacen("[application]", "[application", 1), &["spin.toml:", ":"][..]),
        (
            text.replace("sqlite_databases", "sqlite_database"),
            &["spin.toml:", "unknown field `sqlite_database`"],
        ),
        (text.replacen("spin_manifest_version = 2", "spin_manifest_version = 3", 1), &["spin.toml:", "2"]),
        (
            text.replacen("component = \"customers-service\"", "component = \"nobody\"", 1),
            &["spin.toml:", "nobody"],
        ),
    ] {
        assert_ne!(wrong, text);
        let directory = directory(&wrong);
        let error = refusal(directory.path(), &[]);
        assert_says(&error, parts);
        let place = error.split("spin.toml:").nth(1).unwrap();
        let numbers: Vec<_> = place.split(':').take(2).map(str::parse::<usize>).collect();
        assert!(numbers.iter().all(Result::is_ok), "line and column are missing from {error:?}");
    }
}

#[test]
fn what_this_app_does_not_need_is_left_to_spin() {
    let text = manifest();
    let databases = "sqlite_databases = [\"default\"]";
    for (other, named) in [
        (text.replacen(databases, "ai_models = [\"model\"]", 1), "ai_models"),
        (text.replacen(databases, "files = [\"*.sql\"]", 1), "files"),
        (text.replacen("route = \"/customers/...\"", "route = { private = true }", 1), "private"),
        (text.replacen("route = \"/customers/...\"", "route = \"/customers/:id\"", 1), "/customers/:id"),
        (text.replacen("http://customers-service.spin.internal", "https://example.com", 1), "example.com"),
    ] {
        assert_ne!(other, text);
        assert_says(&refusal(directory(&other).path(), &[]), &["spin.toml", named, "spin up"]);
    }
    for arguments in [["--variable", "a=@file"], ["--state-dir", ""]] {
        let output = dev_server(directory(&text).path(), arguments);
        assert_eq!(output.status.code(), Some(2));
        assert_says(&String::from_utf8(output.stderr).unwrap(), &["left to Spin", "spin up"]);
    }
}

#[test]
fn a_call_that_leads_nowhere_is_found_at_start() {
    let text = manifest().replace("http://customers-service.spin.internal", "http://nobody.spin.internal");
    assert_says(&refusal(directory(&text).path(), &[]), &["aggregates-service", "nobody", "trigger"]);
}

#[test]
fn a_component_that_is_missing_or_none_is_named() {
    let text = manifest();
    let path = text.split("source = \"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let name = Path::new(&path).file_name().unwrap().to_str().unwrap();
    let directory = directory(&text.replace(&path, name));
    assert_says(&refusal(directory.path(), &[]), &[name, "--build"]);
    std::fs::write(directory.path().join(name), "rubbish").unwrap();
    assert_says(&refusal(directory.path(), &[]), &[name, "component"]);
    // A core module is no component.
    std::fs::write(directory.path().join(name), b"\0asm\x01\0\0\0").unwrap();
    assert_says(&refusal(directory.path(), &[]), &[name, "component"]);
}

#[test]
fn an_import_that_is_not_offered_is_named() {
    let text = manifest();
    let path = text.split("source = \"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let name = Path::new(&path).file_name().unwrap().to_str().unwrap();
    let directory = directory(&text.replace(&path, name));
    // The component with an interface under another name, of the same length.
    let component = std::fs::read(&path).unwrap();
    let (interface, other) = (b"spin:variables/variables@3.0.0", b"spin:variables/variablez@3.0.0");
    let mut changed = component.clone();
    let places =
        (0..component.len() - interface.len()).filter(|place| component[*place..].starts_with(interface));
    places.for_each(|place| changed[place..place + other.len()].copy_from_slice(other));
    assert_ne!(changed, component);
    std::fs::write(directory.path().join(name), changed).unwrap();
    assert_says(&refusal(directory.path(), &[]), &["spin:variables/variablez", "aggregates-service"]);
}

#[test]
fn a_build_command_that_fails_is_reported() {
    let mut text = Manifest::of_the_app();
    text.document()["component"]["customers-service"]["build"]["command"] = Value::from("exit 7");
    for other in ["aggregates-service", "incidents-service"] {
        text.document()["component"][other].as_table_mut().unwrap().remove("build");
    }
    let directory = directory(&toml::to_string(text.document()).unwrap());
    assert_says(&refusal(directory.path(), &["--build"]), &["customers-service", "7"]);
}

#[test]
fn sql_that_is_missing_or_wrong_is_reported_with_what_sqlite_says() {
    let directory = directory(&manifest());
    assert_says(&refusal(directory.path(), &["--sqlite", "@nothing.sql"]), &["nothing.sql"]);
    assert_says(&refusal(directory.path(), &["--sqlite", "SELEC 1"]), &["near \"SELEC\": syntax error"]);
    std::fs::write(directory.path().join("wrong.sql"), "CREATE TABLE a (b); CREATE TABLE a (b);").unwrap();
    assert_says(&refusal(directory.path(), &["--sqlite", "@wrong.sql"]), &["wrong.sql", "already exists"]);
    assert_says(&refusal(directory.path(), &["--sqlite", "@wrong.sql:other"]), &["other"]);
}

#[test]
fn a_port_in_use_is_reported() {
    let directory = directory(&manifest());
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = dev_server(directory.path(), ["--listen", &address]);
    assert_eq!(output.status.code(), Some(1));
    assert_says(&String::from_utf8(output.stderr).unwrap(), &["Error: ", &address, "in use"]);
}

#[test]
fn a_broken_database_is_reported_and_left_as_it_is() {
    let directory = directory(&manifest());
    let state = directory.path().join(".spin");
    std::fs::create_dir(&state).unwrap();
    let broken = "no database at all ".repeat(100);
    std::fs::write(state.join("sqlite_db.db"), &broken).unwrap();
    let migrations = format!("@{}", root().join("migrations.sql").display());
    assert_says(&refusal(directory.path(), &["--sqlite", &migrations]), &["sqlite_db.db", "not a database"]);
    assert_eq!(std::fs::read_to_string(state.join("sqlite_db.db")).unwrap(), broken);
}

#[test]
fn a_state_directory_that_cannot_be_used_is_reported() {
    let directory = directory(&manifest());
    std::fs::write(directory.path().join("file"), "").unwrap();
    assert_says(&refusal(directory.path(), &["--state-dir", "file"]), &["file"]);
}

#[test]
fn a_runtime_config_may_put_the_database_elsewhere_and_leaves_the_rest_to_spin() {
    let config = tempdir().unwrap();
    let file = config.path().join("runtime.toml");
    std::fs::write(&file, "[sqlite_database.default]\ntype = \"spin\"\npath = \"elsewhere.db\"\n").unwrap();
    let app =
        Options::default().migrated().arguments(["--runtime-config-file", file.to_str().unwrap()]).start();
    assert_eq!(app.get("/customers/count").text(), r#"{"count":40}"#);
    assert!(!app.state_directory().join("sqlite_db.db").exists());

    let libsql =
        "[sqlite_database.default]\ntype = \"libsql\"\nurl = \"http://127.0.0.1:1\"\ntoken = \"x\"\n";
    std::fs::write(&file, libsql).unwrap();
    let error = refusal(directory(&manifest()).path(), &["--runtime-config-file", file.to_str().unwrap()]);
    assert_says(&error, &["libsql", "Spin"]);
}

#[test]
fn data_stays_over_a_restart_and_the_samples_come_once() {
    let app = App::start();
    app.sql(
        "DELETE FROM Incidents; DELETE FROM Customers WHERE Scoring < 10; UPDATE Customers SET Name = 'Ours'",
    );
    let before = app.dashboard();
    let stopped = app.stop(Signal::SIGINT);
    assert!(stopped.status.success(), "{}", stopped.output);
    let app = Options::default().state(stopped.state).migrated().start();
    assert_eq!(app.dashboard().body, before.body);
}

#[test]
fn an_older_database_is_served_and_its_dashboard_is_right() {
    let older = "
        CREATE TABLE Customers (Id TEXT PRIMARY KEY, Name TEXT, City TEXT, Country TEXT, Scoring INTEGER);
        CREATE TABLE Incidents (Id TEXT PRIMARY KEY, Amount NUMERIC, CustomerName TEXT, Category TEXT);
        INSERT INTO Customers VALUES ('0000000A-0000-4000-8000-000000000001', 'Old', 'x', 'y', 3);
        INSERT INTO Incidents VALUES ('0000000B-0000-4000-8000-000000000001', 1.5, 'Old', 'z'),
            ('0000000b-0000-4000-8000-000000000002', 2, 'Old', 'z');";
    let expected = concat!(
        r#"{"customerCount":1,"topCustomers":[{"customerName":"Old","scoring":3}],"#,
        r#""customersWithMostIncidents":[{"customerName":"Old","numberOfIncidents":2}],"#,
        r#""customersWithHighestIncidentVolume":[{"customerName":"Old","incidentVolume":3.5}]}"#
    );
    let app = Options::default().prepared(older).migrated().start();
    assert_eq!(app.dashboard().text(), expected);
    assert_eq!(app.get("/incidents/items/0000000B-0000-4000-8000-000000000002").json()["amount"], 2);
}

#[test]
fn a_signal_lets_requests_in_flight_finish() {
    if Runtime::chosen() == Runtime::Spin {
        println!("Spin ends at once; this is a promise of the local host.");
        return;
    }
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let app =
            Options::default().manifest(|manifest| manifest.replace("customers-service", "slow")).start();
        let address = app.address().to_owned();
        let request = std::thread::spawn(move || {
            let started = Instant::now();
            let mut stream = std::net::TcpStream::connect(&address).unwrap();
            std::io::Write::write_all(&mut stream, b"GET /customers/summary/5 HTTP/1.0\r\nhost: x\r\n\r\n")
                .unwrap();
            let mut answer = String::new();
            std::io::Read::read_to_string(&mut stream, &mut answer).unwrap();
            (answer, started.elapsed())
        });
        while app.log("customers-service", "stdout").is_empty() {
            std::thread::sleep(Duration::from_millis(5)); // Until the request has arrived.
        }
        let stopped = app.stop(signal);
        assert_eq!(stopped.status.code(), Some(0), "{}", stopped.output);
        assert!(!stopped.output.contains("failed"), "{}", stopped.output);
        let (answer, elapsed) = request.join().unwrap();
        assert!(answer.contains("200 OK") && answer.contains("Faulty"), "{answer}");
        assert!(elapsed >= Duration::from_millis(200), "{elapsed:?}");
    }
}

#[test]
fn start_up_says_what_spin_says() {
    let app = App::start();
    let base = app.base();
    let expected = [
        format!("Logging component stdio to \"{}/logs/\"", app.state_directory().display()),
        format!("Storing default SQLite data to \"{}/sqlite_db.db\".", app.state_directory().display()),
        format!("Serving {base}"),
        "Available Routes:".to_owned(),
        format!("  aggregates-service: {base}/aggregates (wildcard)"),
        format!("  customers-service: {base}/customers (wildcard)"),
        format!("  incidents-service: {base}/incidents (wildcard)"),
    ];
    let printed = |line: &String| app.output().lines().any(|printed| printed == line);
    // The routes are printed after the line that says that the app serves.
    let started = Instant::now();
    while !expected.iter().all(printed) && started.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(5));
    }
    for line in &expected {
        assert!(printed(line), "{line:?} is missing from\n{}", app.output());
    }
}
