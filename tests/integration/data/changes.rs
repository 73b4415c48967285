//! Changes that made the summaries of earlier versions wrong.

use rusqlite::StatementStatus;

use super::rules::row;
use super::{Database, MIGRATIONS, id};

#[test]
fn notes_of_rows_that_were_not_replaced_survive_a_dump_without_effect() {
    for database in Database::all() {
        database.script(MIGRATIONS);
        database.script(
            "REPLACE INTO Incidents SELECT * FROM Incidents;
             INSERT INTO Incidents SELECT * FROM Incidents WHERE true ON CONFLICT DO NOTHING;
             INSERT INTO Incidents SELECT * FROM Incidents WHERE true
             ON CONFLICT (Id) DO UPDATE SET Category = excluded.Category;
             INSERT INTO Customers SELECT * FROM Customers WHERE true ON CONFLICT DO NOTHING;",
        );
        database.assert_summaries("upserts that do nothing");
        assert!(database.number("SELECT count(*) FROM ReplacedIncidents") > 0, "no note to test with");

        // Without its keys, `.dump` renumbers the rows.
        database.script(
            "CREATE TABLE Loaded AS SELECT * FROM Incidents ORDER BY Id;
             CREATE TABLE Notes AS SELECT * FROM ReplacedIncidents;
             DELETE FROM Incidents; INSERT INTO Incidents SELECT * FROM Loaded;
             DELETE FROM ReplacedIncidents; INSERT INTO ReplacedIncidents SELECT * FROM Notes;",
        );
        database.script(&format!("INSERT INTO Incidents VALUES {}", row(1, "Incidents.", "")));
        database.assert_summaries("one insert into the copy");
    }
}

#[test]
fn rows_at_any_rowid_are_counted() {
    let columns = [
        ("Customers", "rowid, Id, Name, City, Country, Scoring"),
        ("Incidents", "rowid, Id, Amount, CustomerName, Category"),
    ];
    let rowids = [-1, 0, 5, i64::MIN, i64::MAX];
    for database in Database::all_without_rows() {
        for (table, columns) in columns {
            let values = |rowid: i64, number| {
                row(number, &format!("{table}."), "").replacen('(', &format!("({rowid}, "), 1)
            };
            for (number, rowid) in rowids.into_iter().enumerate() {
                database.script(&format!("INSERT INTO {table} ({columns}) VALUES {}", values(rowid, number)));
            }
            for (rowid, number, rows) in [(-1, 1, 4), (5, 2, 4), (5, 9, 4), (7, 4, 4), (-1, 2, 4), (0, 8, 5)]
            {
                let sql = format!("REPLACE INTO {table} ({columns}) VALUES {}", values(rowid, number));
                database.script(&sql);
                database.assert_summaries(&sql);
                assert_eq!(database.number(&format!("SELECT count(*) FROM {table}")), rows, "{sql}");
            }
            // A trigger sees the rowid -1 if a row has none.
            database.script(&format!("REPLACE INTO {table} VALUES {}", row(10, &format!("{table}."), "")));
            database.assert_summaries("a row without a rowid");
        }
    }
}

#[test]
fn triggers_of_the_user_are_followed() {
    for database in Database::all_without_rows() {
        database.script(
            "CREATE TRIGGER Halved AFTER INSERT ON Incidents BEGIN
                UPDATE Incidents SET Amount = Amount / 2, CustomerName = 'halved' WHERE rowid = NEW.rowid;
             END;
             CREATE TRIGGER Bounded AFTER INSERT ON Incidents BEGIN
                DELETE FROM Incidents WHERE rowid < NEW.rowid - 2;
             END;",
        );
        for migrated_again in [false, true] {
            for number in [1, 2, 1, 3, 1, 4, 2, 2] {
                database.script(&format!("REPLACE INTO Incidents VALUES {}", row(number, "Incidents.", "")));
                database.assert_summaries(&format!("{number}, {migrated_again}"));
            }
            database.script(MIGRATIONS);
        }
    }
}

#[test]
fn a_sum_is_an_exact_decimal() {
    for database in Database::all_without_rows() {
        for number in 0..3 {
            database
                .script(&format!("INSERT INTO Incidents VALUES {}", row(number, "Incidents.Amount", "0.1")));
        }
        assert_eq!(database.number("SELECT Volume FROM IncidentTotals"), 3000);
        database.script(&format!("DELETE FROM Incidents WHERE Id <> '{}'", id(0)));
        assert_eq!(database.number("SELECT Volume FROM IncidentTotals"), 1000);
    }
}

/// Otherwise a load of n rows takes n² steps.
#[test]
fn the_steps_of_a_statement_do_not_grow_with_the_table() {
    let steps = |rows: usize| -> Vec<i32> {
        let Database::Sqlite(connection) = Database::sqlite() else { unreachable!() };
        connection.execute_batch(MIGRATIONS).unwrap();
        let load = format!(
            "DELETE FROM Incidents; DELETE FROM Customers;
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
             INSERT INTO Customers SELECT printf('%08x-0000-4000-8000-000000000000', i), i, 'c', 'd', 1 FROM n;
             INSERT INTO Incidents SELECT Id, 1, Name, 'c' FROM Customers"
        );
        connection.execute_batch(&load).unwrap();
        let mut statements = Vec::new();
        for table in ["Customers", "Incidents"] {
            let values = |number| row(number, &format!("{table}."), "");
            statements.push(format!("INSERT INTO {table} VALUES {}", values(0x00ff_ffff)));
            statements.push(format!("REPLACE INTO {table} VALUES {}", values(1)));
            statements.push(format!("UPDATE {table} SET Id = '{}' WHERE rowid = 2", id(0x00ff_fffe)));
            statements.push(format!("DELETE FROM {table} WHERE rowid = 3"));
        }
        let run = |sql: String| {
            let mut statement = connection.prepare(&sql).unwrap();
            statement.execute([]).unwrap();
            statement.get_status(StatementStatus::VmStep)
        };
        statements.into_iter().map(run).collect()
    };
    let (few, many) = (steps(10), steps(2000));
    assert!(few.iter().zip(&many).all(|(few, many)| *many < few + 100), "{few:?} and {many:?}");
}
