//! The same statements on SQLite and on libSQL's server: what they answer, and what they leave behind, is the
//! same. The statements come from the services' own constants, so none can be forgotten. What `data/` holds
//! SQLite to goes for the server with that.

use customers_service::customers;
use harness::{Answer, Hrana, LibsqlServer};
use incidents_service::incidents;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use rusqlite::Connection;
use rusqlite::types::Value::{self, Integer, Real, Text};

use super::{TABLES, sqlite_answer};
use crate::data::{self, MIGRATIONS, change};
use crate::incidents::AMOUNTS;

type Statement = (&'static str, Vec<Value>);

struct Both {
    sqlite: Connection,
    libsql: Hrana,
}

impl Both {
    fn new(server: &LibsqlServer) -> Self {
        Self { sqlite: Connection::open_in_memory().unwrap(), libsql: server.client() }
    }

    fn migrated(server: &LibsqlServer) -> Self {
        let both = Self::new(server);
        both.script(MIGRATIONS);
        both
    }

    fn script(&self, sql: &str) {
        self.sqlite.execute_batch(sql).unwrap_or_else(|error| panic!("SQLite: {error}"));
        self.libsql.script(sql).unwrap_or_else(|error| panic!("libSQL: {error}"));
    }

    fn run<'a>(&self, statements: impl IntoIterator<Item = (&'a str, &'a [Value])>) -> Vec<Answer> {
        let statements: Vec<_> = statements.into_iter().collect();
        let answers = self.libsql.run(statements.iter().copied()).unwrap();
        for ((sql, parameters), libsql) in statements.into_iter().zip(&answers) {
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
        let (statements, tables) = (statements(), TABLES.map(|sql| (sql, Vec::new())));
        self.run(statements.iter().chain(&tables).map(|(sql, parameters)| (*sql, parameters.as_slice())))
    }
}

/// Every statement of the services with parameters as a service gives them: the first page, the pages
/// after it, one that does not exist.
fn statements() -> Vec<Statement> {
    let text = |text: &str| Text(text.to_owned());
    vec![
        (customers::ITEMS, vec![text(""), text(""), Integer(1000)]),
        (customers::ITEMS, vec![text("Jade Mountain Tea"), text("3"), Integer(7)]),
        (customers::ITEMS, vec![text("\u{10ffff}"), text(""), Integer(1000)]),
        (customers::ITEM, vec![text("C1")]),
        (customers::ITEM, vec![text("723745C8-7123-49D5-8EB6-074894A7F2BC")]),
        (customers::ITEM, vec![text("00000000-0000-0000-0000-000000000000")]),
        (customers::TOP, vec![Integer(i64::MAX), text(""), text(""), Integer(1000)]),
        (customers::TOP, vec![Integer(9), text("Hokkai Seafood"), text("6"), Integer(11)]),
        (customers::COUNT, vec![]),
        (customers::SUMMARY, vec![Integer(5)]),
        (incidents::ITEMS, vec![Real(incidents::BEFORE_FIRST_ROW), Integer(1000)]),
        (incidents::ITEMS, vec![Integer(17), Integer(10)]),
        (incidents::ITEM, vec![text("a1")]),
        (incidents::ITEM, vec![text("7E9BC135-5A6E-4A41-AFD2-995C86BB1F0F")]),
        (incidents::GROUPED_BY_CUSTOMER, vec![text(""), Real(incidents::BEFORE_FIRST_ROW), Integer(1000)]),
        (incidents::GROUPED_BY_CUSTOMER, vec![text("O'Malley Logistics"), Integer(44), Integer(9)]),
        (incidents::GROUPED_BY_CUSTOMER, vec![text("日本光学"), Integer(i64::MAX), Integer(1000)]),
        (incidents::SUMMARY, vec![Integer(5)]),
        (incidents::SUMMARY, vec![Integer(1000)]),
    ]
}

#[test]
fn every_statement_is_here() {
    for (name, sql) in customers::STATEMENTS.iter().chain(&incidents::STATEMENTS) {
        assert!(statements().iter().any(|(tested, _)| tested == sql), "{name} is not tested");
    }
}

#[test]
fn the_migration_and_its_second_run_leave_the_same() {
    let Some(server) = LibsqlServer::start() else { return };
    let both = Both::migrated(&server);
    let first = both.compare();
    assert!(first.iter().all(Result::is_ok), "{first:?}");
    assert_eq!(both.run([(TABLES[1], &[][..])])[0].as_ref().unwrap().len(), 102);
    both.script(MIGRATIONS);
    assert_eq!(both.compare(), first);
}

#[test]
fn an_older_database_gets_the_same_summaries() {
    for older in data::older() {
        let Some(server) = LibsqlServer::start() else { return };
        let both = Both::new(&server);
        both.script(&older);
        both.script(MIGRATIONS);
        assert!(both.compare().iter().all(Result::is_ok));
    }
}

#[test]
fn where_the_migration_cannot_do_its_work_it_says_the_same_and_leaves_everything_as_it_was() {
    let schema = [("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name", &[][..])];
    for (state, message) in data::unmendable() {
        let Some(server) = LibsqlServer::start() else { return };
        let both = Both::new(&server);
        both.script(&state);
        let before = (both.run(schema), both.compare());
        let refusals = [
            both.sqlite.execute_batch(MIGRATIONS).expect_err(&message).to_string(),
            both.libsql.script(MIGRATIONS).expect_err(&message),
        ];
        assert!(refusals.iter().all(|refusal| refusal.contains(&message)), "{message}: {refusals:?}");
        both.sqlite.execute_batch("ROLLBACK").unwrap(); // on the server it ends with the connection
        assert_eq!((both.run(schema), both.compare()), before, "{message}");
    }
}

#[test]
fn no_statement_brings_or_leaves_what_cannot_be_shown() {
    let Some(server) = LibsqlServer::start() else { return };
    let both = Both::migrated(&server);
    both.script("DELETE FROM Incidents; DELETE FROM Customers");
    both.script(data::ROWS);
    let before = both.compare();
    let refused = data::refused();
    for answer in both.run(refused.iter().map(|(sql, _)| (sql.as_str(), &[][..]))) {
        answer.unwrap_err();
    }
    assert_eq!(both.compare(), before);
}

#[test]
fn amounts_have_the_same_digits() {
    let Some(server) = LibsqlServer::start() else { return };
    let both = Both::migrated(&server);
    both.script("DELETE FROM Incidents");
    for (number, amount) in AMOUNTS.into_iter().enumerate() {
        let row = [Text(format!("a{number}")), Real(amount), Text(format!("{number:02}"))];
        both.run([("INSERT INTO Incidents VALUES (?1, ?2, ?3, 'x')", &row[..])]).remove(0).unwrap();
        both.compare();
    }
}

#[test]
fn rows_at_any_rowid_are_counted_the_same() {
    let Some(server) = LibsqlServer::start() else { return };
    let both = Both::migrated(&server);
    both.script(
        "INSERT INTO Customers (rowid, Id, Name, City, Country, Scoring) VALUES (-1, 'a', 'x', 'y', 'z', 1);
         INSERT INTO Customers VALUES ('b', 'x', 'y', 'z', 1); REPLACE INTO Customers VALUES ('a', 'x', 'y', 'z', 1);
         INSERT INTO Incidents (rowid, Id, Amount, CustomerName, Category) VALUES (-1, 'a', -0.1, 'x', 'y');
         INSERT INTO Incidents VALUES ('b', 2, 'x', 'y'); REPLACE INTO Incidents VALUES ('b', 4, 'x', 'y');",
    );
    both.compare();
}

#[test]
fn triggers_do_the_same() {
    let Some(server) = LibsqlServer::start() else { return };
    let both = Both::migrated(&server);
    let config = ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() };
    let result = TestRunner::new(config).run(&prop::collection::vec(change(), 1..40), |mut changes| {
        // After the largest rowid each engine picks the next one at random.
        let largest = Integer(i64::MAX);
        let parameters = changes.iter_mut().flat_map(|(_, parameters)| parameters);
        parameters.filter(|value| **value == largest).for_each(|value| *value = Integer(1 << 40));
        both.script("DELETE FROM Incidents; DELETE FROM Customers;");
        both.script(MIGRATIONS);
        // A statement may fail, such as an insert of an id that is there, but then on both.
        both.run(changes.iter().map(|(sql, parameters)| (*sql, parameters.as_slice())));
        both.compare();
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
}
