//! libSQL's own server, which keeps the database in a cluster: it does with `migrations.sql` and with every
//! statement of the services what SQLite does.

mod app;

use harness::{Answer, Hrana, LibsqlServer};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use crate::data::change;
use crate::libsql::{MIGRATIONS, TABLES, statements};

type Statement = (&'static str, Vec<Value>);

/// The same statements on both; what they answer has to be the same.
struct Both {
    sqlite: Connection,
    libsql: Hrana,
}

impl Both {
    fn new(server: &LibsqlServer) -> Self {
        let sqlite = Connection::open_in_memory().unwrap();
        let both = Self { sqlite, libsql: server.client() };
        both.script(MIGRATIONS);
        both
    }

    fn script(&self, sql: &str) {
        self.sqlite.execute_batch(sql).unwrap_or_else(|error| panic!("SQLite: {error}"));
        self.libsql.script(sql).unwrap_or_else(|error| panic!("libSQL: {error}"));
    }

    fn run(&self, statements: &[Statement]) -> Vec<Answer> {
        let requests = statements.iter().map(|(sql, parameters)| (*sql, parameters.as_slice()));
        let answers = self.libsql.run(requests).unwrap();
        for ((sql, parameters), libsql) in statements.iter().zip(&answers) {
            let sqlite = sqlite_answer(&self.sqlite, sql, parameters);
            // The text of a real names no other one, and tells 0.0 from -0.0.
            let same = match (&sqlite, libsql) {
                (Ok(sqlite), Ok(libsql)) => format!("{sqlite:?}") == format!("{libsql:?}"),
                (Err(sqlite), Err(libsql)) => libsql.contains(sqlite.as_str()),
                _ => false,
            };
            assert!(same, "SQLite: {sqlite:?}, libSQL: {libsql:?}, both of {sql} with {parameters:?}");
        }
        answers
    }

    /// Runs all that the services ask, and reads all tables.
    fn compare(&self) -> Vec<Answer> {
        self.run(&everything())
    }
}

fn everything() -> Vec<Statement> {
    statements().into_iter().chain(TABLES.map(|sql| (sql, Vec::new()))).collect()
}

fn sqlite_answer(sqlite: &Connection, sql: &str, parameters: &[Value]) -> Answer {
    let rows = || {
        let mut statement = sqlite.prepare(sql)?;
        let columns = statement.column_count();
        let rows = statement.query_map(params_from_iter(parameters), |row| {
            (0..columns).map(|column| row.get(column)).collect::<rusqlite::Result<Vec<Value>>>()
        });
        rows?.collect::<rusqlite::Result<_>>()
    };
    rows().map_err(|error| error.to_string())
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

#[test]
fn the_migration_and_its_second_run_leave_the_same_as_on_sqlite() {
    let Some(server) = LibsqlServer::start() else { return };
    let both = Both::new(&server);
    let first = both.compare();
    assert!(first.iter().all(Result::is_ok), "{first:?}");
    assert_eq!(both.run(&[(TABLES[1], Vec::new())])[0].as_ref().unwrap().len(), 102);
    both.script(MIGRATIONS);
    assert_eq!(both.compare(), first);
}

#[test]
fn an_older_database_gets_the_same_summaries_as_on_sqlite() {
    let Some(server) = LibsqlServer::start() else { return };
    let both = Both::new(&server);
    both.script(
        "DROP TABLE Incidents; DROP TABLE Customers;
         CREATE TABLE Customers (Id TEXT NOT NULL PRIMARY KEY, Name TEXT NOT NULL, City TEXT NOT NULL,
             Country TEXT NOT NULL, Scoring INTEGER NOT NULL);
         CREATE TABLE Incidents (Id TEXT NOT NULL PRIMARY KEY, Amount NUMERIC NOT NULL,
             CustomerName TEXT NOT NULL, Category TEXT NOT NULL);
         INSERT INTO Customers VALUES ('c1', 'O''Neill', 'Cork', 'Ireland', 3);
         INSERT INTO Incidents VALUES ('a1', 0.1, 'O''Neill', 'x'), ('a2', 0.2, 'O''Neill', 'x'),
             ('a3', 123456789012345, 'Ärzte', 'x'), ('a4', -1e14, 'Ärzte', 'x');",
    );
    both.script(MIGRATIONS);
    assert!(both.compare().iter().all(Result::is_ok));
}

#[test]
fn triggers_do_the_same_as_on_sqlite() {
    let Some(server) = LibsqlServer::start() else { return };
    let both = Both::new(&server);
    let config = ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() };
    let result = TestRunner::new(config).run(&prop::collection::vec(change(), 1..40), |mut changes| {
        // After the largest rowid each engine picks the next one at random.
        let largest = Value::Integer(i64::MAX);
        let parameters = changes.iter_mut().flat_map(|(_, parameters)| parameters);
        parameters.filter(|value| **value == largest).for_each(|value| *value = Value::Integer(1 << 40));
        both.script("DELETE FROM Incidents; DELETE FROM Customers;");
        both.script(MIGRATIONS);
        // A statement may fail, such as an insert of an id that is there, but then on both.
        both.run(&[changes, everything()].concat());
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
}
