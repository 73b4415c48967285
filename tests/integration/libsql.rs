//! `migrations.sql` and every statement of the services, on libSQL's own engine beside SQLite: a cluster
//! runs them there. The statements come from the services' own constants, so none can be forgotten.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::LazyLock;

use proptest::prelude::*;
use rusqlite::types::Value::{self, Blob, Integer, Null, Real, Text};
use rusqlite::{Connection, params_from_iter};
use serde_json::json;

use customers_service::customers;
use incidents_service::incidents;

use crate::data::change;

pub const MIGRATIONS: &str = include_str!("../../migrations.sql");

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

/// The same statements on both engines; what they answer has to be the same.
pub struct Engines {
    sqlite: Connection,
    libsql: Libsql,
}

/// The rows of an answer, each value with its type, or that there is an error.
pub type Answer = Result<Vec<Vec<String>>, String>;

impl Engines {
    pub fn new() -> Self {
        let sqlite = Connection::open_in_memory().expect("memory is always there");
        let mut engines = Self { sqlite, libsql: Libsql::start() };
        engines.script(MIGRATIONS);
        engines
    }

    pub fn script(&mut self, sql: &str) {
        self.sqlite.execute_batch(sql).unwrap_or_else(|error| panic!("SQLite: {error}"));
        let answer = self.libsql.ask(&json!({ "script": sql }));
        answer.unwrap_or_else(|error| panic!("libSQL: {error}"));
    }

    /// Runs a script that has to fail, and says what both say of it.
    pub fn failing_script(&mut self, sql: &str) -> [String; 2] {
        let sqlite = self.sqlite.execute_batch(sql).expect_err(sql).to_string();
        let libsql = self.libsql.ask(&json!({ "script": sql })).expect_err(sql);
        [sqlite, libsql]
    }

    pub fn run(&mut self, sql: &str, parameters: &[Value]) -> Answer {
        let sqlite = sqlite_answer(&self.sqlite, sql, parameters);
        let parameters: Vec<String> = parameters.iter().map(text).collect();
        let libsql = self.libsql.ask(&json!({ "statement": [sql, parameters] }));
        if let (Ok(sqlite), Ok(libsql)) = (&sqlite, &libsql) {
            for (sqlite, libsql) in sqlite.iter().zip(libsql) {
                assert_eq!(libsql, sqlite, "libSQL and SQLite differ in {sql} with {parameters:?}");
            }
        }
        let rows = |answer: &Answer| answer.as_ref().map(Vec::len).map_err(|_| ());
        assert_eq!(rows(&libsql), rows(&sqlite), "libSQL: {libsql:?}, SQLite: {sqlite:?}, both of {sql}");
        libsql
    }

    /// Runs all that the services ask, and reads all tables.
    pub fn compare(&mut self) -> Vec<Answer> {
        let statements = statements().into_iter().chain(TABLES.map(|sql| (sql, Vec::new())));
        statements.map(|(sql, parameters)| self.run(sql, &parameters)).collect()
    }
}

fn sqlite_answer(sqlite: &Connection, sql: &str, parameters: &[Value]) -> Answer {
    let rows = || {
        let mut statement = sqlite.prepare(sql)?;
        let columns = statement.column_count();
        let rows = statement.query_map(params_from_iter(parameters), |row| {
            (0..columns).map(|column| row.get(column).map(|value| text(&value))).collect()
        });
        rows?.collect::<rusqlite::Result<_>>()
    };
    rows().map_err(|error| error.to_string())
}

/// As `tests/libsql` writes a value.
fn text(value: &Value) -> String {
    match value {
        Null => "null".to_owned(),
        Integer(integer) => format!("integer {integer}"),
        Real(real) => format!("real {real:?}"),
        Text(text) => format!("text {text}"),
        Blob(blob) => format!("blob {blob:?}"),
    }
}

/// libSQL's engine, in a process of its own (see `tests/libsql`).
struct Libsql {
    process: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Libsql {
    fn start() -> Self {
        static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| harness::program("libsql-engine"));
        let mut process = Command::new(&*PROGRAM)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the engine can be started");
        let requests = process.stdin.take().expect("stdin is piped");
        let answers = BufReader::new(process.stdout.take().expect("stdout is piped"));
        Self { process, requests, answers }
    }

    fn ask(&mut self, request: &serde_json::Value) -> Answer {
        writeln!(self.requests, "{request}").expect("the engine reads");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the engine answers");
        let answer: serde_json::Value = serde_json::from_str(&line).expect("an answer is JSON");
        match answer["error"].as_str() {
            Some(error) => Err(error.to_owned()),
            None => Ok(serde_json::from_value(answer["rows"].clone()).expect("rows of text")),
        }
    }
}

impl Drop for Libsql {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Every statement of the services with parameters as a service gives them: the first page, the pages
/// after it, one that does not exist.
pub fn statements() -> Vec<(&'static str, Vec<Value>)> {
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
fn the_engines_are_two() {
    let mut libsql = Libsql::start();
    let vector = "SELECT vector('[1]') IS NOT NULL";
    assert_eq!(libsql.ask(&json!({ "statement": [vector, []] })), Ok(vec![vec!["integer 1".to_owned()]]));
    sqlite_answer(&Connection::open_in_memory().unwrap(), vector, &[]).unwrap_err();
}

#[test]
fn what_the_server_of_libsql_cannot_read_is_noticed() {
    let mut libsql = Libsql::start();
    for refused in [
        "SELECT group_concat(1, ',' ORDER BY 1)",
        "CREATE TEMP TABLE t (a)",
        "PRAGMA journal_mode = wal",
        "VACUUM",
    ] {
        sqlite_answer(&Connection::open_in_memory().unwrap(), refused, &[]).unwrap();
        libsql.ask(&json!({ "statement": [refused, []] })).unwrap_err();
    }
}

#[test]
fn every_statement_is_here() {
    for (name, sql) in customers::STATEMENTS.iter().chain(&incidents::STATEMENTS) {
        assert!(statements().iter().any(|(tested, _)| tested == sql), "{name} is not tested");
    }
}

#[test]
fn the_migration_and_its_second_run_leave_the_same_on_both() {
    let mut engines = Engines::new();
    let first = engines.compare();
    assert!(first.iter().all(Result::is_ok), "{first:?}");
    assert_eq!(engines.run(TABLES[1], &[]).unwrap().len(), 102);
    engines.script(MIGRATIONS);
    assert_eq!(engines.compare(), first);
}

#[test]
fn an_older_database_gets_the_same_summaries_on_both() {
    let mut engines = Engines::new();
    engines.script(
        "DROP TABLE Incidents; DROP TABLE Customers;
         CREATE TABLE Customers (Id TEXT NOT NULL PRIMARY KEY, Name TEXT NOT NULL, City TEXT NOT NULL,
             Country TEXT NOT NULL, Scoring INTEGER NOT NULL);
         CREATE TABLE Incidents (Id TEXT NOT NULL PRIMARY KEY, Amount NUMERIC NOT NULL,
             CustomerName TEXT NOT NULL, Category TEXT NOT NULL);
         INSERT INTO Customers VALUES ('c1', 'O''Neill', 'Cork', 'Ireland', 3);
         INSERT INTO Incidents VALUES ('a1', 0.1, 'O''Neill', 'x'), ('a2', 0.2, 'O''Neill', 'x'),
             ('a3', 999999999999999, 'Ärzte', 'x'), ('a4', 1e-300, 'Ärzte', 'x');",
    );
    engines.script(MIGRATIONS);
    assert!(engines.compare().iter().all(Result::is_ok));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn triggers_do_the_same_on_both(changes in prop::collection::vec(change(), 1..40)) {
        let mut engines = Engines::new();
        for (sql, mut parameters) in changes {
            // After the largest rowid each engine picks the next one at random.
            parameters.iter_mut().filter(|value| **value == Integer(i64::MAX)).for_each(|value| *value = Integer(1 << 40));
            // A statement may fail, such as an insert of an id that is there, but then on both.
            let _ = engines.run(sql, &parameters);
        }
        engines.compare();
    }
}
