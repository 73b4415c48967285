//! Applying `migrations.sql`, once and again.

use rusqlite::Connection;

use super::rules::row;
use super::{Database, MIGRATIONS};

#[test]
fn the_sample_has_forty_customers_and_about_a_hundred_incidents() {
    for database in Database::all() {
        database.script(MIGRATIONS);
        assert_eq!(database.number("SELECT count(*) FROM Customers"), 40);
        assert!((95..=110).contains(&database.number("SELECT count(*) FROM Incidents")));
        database.assert_summaries("the migration");
    }
}

#[test]
fn another_run_changes_nothing() {
    for database in Database::all() {
        database.script(MIGRATIONS);
        database
            .script("UPDATE Customers SET City = 'Elsewhere'; UPDATE Incidents SET Amount = Amount + 0.5");
        let before = database.dump();
        database.script(MIGRATIONS);
        assert!(database.dump() == before);
    }
}

#[test]
fn sample_rows_are_inserted_only_if_both_tables_are_empty() {
    for (table, counts) in [("Customers", [1, 0]), ("Incidents", [0, 1]), ("", [40, 102])] {
        for database in Database::all_without_rows() {
            if !table.is_empty() {
                database.script(&format!("INSERT INTO {table} VALUES {}", row(1, &format!("{table}."), "")));
            }
            database.script(MIGRATIONS);
            let count = |table| database.number(&format!("SELECT count(*) FROM {table}"));
            assert_eq!(["Customers", "Incidents"].map(count), counts, "{table}");
            database.assert_summaries(table);
        }
    }
}

/// The lock is taken before anything is read.
#[test]
fn a_run_is_one_transaction_that_begins_with_its_lock() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("a.db");
    let other = Connection::open(&file).unwrap();
    other.execute_batch("PRAGMA journal_mode = WAL; BEGIN IMMEDIATE").unwrap();
    let database = Connection::open(&file).unwrap();
    database.busy_timeout(std::time::Duration::ZERO).unwrap();
    assert!(database.execute_batch(MIGRATIONS).unwrap_err().to_string().contains("locked"));
    assert!(database.is_autocommit(), "a transaction was begun without the lock");
}

#[test]
fn the_next_run_repairs_wrong_summaries() {
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
        "UPDATE IncidentTotals SET Volume = 7, Count = 0; UPDATE CustomerCount SET Count = -1",
        "INSERT INTO IncidentTotals VALUES ('none', 1, 1); INSERT INTO CustomerCount VALUES (3)",
        "DELETE FROM IncidentTotals; DELETE FROM CustomerCount",
        "DROP TABLE IncidentTotals; DROP TABLE CustomerCount; DROP TABLE ReplacedIncidents",
        "DROP VIEW IncidentCounting; DROP VIEW RowCheck; DROP VIEW RuleViolations; DROP INDEX IncidentTotalsByCount",
        "DROP TABLE Incidents; DROP TABLE Customers; DROP INDEX IncidentTotalsByVolume",
    ] {
        for database in Database::all() {
            database.script(MIGRATIONS);
            database.script(damage);
            database.script(MIGRATIONS);
            database.assert_summaries(damage);
            let healed = database.texts("SELECT name FROM sqlite_master ORDER BY name");
            database.script(
                "DELETE FROM Incidents WHERE rowid % 3; REPLACE INTO Customers SELECT * FROM Customers",
            );
            database.assert_summaries(damage);
            let new = Database::sqlite();
            new.script(MIGRATIONS);
            assert_eq!(healed, new.texts("SELECT name FROM sqlite_master ORDER BY name"), "{damage}");
        }
    }
}
