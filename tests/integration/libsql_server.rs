//! libSQL's own server, which keeps the database in a cluster: it does with `migrations.sql` and with every
//! statement of the services what SQLite does.

mod app;
mod both;

use harness::{Answer, LibsqlServer};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use crate::data::MIGRATIONS;

/// Everything that a statement leaves behind, also where no route shows it.
pub const TABLES: [&str; 7] = [
    "SELECT rowid, * FROM Customers ORDER BY rowid",
    "SELECT rowid, * FROM Incidents ORDER BY rowid",
    "SELECT * FROM CustomerCount",
    "SELECT *, IncidentVolume FROM IncidentTotals",
    "SELECT * FROM IncidentDust",
    "SELECT * FROM DisplacedCustomers",
    "SELECT * FROM DisplacedIncidents",
];

fn sqlite_answer(sqlite: &Connection, sql: &str, parameters: &[Value]) -> Answer {
    let rows = || {
        let mut statement = sqlite.prepare(sql)?;
        let columns = statement.column_count();
        let rows = statement.query_map(params_from_iter(parameters), |row| {
            (0..columns).map(|column| row.get(column)).collect::<rusqlite::Result<Vec<Value>>>()
        });
        rows?.collect::<rusqlite::Result<_>>()
    };
    rows().map_err(|error| match error {
        rusqlite::Error::SqlInputError { msg, .. } => msg,
        other => other.to_string(),
    })
}

#[test]
fn it_is_not_the_sqlite_of_the_tests() {
    let Some(server) = LibsqlServer::start() else { return };
    let vector = "SELECT vector('[1]') IS NOT NULL";
    assert_eq!(server.client().statement(vector, &[]), Ok(vec![vec![Value::Integer(1)]]));
    sqlite_answer(&Connection::open_in_memory().unwrap(), vector, &[]).unwrap_err();
}

/// Why `migrations.sql` and the services do without all of this.
#[test]
fn it_refuses_some_of_what_sqlite_does() {
    let Some(server) = LibsqlServer::start() else { return };
    for refused in [
        "SELECT group_concat(1, ',' ORDER BY 1)",
        "CREATE TEMP TABLE t (a)",
        "PRAGMA journal_mode = wal",
        "VACUUM",
    ] {
        sqlite_answer(&Connection::open_in_memory().unwrap(), refused, &[]).unwrap();
        let message = server.client().statement(refused, &[]).unwrap_err();
        assert!(message.starts_with("SQL string could not be parsed: "), "{message}");
    }
}

#[test]
fn values_come_back_as_they_were_sent() {
    let Some(server) = LibsqlServer::start() else { return };
    let client = server.client();
    let config = ProptestConfig { cases: 20, failure_persistence: None, ..ProptestConfig::default() };
    let reals = prop::collection::vec(any::<f64>(), 100);
    let others = (any::<i64>(), any::<String>(), any::<Vec<u8>>());
    let result = TestRunner::new(config).run(&(reals, others), |(reals, (integer, text, blob))| {
        let others = [Value::Null, Value::Integer(integer), Value::Text(text), Value::Blob(blob)];
        let values: Vec<_> = reals.into_iter().map(Value::Real).chain(others).collect();
        let requests = values.iter().map(|value| ("SELECT ?1", std::slice::from_ref(value)));
        for (value, answer) in values.iter().zip(client.run(requests).unwrap()) {
            assert_eq!(format!("{:?}", answer.unwrap()), format!("[[{value:?}]]"));
        }
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn it_keeps_its_rows_when_it_is_killed_and_started_again() {
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
