//! What has made the dashboard lie before, on SQLite and on libSQL.

use customers_service::customers;
use incidents_service::incidents;
use rusqlite::types::Value::{self, Integer, Real, Text};

use crate::libsql::{Engines, MIGRATIONS};

fn empty() -> Engines {
    let mut engines = Engines::new();
    engines.script("DELETE FROM Incidents; DELETE FROM Customers");
    engines
}

/// The only value of a statement's only row, the same on both.
fn json(engines: &mut Engines, sql: &str, parameters: &[Value]) -> String {
    let rows = engines.run(sql, parameters).unwrap();
    rows[0][0].strip_prefix("text ").unwrap().to_owned()
}

fn summary(engines: &mut Engines) -> String {
    json(engines, incidents::SUMMARY, &[Integer(5)])
}

fn volumes(volume: &str) -> String {
    format!(r#""highestVolume":[{{"customerName":"x","incidentVolume":{volume}}}]}}"#)
}

/// Both refuse a statement, with this message.
fn refused(engines: &mut Engines, sql: &str, message: &str) {
    for error in engines.failing_script(sql) {
        assert!(error.contains(message), "{sql}: {error}");
    }
}

#[test]
fn an_amount_is_a_number_below_ten_to_the_fifteenth() {
    let mut engines = empty();
    let message = "Incidents.Amount has to be a number below 10^15 in size";
    engines.script("INSERT INTO Incidents VALUES ('a', 100, 'x', 'y')");
    for amount in ["1e20", "9e999", "-9e999", "1e15", "NULL", "'many'", "x'31'"] {
        refused(&mut engines, &format!("INSERT INTO Incidents VALUES ('b', {amount}, 'x', 'y')"), message);
        refused(
            &mut engines,
            &format!("INSERT OR IGNORE INTO Incidents VALUES ('b', {amount}, 'x', 'y')"),
            message,
        );
        refused(&mut engines, &format!("REPLACE INTO Incidents VALUES ('a', {amount}, 'x', 'y')"), message);
        refused(&mut engines, &format!("UPDATE Incidents SET Amount = {amount}"), message);
    }
    engines.script("INSERT INTO Incidents VALUES ('b', 10, 'x', 'y')");
    assert!(summary(&mut engines).ends_with(&volumes("110")));
}

#[test]
fn a_text_is_a_text_and_a_scoring_an_integer() {
    let mut engines = empty();
    for (row, message) in [
        ("Incidents VALUES ('b', 1, x'78', 'y')", "Incidents.CustomerName has to be text"),
        ("Incidents VALUES (x'78', 1, 'x', 'y')", "Incidents.Id has to be text"),
        ("Incidents VALUES ('b', 1, 'x', NULL)", "Incidents.Category has to be text"),
        ("Customers VALUES ('b', x'78', 'y', 'z', 1)", "Customers.Name has to be text"),
        ("Customers VALUES ('b', 'x', 'y', 'z', 1.5)", "Customers.Scoring has to be an integer"),
    ] {
        refused(&mut engines, &format!("INSERT INTO {row}"), message);
    }
}

#[test]
fn one_incident_of_a_tenth_less_than_nothing_is_that() {
    let mut engines = empty();
    engines.script("INSERT INTO Incidents VALUES ('a', -0.1, 'x', 'y')");
    assert!(summary(&mut engines).ends_with(&volumes("-0.1")));
    engines.script(
        "INSERT INTO Incidents VALUES ('b', 1e14, 'x', 'y'), ('c', -1e14, 'x', 'y'), ('d', 0.1, 'x', 'y')",
    );
    assert!(summary(&mut engines).ends_with(&volumes("0")));
}

#[test]
fn a_row_at_minus_one_is_counted_whatever_comes_after_it() {
    let mut engines = empty();
    engines.script(
        "INSERT INTO Customers (rowid, Id, Name, City, Country, Scoring) VALUES (-1, 'a', 'x', 'y', 'z', 1);
         INSERT INTO Customers VALUES ('b', 'x', 'y', 'z', 1); INSERT INTO Customers VALUES ('c', 'x', 'y', 'z', 1);
         INSERT INTO Incidents (rowid, Id, Amount, CustomerName, Category) VALUES (-1, 'a', 1, 'x', 'y');
         INSERT INTO Incidents VALUES ('b', 2, 'x', 'y'); INSERT INTO Incidents VALUES ('c', 4, 'x', 'y');",
    );
    assert_eq!(json(&mut engines, customers::COUNT, &[]), r#"{"count":3}"#);
    let expected =
        [r#"{"mostIncidents":[{"customerName":"x","numberOfIncidents":3}],"#, &volumes("7")].concat();
    assert_eq!(summary(&mut engines), expected);
}

#[test]
fn an_amount_has_the_same_digits_everywhere() {
    let mut engines = empty();
    engines.script("INSERT INTO Incidents VALUES ('a', 1234567890123.456, 'x', 'y')");
    let first = [Real(incidents::BEFORE_FIRST_ROW), Integer(1000)];
    let grouped = [Text(String::new()), Real(incidents::BEFORE_FIRST_ROW), Integer(1000)];
    for (sql, parameters) in [
        (incidents::ITEMS, &first[..]),
        (incidents::ITEM, &[Text("a".to_owned())]),
        (incidents::GROUPED_BY_CUSTOMER, &grouped),
        (incidents::SUMMARY, &[Integer(5)]),
    ] {
        // Of what needs more than 15 digits a statement gives the parts, and the service writes the number.
        let json = json(&mut engines, sql, parameters);
        assert!(json.contains(r#":"1234567890123 525795256495505408 0""#), "{json}");
    }
}

#[test]
fn a_table_under_another_name_stops_the_migration() {
    let mut engines = Engines::new();
    let before = engines.compare();
    engines.script("ALTER TABLE Incidents RENAME TO Elsewhere");
    let message = "the table Elsewhere has the index IncidentsById";
    refused(&mut engines, MIGRATIONS, message);
    engines.script("ROLLBACK; CREATE TABLE Incidents (Id TEXT PRIMARY KEY, Amount NUMERIC, CustomerName TEXT, Category TEXT)");
    refused(&mut engines, MIGRATIONS, message);
    engines.script("ROLLBACK; DROP TABLE Incidents; ALTER TABLE Elsewhere RENAME TO Incidents");
    engines.script(MIGRATIONS);
    assert_eq!(engines.compare(), before);
}

#[test]
fn an_older_row_that_cannot_be_shown_is_named() {
    let mut engines = Engines::new();
    engines.script(
        "DROP TABLE Incidents;
         CREATE TABLE Incidents (Id TEXT PRIMARY KEY, Amount NUMERIC, CustomerName TEXT, Category TEXT);
         INSERT INTO Incidents VALUES ('a', 1, 'x', 'y'), ('b', NULL, 'x', 'y');",
    );
    refused(
        &mut engines,
        MIGRATIONS,
        "Incidents.Amount has to be a number below 10^15 in size, and is not in the row with rowid 2",
    );
    engines.script("ROLLBACK; UPDATE Incidents SET Amount = 2 WHERE Id = 'b'");
    engines.script(MIGRATIONS);
    assert!(summary(&mut engines).ends_with(&volumes("3")));
}
