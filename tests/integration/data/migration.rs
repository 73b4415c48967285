//! Applying `migrations.sql`, once and again.

use rusqlite::Connection;

use super::{MIGRATIONS, OLDER, assert_matches_the_tables, dump, empty, migrated, number, texts};

#[test]
fn the_sample_has_forty_customers_and_about_a_hundred_incidents() {
    let database = migrated();
    assert_eq!(number(&database, "SELECT count(*) FROM Customers"), 40);
    assert!((95..=110).contains(&number(&database, "SELECT count(*) FROM Incidents")));
    assert_eq!(number(&database, "SELECT count(*) > 0 FROM Customers WHERE Name LIKE '%''%'"), 1);
    assert_eq!(
        number(
            &database,
            "SELECT count(*) > 3 FROM Customers WHERE length(Name) < length(CAST(Name AS BLOB))"
        ),
        1
    );
    assert_eq!(
        number(
            &database,
            "SELECT count(*) FROM Incidents WHERE CustomerName NOT IN (SELECT Name FROM Customers)"
        ),
        1
    );
    assert_eq!(number(&database, "SELECT count(DISTINCT typeof(Amount)) FROM Incidents"), 2);
    assert_matches_the_tables(&database);
}

#[test]
fn a_second_run_changes_nothing() {
    let database = migrated();
    let first = dump(&database);
    database.execute_batch(MIGRATIONS).unwrap();
    assert!(dump(&database) == first);
}

#[test]
fn sample_rows_go_in_only_where_both_tables_are_empty() {
    let customer = "INSERT INTO Customers VALUES ('a', 'b', 'c', 'd', 1);";
    let incident = "INSERT INTO Incidents VALUES ('a', 1, 'b', 'c');";
    for (rows, customers, incidents) in [(customer, 1, 0), (incident, 0, 1), ("", 40, 102)] {
        for tables in [OLDER, ""] {
            let database = if tables.is_empty() { empty() } else { Connection::open_in_memory().unwrap() };
            database.execute_batch(&[tables, rows].concat()).unwrap();
            database.execute_batch(MIGRATIONS).unwrap();
            assert_eq!(number(&database, "SELECT count(*) FROM Customers"), customers, "{rows}");
            assert_eq!(number(&database, "SELECT count(*) FROM Incidents"), incidents, "{rows}");
            assert_matches_the_tables(&database);
        }
    }
}

#[test]
fn no_run_touches_a_row_that_somebody_has_put_there() {
    let database = migrated();
    database
        .execute_batch(
            "UPDATE Customers SET Scoring = -5, City = 'Elsewhere';
             DELETE FROM Incidents WHERE rowid % 2;
             UPDATE Incidents SET Amount = Amount * 1.5;",
        )
        .unwrap();
    let before = dump(&database);
    database.execute_batch(MIGRATIONS).unwrap();
    assert!(dump(&database) == before);
}

/// What the migration begins with waits for others that write, and nothing is read before.
#[test]
fn a_run_begins_with_the_lock_that_it_needs() {
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
fn a_table_that_was_dropped_and_made_again_is_counted_anew_by_the_next_run() {
    let database = migrated();
    database
        .execute_batch(
            "DROP TABLE Incidents;
             CREATE TABLE Incidents (Id PRIMARY KEY, Amount NUMERIC, CustomerName, Category);
             INSERT INTO Incidents VALUES ('a', 1.5, 'New', 'x');
             DROP TABLE Customers;",
        )
        .unwrap();
    assert!(texts(&database, "SELECT 'current' FROM IncidentTotalsAreCurrent").is_empty());
    assert!(texts(&database, "SELECT 'current' FROM CurrentCustomerCount").is_empty());
    database.execute_batch(MIGRATIONS).unwrap();
    assert_matches_the_tables(&database);
    assert_eq!(texts(&database, "SELECT CustomerName FROM IncidentTotals"), ["New"]);
}

/// Whichever part is missing, nobody is told what may be behind, and the next run mends it: that of the
/// table whose part it was, and only that.
#[test]
fn the_next_run_mends_what_lacks_a_part() {
    let triggers = "SELECT name FROM sqlite_schema
        WHERE type = 'trigger' AND tbl_name IN ('Customers', 'Incidents', 'IncidentTotals')";
    let names = texts(&migrated(), triggers);
    assert_eq!(names.len(), 18);
    for name in names {
        let database = migrated();
        database.execute_batch(&format!("DROP TRIGGER {name}")).unwrap();
        let customers = texts(&database, "SELECT 'current' FROM CurrentCustomerCount").len();
        let incidents = texts(&database, "SELECT 'current' FROM IncidentTotalsAreCurrent").len();
        assert_eq!((customers, incidents), if name.starts_with('C') { (0, 1) } else { (1, 0) }, "{name}");
        database
            .execute_batch(
                "DELETE FROM Customers WHERE Scoring = 9; DELETE FROM Incidents WHERE rowid % 2;
                 REPLACE INTO Customers SELECT * FROM Customers; UPDATE Incidents SET Amount = Amount + 0.1;
                 REPLACE INTO Incidents SELECT Id, -Amount, CustomerName, Category FROM Incidents;
                 UPDATE OR REPLACE Customers SET rowid = rowid + 1;
                 UPDATE OR REPLACE Incidents SET rowid = rowid + 1;",
            )
            .unwrap();
        database.execute_batch(MIGRATIONS).unwrap();
        assert_matches_the_tables(&database);
    }
    for part in [
        "TABLE CustomerCount",
        "TABLE IncidentTotals",
        "VIEW CurrentCustomerCount",
        "VIEW Limbs",
        "VIEW IncidentTotalsAreCurrent",
        "VIEW IncidentCounting",
        "INDEX CustomersById",
        "TABLE DisplacedIncidents",
    ] {
        let database = migrated();
        let before = dump(&database);
        database.execute_batch(&format!("DROP {part}")).unwrap();
        database.execute_batch(MIGRATIONS).unwrap();
        assert_matches_the_tables(&database);
        assert!(dump(&database) == before, "{part}");
    }
}

#[test]
fn the_case_of_a_table_is_nobodys_business() {
    let database = empty();
    for table in ["Customers", "Incidents", "IncidentTotals"] {
        let lower = table.to_lowercase();
        let rename = format!("ALTER TABLE {table} RENAME TO Other; ALTER TABLE Other RENAME TO {lower}");
        database.execute_batch(&rename).unwrap();
        for view in ["CurrentCustomerCount", "IncidentTotalsAreCurrent"] {
            let rows = texts(&database, &format!("SELECT 'current' FROM {view}")).len();
            assert_eq!(rows, 1, "{view} after {lower}");
        }
    }
    database.execute_batch(MIGRATIONS).unwrap();
}

#[test]
fn a_unique_index_could_replace_rows_unseen() {
    for (table, column) in [("Customers", "Name"), ("Incidents", "Category")] {
        let database = empty();
        database.execute_batch(&format!("CREATE UNIQUE INDEX Mine ON {table} ({column})")).unwrap();
        let customers = texts(&database, "SELECT 'current' FROM CurrentCustomerCount").len();
        let incidents = texts(&database, "SELECT 'current' FROM IncidentTotalsAreCurrent").len();
        assert_eq!((customers, incidents), if table == "Customers" { (0, 1) } else { (1, 0) });
        let error = database.execute_batch(MIGRATIONS).unwrap_err().to_string();
        assert!(error.contains(&format!("{table} has the unique index Mine")), "{error}");
    }
}
