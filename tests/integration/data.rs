//! What `migrations.sql` promises to people who load their own data.

use rusqlite::Connection;
use rusqlite::types::Value;

use crate::exact;

mod changes;
mod migration;
mod older;
mod plans;
mod refusals;
mod sums;

pub use changes::change;
pub use older::{older, unmendable};
pub use refusals::{ROWS, refused};

pub const MIGRATIONS: &str = include_str!("../../migrations.sql");

fn migrated() -> Connection {
    let database = Connection::open_in_memory().unwrap();
    database.execute_batch(MIGRATIONS).unwrap();
    database
}

fn empty() -> Connection {
    let database = migrated();
    database.execute_batch("DELETE FROM Incidents; DELETE FROM Customers").unwrap();
    database
}

fn number(database: &Connection, sql: &str) -> i64 {
    database.query_row(sql, [], |row| row.get(0)).unwrap_or_else(|error| panic!("{error}: {sql}"))
}

fn texts(database: &Connection, sql: &str) -> Vec<String> {
    let mut statement = database.prepare(sql).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

/// Everything in a database, schema and rows, as text.
fn dump(database: &Connection) -> Vec<String> {
    let mut dump = texts(database, "SELECT quote(sql) FROM sqlite_schema ORDER BY type, name");
    for table in texts(database, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name") {
        let columns = texts(database, &format!("SELECT name FROM pragma_table_xinfo('{table}')"));
        let columns =
            columns.iter().map(|column| format!("quote({column})")).collect::<Vec<_>>().join(" || ',' || ");
        dump.extend(texts(database, &format!("SELECT {columns} FROM {table}")));
    }
    dump
}

/// The tables as the first versions of the app made them, and nothing else.
const OLDER: &str = "
    CREATE TABLE Customers (Id TEXT PRIMARY KEY, Name TEXT, City TEXT, Country TEXT, Scoring INTEGER);
    CREATE TABLE Incidents (Id TEXT PRIMARY KEY, Amount NUMERIC, CustomerName TEXT, Category TEXT);";

fn float(value: Value) -> f64 {
    match value {
        Value::Integer(whole) => whole as f64,
        Value::Real(real) => real,
        other => panic!("{other:?} is no number"),
    }
}

/// The summaries say what the tables say: counts exactly, sums to one unit in the last place.
fn assert_matches_the_tables(database: &Connection) {
    assert_eq!(
        number(database, "SELECT NumberOfCustomers FROM CurrentCustomerCount"),
        number(database, "SELECT count(*) FROM Customers")
    );
    number(database, "SELECT Yes FROM IncidentTotalsAreCurrent");

    let mut amounts =
        database.prepare_cached("SELECT Amount FROM Incidents WHERE CustomerName = ?1").unwrap();
    let mut totals = database
        .prepare_cached("SELECT CustomerName, NumberOfIncidents, IncidentVolume FROM IncidentTotals")
        .unwrap();
    let mut rows = totals.query([]).unwrap();
    let mut customers = 0;
    while let Some(row) = rows.next().unwrap() {
        let (name, count, volume): (String, usize, Value) =
            (row.get(0).unwrap(), row.get(1).unwrap(), row.get(2).unwrap());
        let amounts: Vec<f64> =
            amounts.query_map([&name], |row| row.get(0).map(float)).unwrap().map(Result::unwrap).collect();
        assert_eq!(count, amounts.len(), "incidents of {name}");
        let (volume, sum) = (float(volume), exact::sum(amounts.iter().copied()));
        assert!(exact::ulps(volume, sum) <= 1, "{name} has {volume:e}, not {sum:e}, the sum of {amounts:?}");
        customers += 1;
    }
    assert_eq!(number(database, "SELECT count(DISTINCT CustomerName) FROM Incidents"), customers);
    let dust = "SELECT count(*) FROM IncidentDust LEFT JOIN IncidentTotals USING (CustomerName)
        WHERE Units = 0 OR Units NOT BETWEEN -(1 << 59) AND (1 << 59) - 1 OR Limb NOT BETWEEN 1 AND 17
            OR VolumeDust IS NULL";
    assert_eq!(number(database, dust), 0, "dust that is not carried over, or nobody's");
}
