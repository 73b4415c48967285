//! Databases that `migrations.sql` did not create: it upgrades them, or says what to fix and leaves them unchanged.

use super::rules::{insert, rejected, row};
use super::{Database, MIGRATIONS};

/// The tables as the first sample declared them, and with nothing around them.
const ORIGINAL: &str = "
    CREATE TABLE Customers (Id VARCHAR(36) PRIMARY KEY, Name TEXT, City TEXT, Country TEXT, Scoring INTEGER);
    CREATE TABLE Incidents (Id VARCHAR(36) PRIMARY KEY, Amount NUMERIC, CustomerName TEXT, Category INTEGER);";
const VERSION_1_0: &str = include_str!("version_1_0_0.sql");
const VERSION_1_1: &str = include_str!("version_1_1_0.sql");

const ROWS: &str = "
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
    INSERT INTO Incidents
    SELECT printf('%08X-0000-4000-8000-000000000000', i), i / 8.0, 'Customer ' || (i % 17), 'Fire' FROM n;
    INSERT INTO Customers SELECT Id, CustomerName, 'x', 'y', CAST(Amount AS INTEGER) FROM Incidents;";

#[test]
fn older_databases_are_upgraded() {
    let new = Database::sqlite();
    new.script(MIGRATIONS);
    let names = "SELECT type || name || tbl_name FROM sqlite_master ORDER BY 1";
    for version in [ORIGINAL, VERSION_1_0, VERSION_1_1] {
        for database in Database::all() {
            database.script(version);
            database.script(ROWS);
            let rows = ["SELECT rowid, * FROM Customers", "SELECT rowid, * FROM Incidents"];
            let before = rows.map(|sql| database.rows(sql));
            database.script(MIGRATIONS);
            assert!(rows.map(|sql| database.rows(sql)) == before);
            database.assert_summaries("the upgrade");
            assert_eq!(database.texts(names), new.texts(names));
            database.script(
                "DELETE FROM Incidents WHERE Amount > 10; REPLACE INTO Customers SELECT * FROM Customers",
            );
            database.assert_summaries("changes after the upgrade");
            // These tables have no NOT NULL, and the rule holds nevertheless.
            let error = database.try_script(&insert(5000, "Incidents.Amount", "NULL")).unwrap_err();
            assert!(error.contains("Incidents.Amount"), "{error}");
        }
    }
}

/// Versions with a change after which they cannot be upgraded, a part of the message, and what fixes it.
const REFUSED: [(&str, &str, &str, &str); 8] = [
    (
        ORIGINAL,
        "DROP TABLE Incidents; CREATE VIEW Incidents AS SELECT 1 AS Id",
        "Incidents has to be an ordinary table",
        "DROP VIEW Incidents",
    ),
    (
        ORIGINAL,
        "ALTER TABLE Customers DROP COLUMN Scoring",
        "Customers.Scoring is missing",
        "ALTER TABLE Customers ADD COLUMN Scoring INTEGER",
    ),
    (
        ORIGINAL,
        "DROP TABLE Customers; CREATE TABLE Customers (Id, Name, City, Country, Scoring)",
        "Customers.Id has to be the primary key",
        "DROP TABLE Customers",
    ),
    (
        ORIGINAL,
        "CREATE UNIQUE INDEX Mine ON Incidents (CustomerName)",
        "Incidents.Id has to be the primary key, and no other",
        "DROP INDEX Mine",
    ),
    (
        VERSION_1_0,
        "INSERT INTO Incidents VALUES ('00000001-0000-4000-8000-000000000000', 1e20, 'n', 'c')",
        "Incidents.Amount breaks its rule in the row with rowid 1",
        "DELETE FROM Incidents",
    ),
    (
        VERSION_1_1,
        "ALTER TABLE Incidents RENAME TO Elsewhere",
        "belongs to the table Elsewhere",
        "DROP TABLE Elsewhere",
    ),
    (
        MIGRATIONS,
        "ALTER TABLE Incidents RENAME TO Elsewhere",
        "belongs to the table Elsewhere",
        "DROP INDEX IncidentsById; DROP INDEX IncidentsByCustomer",
    ),
    (
        MIGRATIONS,
        "ALTER TABLE Customers RENAME TO Elsewhere",
        "belongs to the table Elsewhere",
        "ALTER TABLE Elsewhere RENAME TO Customers",
    ),
];

fn assert_refused(database: &Database, version: &str, change: &str, message: &str) {
    database.script(version);
    database.script(change);
    let before = database.dump();
    let error = database.try_script(MIGRATIONS).expect_err(message);
    assert!(error.contains(message), "{error} does not say: {message}");
    // A script on libSQL's server has a connection of its own.
    assert!(database.try_script("ROLLBACK").is_ok() || matches!(database, Database::Libsql { .. }));
    assert!(database.dump() == before, "{message}");
}

#[test]
fn a_database_that_cannot_be_upgraded_is_left_as_it_was_until_it_is_fixed() {
    for (version, change, message, fix) in REFUSED {
        for database in Database::all() {
            assert_refused(&database, version, change, message);
            database.script(fix);
            database.script(MIGRATIONS);
            database.insert(2, "Incidents.", "");
            database.assert_summaries(fix);
            let indexes = "sqlite_master WHERE tbl_name IN ('Customers', 'Incidents') AND name LIKE '%sBy%'";
            assert_eq!(database.count(indexes), 5, "{fix}");
        }
    }
}

#[test]
fn a_row_that_breaks_a_rule_is_not_upgraded_but_named() {
    for (place, value) in rejected() {
        let table = place.split('.').next().unwrap();
        let rows = format!("{}, {}", insert(1, &format!("{table}."), ""), row(2, place, value));
        let database = Database::sqlite();
        let message = format!("{place} breaks its rule in the row with rowid 2");
        assert_refused(&database, ORIGINAL, &rows, &message);

        // SQLite's shell continues after an error.
        let before = database.dump();
        let mut statements = Vec::<String>::new();
        for part in MIGRATIONS.split_inclusive(";\n") {
            match statements.last_mut() {
                Some(trigger) if part.starts_with("    ") || part.starts_with("END;") => {
                    trigger.push_str(part)
                }
                _ => statements.push(part.to_owned()),
            }
        }
        assert!(statements.iter().filter(|sql| database.try_script(sql).is_err()).count() > 0);
        assert!(database.dump() == before, "{message}, in a shell");
    }
}
