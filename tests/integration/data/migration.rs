//! Applying `migrations.sql`, once and again.

use std::time::Duration;

use rusqlite::Connection;

use super::{Database, MIGRATIONS};

#[test]
fn another_run_changes_nothing() {
    for database in Database::all_migrated() {
        database
            .script("UPDATE Customers SET City = 'Elsewhere'; UPDATE Incidents SET Amount = Amount + 0.5");
        let before = database.dump();
        database.script(MIGRATIONS);
        assert!(database.dump() == before);
    }
}

#[test]
fn sample_rows_are_inserted_only_if_both_tables_are_empty() {
    for (place, counts) in [("", [40, 102]), ("Customers.", [1, 0]), ("Incidents.", [0, 1])] {
        for database in Database::all_without_rows() {
            if !place.is_empty() {
                database.insert(1, place, "");
            }
            database.script(MIGRATIONS);
            assert_eq!(["Customers", "Incidents"].map(|table| database.count(table)), counts, "{place}");
            database.assert_summaries(place);
        }
    }
}

/// The lock is taken before anything is read.
#[test]
fn a_run_is_one_transaction_that_begins_with_its_lock() {
    let directory = tempfile::tempdir().unwrap();
    let [other, database] = [(); 2].map(|()| Connection::open(directory.path().join("a.db")).unwrap());
    other.execute_batch("PRAGMA journal_mode = WAL; BEGIN IMMEDIATE").unwrap();
    database.busy_timeout(Duration::ZERO).unwrap();
    assert!(database.execute_batch(MIGRATIONS).unwrap_err().to_string().contains("locked"));
    assert!(database.is_autocommit(), "a transaction was begun without the lock");
}

#[test]
fn the_next_run_repairs_wrong_summaries() {
    let new = Database::sqlite();
    new.script(MIGRATIONS);
    let names = "SELECT name FROM sqlite_master ORDER BY name";
    for damage in [
        // Leftovers of a dump.
        "INSERT INTO ReplacedIncidents VALUES ('a', 'b', 1); INSERT INTO ReplacedCustomers VALUES ('a')",
        // `sqldiff` of a database with one more customer writes the count, then the row.
        "UPDATE CustomerCount SET Count = Count + 1;
         INSERT INTO Customers VALUES ('00000000-0000-4000-8000-000000000000', 'n', 'c', 'd', 1)",
        // Rows changed without triggers.
        "DROP TRIGGER incidents_after_insert; DROP TRIGGER incidents_after_delete;
         DROP TRIGGER customers_after_delete; DROP TRIGGER incidents_after_update;
         DELETE FROM Customers WHERE Scoring = 9; DELETE FROM Incidents WHERE rowid % 2;
         UPDATE Incidents SET Amount = Amount + 0.1",
        "UPDATE IncidentTotals SET Volume = 7, Count = 0; UPDATE CustomerCount SET Count = -1;
         INSERT INTO IncidentTotals VALUES ('none', 1, 1); INSERT INTO CustomerCount VALUES (3)",
        "DELETE FROM IncidentTotals; DELETE FROM CustomerCount",
        "DROP TABLE IncidentTotals; DROP TABLE CustomerCount; DROP TABLE ReplacedIncidents; DROP VIEW RowCheck;
         DROP VIEW IncidentCounting; DROP VIEW RuleViolations",
        "DROP TABLE Incidents; DROP TABLE Customers; DROP INDEX IncidentTotalsByVolume",
    ] {
        for database in Database::all_migrated() {
            database.script(damage);
            database.script(MIGRATIONS);
            database.assert_summaries(damage);
            assert_eq!(database.texts(names), new.texts(names), "{damage}");
            database.script(
                "DELETE FROM Incidents WHERE rowid % 3; REPLACE INTO Customers SELECT * FROM Customers",
            );
            database.assert_summaries(damage);
        }
    }
}
