//! libSQL's own server, which keeps the database in a cluster. `data` runs the same tests on it and on SQLite.

mod app;

use harness::LibsqlServer;
use rusqlite::Connection;
use rusqlite::types::Value;

use crate::data::MIGRATIONS;

/// All rows, also those that no route shows.
pub const TABLES: [&str; 6] = [
    "SELECT rowid, * FROM Customers ORDER BY rowid",
    "SELECT rowid, * FROM Incidents ORDER BY rowid",
    "SELECT * FROM CustomerCount",
    "SELECT * FROM IncidentTotals",
    "SELECT * FROM ReplacedCustomers",
    "SELECT * FROM ReplacedIncidents",
];

#[test]
fn libsql_is_not_the_sqlite_of_the_tests() {
    let Some(server) = LibsqlServer::start() else { return };
    let vector = "SELECT vector('[1]') IS NOT NULL";
    assert_eq!(server.client().statement(vector, &[]), Ok(vec![vec![Value::Integer(1)]]));
    Connection::open_in_memory().unwrap().execute_batch(vector).unwrap_err();
}

/// The SQL that `migrations.sql` and the services must not use.
#[test]
fn libsql_rejects_some_statements_of_sqlite() {
    let Some(server) = LibsqlServer::start() else { return };
    for refused in [
        "SELECT group_concat(1, ',' ORDER BY 1)",
        "CREATE TEMP TABLE t (a)",
        "PRAGMA journal_mode = wal",
        "VACUUM",
    ] {
        Connection::open_in_memory().unwrap().execute_batch(refused).unwrap();
        let message = server.client().statement(refused, &[]).unwrap_err();
        assert!(message.starts_with("SQL string could not be parsed: "), "{message}");
    }
}

#[test]
fn rows_survive_a_kill_and_a_restart() {
    let Some(mut server) = LibsqlServer::start() else { return };
    let client = server.client();
    client.script(MIGRATIONS).unwrap();
    let before = client.statement(TABLES[1], &[]).unwrap();
    assert_eq!(before.len(), 102);
    server.kill();
    assert!(client.statement(TABLES[1], &[]).unwrap_err().starts_with("no answer"));
    server.start_again();
    assert_eq!(client.statement(TABLES[1], &[]), Ok(before));
}
