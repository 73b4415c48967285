//! Loading rows, backups and restoring, by the commands of the document.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use harness::{App, Options, needs};
use nix::sys::signal::Signal;

use super::blocks;
use crate::python;

/// sqlite-utils and its dependencies.
const VERSIONS: &str = include_str!("sqlite-utils.txt");

/// Runs commands of the document in a folder where `.spin` is the state directory of an app.
fn run(folder: &Path, commands: &str) -> Output {
    Command::new("bash").args(["-euc", commands]).current_dir(folder).output().unwrap()
}

fn succeed(folder: &Path, commands: &str) {
    let output = run(folder, commands);
    assert!(output.status.success(), "{commands}: {output:?}");
}

/// An app whose state directory is `.spin` in the folder, as the commands expect.
fn start(folder: &Path, migrated: bool) -> App {
    let options = Options::default().arguments(["--sqlite", "PRAGMA journal_mode = WAL"]);
    let options = if migrated { options.migrated() } else { options };
    options.state(folder.join(".spin")).start()
}

fn incidents(app: &App) -> usize {
    app.get("/incidents/items").json().as_array().unwrap().len()
}

#[test]
fn rows_are_loaded_in_one_transaction_and_errors_name_table_and_column() {
    if !needs(&["sqlite3", "python3"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join(".spin")).unwrap();
    let app = start(folder.path(), true);
    let before = incidents(&app);
    let [load, insert] = &blocks("sh", "Loading rows")[..] else { panic!("two blocks") };

    let output = run(folder.path(), &load.replace(",80,", ",eighty,"));
    assert!(!output.status.success(), "{output:?}");
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("Incidents.Amount has to be "), "{message}");
    assert_eq!(incidents(&app), before);

    succeed(folder.path(), load);
    assert_eq!(incidents(&app), before + 2);
    let loaded = app.get("/incidents/items/5d8a2c1e-0b6f-4a39-9c55-1f2e3d4c5b6a").json();
    assert_eq!(loaded["amount"], 120.5);

    // One row exists, and one is new.
    let programs = python::install("sqlite-utils", VERSIONS);
    let insert = insert.replace("sqlite-utils", programs.join("sqlite-utils").to_str().unwrap());
    fs::write(
        folder.path().join("incidents.csv"),
        "Id,Amount,CustomerName,Category\n\
         5d8a2c1e-0b6f-4a39-9c55-1f2e3d4c5b6a,120.5,Albatros Shipping,Fire\n\
         0f4f6c52-83a1-4c6e-8f0b-6f1f5a9f2d11,0.25,Albatros Shipping,Fire\n",
    )
    .unwrap();
    succeed(folder.path(), &insert);
    assert_eq!(incidents(&app), before + 3);
}

#[test]
fn a_backup_of_a_running_app_has_all_rows() {
    if !needs(&["sqlite3"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join(".spin")).unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::copy(harness::root().join("migrations.sql"), path("migrations.sql")).unwrap();
    let app = start(folder.path(), true);
    // A reader keeps newer rows in the write-ahead log.
    let reader = app.database();
    reader.execute_batch("BEGIN; SELECT count(*) FROM Customers").unwrap();
    app.sql("DELETE FROM Customers WHERE Name = 'Yarrow Pharma'");
    let expected = app.dashboard().text().to_owned();

    fs::copy(path(".spin/sqlite_db.db"), path("copied.db")).unwrap();
    let [backup, restore] = &blocks("sh", "Backup and restore")[..] else { panic!("two blocks") };
    succeed(folder.path(), backup);
    drop(reader);
    // A crash leaves a write-ahead log.
    app.sql("DELETE FROM Incidents");
    app.stop(Signal::SIGKILL);

    for backup in ["backup.db", "compact.db", "copied.db"] {
        succeed(folder.path(), &restore.replace("backup.db", backup));
        let app = start(folder.path(), false);
        // A copy of the database file does not have the latest rows, which are in the write-ahead log.
        assert_eq!(app.dashboard().text() == expected, backup != "copied.db", "{backup}");
        app.stop(Signal::SIGKILL);
    }
}
