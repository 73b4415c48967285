//! A row that the app cannot show or fetch is rejected, and the message names table and column.

use super::random::CONFLICTS;
use super::{Database, MIGRATIONS, id};

const TEXTS: &[&str] = &[
    "x'6162'",
    "hex(zeroblob(501))",                    // 1002 characters
    "'a' || char(0) || hex(zeroblob(2000))", // more than that after a NUL
];
const IDS: &[&str] = &[
    "''",
    "'0f8fad5bd9cb469fa16570867728950e'",
    "'{0f8fad5b-d9cb-469f-a165-70867728950e}'",
    "'0f8fad5b-d9cb-469f-a165-70867728950e '",
    "'0f8fad5b-d9cb-469f-a165-70867728950g'",
    "'0f8fad5b-d9cb-469f-a165-708677289-0e'",
    "'0f8fad5b-d9cb-469f-a165-70867728950e' || char(0)",
    "CAST('0f8fad5b-d9cb-469f-a165-70867728950e' AS BLOB)",
    "7",
];
const AMOUNTS: &[&str] = &[
    "'many'",
    "x'31'",
    "9e999",
    "-9e999",
    "1e11",
    "-1e11",
    "9223372036854775807",
    "0.00001",
    "12.34567",
    "99999999999.99999",
];
const SCORINGS: &[&str] = &["5.5", "'five'", "''", "x'35'", "9e999", "9223372036854775808"];

/// Values that break the rule of a column. `NULL` does in every column.
const REJECTED: [(&str, &[&str]); 9] = [
    ("Customers.Id", IDS),
    ("Customers.Name", TEXTS),
    ("Customers.City", TEXTS),
    ("Customers.Country", TEXTS),
    ("Customers.Scoring", SCORINGS),
    ("Incidents.Id", IDS),
    ("Incidents.Amount", AMOUNTS),
    ("Incidents.CustomerName", TEXTS),
    ("Incidents.Category", TEXTS),
];

/// Each value that breaks a rule, with its place.
pub fn rejected() -> impl Iterator<Item = (&'static str, &'static str)> {
    let all =
        REJECTED.into_iter().flat_map(|(place, values)| values.iter().map(move |value| (place, *value)));
    all.chain(REJECTED.map(|(place, _)| (place, "NULL")))
}

/// The values of a row, one of them replaced.
pub fn row(number: usize, place: &str, value: &str) -> String {
    let (table, replaced) = place.split_once('.').unwrap();
    let id = format!("'{}'", id(number));
    let columns: &[(&str, &str)] = match table {
        "Customers" => &[("Id", &id), ("Name", "'n'"), ("City", "'c'"), ("Country", "'d'"), ("Scoring", "1")],
        _ => &[("Id", &id), ("Amount", "1"), ("CustomerName", "'n'"), ("Category", "'c'")],
    };
    let values = columns.iter().map(|(column, usual)| if *column == replaced { value } else { usual });
    format!("({})", values.collect::<Vec<_>>().join(", "))
}

/// The statement that inserts this row.
pub fn insert(number: usize, place: &str, value: &str) -> String {
    format!("INSERT INTO {} VALUES {}", place.split('.').next().unwrap(), row(number, place, value))
}

#[test]
fn every_column_has_a_rule() {
    let database = Database::sqlite();
    database.script(MIGRATIONS);
    let columns = harness::backends().iter().flat_map(|backend| {
        let table = backend.table;
        database.texts(&format!("SELECT '{table}.' || name FROM pragma_table_info('{table}')"))
    });
    assert_eq!(columns.collect::<Vec<_>>(), REJECTED.map(|(place, _)| place));
}

#[test]
fn no_statement_writes_a_row_that_cannot_be_shown() {
    for database in Database::all_without_rows() {
        for backend in harness::backends() {
            [1, 2].iter().for_each(|number| database.insert(*number, &format!("{}.", backend.table), ""));
        }
        let before = database.dump();
        for (place, value) in rejected() {
            let (table, column) = place.split_once('.').unwrap();
            let insert = insert(4, place, value);
            let update = format!("UPDATE {table} SET {column} = {value} WHERE rowid = 2");
            // SQLite ignores a NULL where a column is NOT NULL.
            let conflicts =
                CONFLICTS.into_iter().filter(|clause| value != "NULL" || !clause.ends_with("IGNORE"));
            let with = |clause, sql: &str| sql.replacen(' ', &format!("{clause} "), 1);
            for sql in conflicts.flat_map(|clause| [with(clause, &insert), with(clause, &update)]) {
                let message = database.query(&sql, &[]).expect_err(&sql);
                assert!(message.contains(place), "{sql}: {message}");
            }
            // The first row of a statement does not stay either.
            let good = row(3, &format!("{table}."), "");
            database.query(&insert.replace("VALUES", &format!("VALUES {good},")), &[]).expect_err(&insert);
        }
        assert_eq!(database.dump(), before);
    }
}

#[test]
fn the_limits_of_the_rules_are_accepted() {
    for database in Database::all_without_rows() {
        let accepted: [(&str, &[&str]); 4] = [
            ("Customers.Name", &["''", "hex(zeroblob(500))", "'a' || char(0)", "CAST(x'fc' AS TEXT)", "3.5"]),
            ("Customers.Scoring", &["'5'", "5.0", "9223372036854775807", "-9223372036854775808"]),
            (
                "Incidents.Amount",
                &["'1e3'", "-0.0", "99999999999.9999", "-99999999999.9999", "0.0001", "0.3"],
            ),
            ("Incidents.CustomerName", &["printf('%.*c', 1000, 'ß')"]),
        ];
        let accepted = accepted.iter().flat_map(|(place, values)| values.iter().map(move |v| (place, v)));
        accepted.enumerate().for_each(|(number, (place, value))| database.insert(number, place, value));
        database.script(&format!("UPDATE Customers SET Id = '{}' WHERE rowid = 1", id(0xAF).to_uppercase()));
        database.assert_summaries("the limits");
    }
}

#[test]
fn a_null_is_left_to_the_column_so_that_an_upsert_of_an_existing_id_is_ignored() {
    for database in Database::all_without_rows() {
        database.insert(1, "Customers.", "");
        database.script(&format!("INSERT OR IGNORE INTO Customers (Id) VALUES ('{}')", id(1)));
        database.script(&format!("INSERT OR IGNORE INTO Incidents (Id) VALUES ('{}')", id(2)));
        assert_eq!((database.count("Customers"), database.count("Incidents")), (1, 0));
        database.assert_summaries("OR IGNORE");
    }
}

#[test]
fn the_volume_of_a_customer_stays_below_its_limit() {
    for database in Database::all_without_rows() {
        // 9,000 incidents of nearly 10^11 are just below 9*10^14.
        database.script(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9000)
             INSERT INTO Incidents SELECT printf('%08x-0000-4000-8000-000000000000', i), 99999999999.9999, 'n', 'c'
             FROM n",
        );
        let before = database.dump();
        let values = [9001, 9002].map(|number| row(number, "Incidents.Amount", "0.5")).join(", ");
        for conflict in CONFLICTS {
            let message = database.query(&format!("INSERT{conflict} INTO Incidents VALUES {values}"), &[]);
            let message = message.expect_err(conflict);
            assert!(message.contains("Incidents.Amount"), "{message}");
        }
        assert!(database.dump() == before);
        database.script("UPDATE Incidents SET Amount = -Amount");
        database.assert_summaries("a change of sign");
        database.script(MIGRATIONS);
    }
}
