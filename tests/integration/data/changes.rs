//! Changes that made the summaries of earlier versions wrong. `random` has the statements that need no preparation.

use rusqlite::StatementStatus;

use super::rules::insert;
use super::{Database, MIGRATIONS, id};

#[test]
fn notes_of_rows_that_were_not_replaced_survive_a_dump_without_effect() {
    for database in Database::all_migrated() {
        database.script(
            "REPLACE INTO Incidents SELECT * FROM Incidents;
             INSERT INTO Incidents SELECT * FROM Incidents WHERE true ON CONFLICT DO NOTHING;
             INSERT INTO Incidents SELECT * FROM Incidents WHERE true
             ON CONFLICT (Id) DO UPDATE SET Category = excluded.Category;
             INSERT INTO Customers SELECT * FROM Customers WHERE true ON CONFLICT DO NOTHING;",
        );
        database.assert_summaries("upserts that do nothing");
        assert!(database.count("ReplacedIncidents") > 0, "no note to test with");

        // Without its keys, `.dump` renumbers the rows.
        database.script(
            "CREATE TABLE Loaded AS SELECT * FROM Incidents ORDER BY Id;
             CREATE TABLE Notes AS SELECT * FROM ReplacedIncidents;
             DELETE FROM Incidents; INSERT INTO Incidents SELECT * FROM Loaded;
             DELETE FROM ReplacedIncidents; INSERT INTO ReplacedIncidents SELECT * FROM Notes;",
        );
        database.insert(1, "Incidents.", "");
        database.assert_summaries("one insert into the copy");
    }
}

/// Otherwise a load of n rows takes n² steps.
#[test]
fn the_steps_of_a_statement_do_not_grow_with_the_table() {
    let steps = |rows: usize| -> Vec<i32> {
        let Database::Sqlite(connection) = Database::sqlite() else { unreachable!() };
        let load = format!(
            "{MIGRATIONS} DELETE FROM Incidents; DELETE FROM Customers;
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
             INSERT INTO Customers SELECT printf('%08x-0000-4000-8000-000000000000', i), i, 'c', 'd', 1 FROM n;
             INSERT INTO Incidents SELECT Id, 1, Name, 'c' FROM Customers"
        );
        connection.execute_batch(&load).unwrap();
        let statements = ["Customers", "Incidents"].into_iter().flat_map(|table| {
            [
                insert(0x00ff_ffff, &format!("{table}."), ""),
                insert(1, &format!("{table}."), "").replace("INSERT", "REPLACE"),
                format!("UPDATE {table} SET Id = '{}' WHERE rowid = 2", id(0x00ff_fffe)),
                format!("DELETE FROM {table} WHERE rowid = 3"),
            ]
        });
        let run = |sql: String| {
            let mut statement = connection.prepare(&sql).unwrap();
            statement.execute([]).unwrap();
            statement.get_status(StatementStatus::VmStep)
        };
        statements.map(run).collect()
    };
    let (few, many) = (steps(10), steps(2000));
    assert!(few.iter().zip(&many).all(|(few, many)| *many < few + 100), "{few:?} and {many:?}");
}
