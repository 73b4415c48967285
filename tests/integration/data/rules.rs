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
    "''",
    "x'31'",
    "9e999",
    "-9e999",
    "1e11",
    "-1e11",
    "100000000000",
    "9223372036854775807",
    "-9223372036854775808",
    "0.00001",
    "12.34567",
    "1.0 / 3",
    "99999999999.99999",
    "1e-300",
];
const SCORINGS: &[&str] = &["5.5", "'five'", "''", "x'35'", "9e999", "9223372036854775808"];

/// Values that break the rule of a column.
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

/// The values of a row, one of them replaced.
pub fn row(number: usize, place: &str, value: &str) -> String {
    let (table, column) = place.split_once('.').unwrap();
    let id = format!("'{}'", id(number));
    let columns: &[(&str, &str)] = match table {
        "Customers" => &[("Id", &id), ("Name", "'n'"), ("City", "'c'"), ("Country", "'d'"), ("Scoring", "1")],
        _ => &[("Id", &id), ("Amount", "1"), ("CustomerName", "'n'"), ("Category", "'c'")],
    };
    let value =
        |(name, usual): &(&str, &str)| if *name == column { value.to_owned() } else { (*usual).to_owned() };
    format!("({})", columns.iter().map(value).collect::<Vec<_>>().join(", "))
}

/// Each value that breaks a rule, `NULL` included, with its place.
pub fn rejected() -> impl Iterator<Item = (&'static str, &'static str)> {
    REJECTED
        .into_iter()
        .flat_map(|(place, values)| values.iter().chain(&["NULL"]).map(move |value| (place, *value)))
}

#[test]
fn no_statement_writes_a_row_that_cannot_be_shown() {
    for database in Database::all_without_rows() {
        for table in ["Customers.", "Incidents."] {
            let rows = [row(1, table, ""), row(2, table, "")].join(", ");
            database.script(&format!("INSERT INTO {} VALUES {rows}", table.trim_end_matches('.')));
        }
        let before = database.dump();
        for (place, value) in rejected() {
            let (table, column) = place.split_once('.').unwrap();
            // SQLite ignores a NULL where a column is NOT NULL.
            let conflicts =
                CONFLICTS.into_iter().filter(|clause| value != "NULL" || !clause.ends_with("IGNORE"));
            for conflict in conflicts {
                let insert = format!("INSERT{conflict} INTO {table} VALUES {}", row(4, place, value));
                let update = format!("UPDATE{conflict} {table} SET {column} = {value} WHERE rowid = 2");
                for sql in [insert, update] {
                    let message = database.query(&sql, &[]).expect_err(&sql);
                    assert!(message.contains(place), "{sql}: {message}");
                }
            }
            // The first row of a statement does not stay either.
            let good = row(3, &format!("{table}."), "");
            let two = format!("INSERT INTO {table} VALUES {good}, {}", row(4, place, value));
            database.query(&two, &[]).expect_err(&two);
        }
        assert_eq!(database.dump(), before);
    }
}

#[test]
fn the_limits_of_the_rules_are_accepted() {
    for database in Database::all_without_rows() {
        let accepted: [(&str, &[&str]); 4] = [
            (
                "Customers.Name",
                &["''", "substr(hex(zeroblob(500)), 1)", "'a' || char(0)", "CAST(x'fc' AS TEXT)", "3.5"],
            ),
            ("Customers.Scoring", &["'5'", "5.0", "9223372036854775807", "-9223372036854775808"]),
            (
                "Incidents.Amount",
                &["'12'", "'1e3'", "-0.0", "99999999999.9999", "-99999999999.9999", "0.0001", "0.3"],
            ),
            ("Incidents.CustomerName", &["printf('%.*c', 1000, 'ß')"]),
        ];
        for (number, (place, value)) in accepted
            .iter()
            .flat_map(|(place, values)| values.iter().map(move |value| (place, value)))
            .enumerate()
        {
            let table = place.split('.').next().unwrap();
            database.script(&format!("INSERT INTO {table} VALUES {}", row(number, place, value)));
        }
        database.script(&format!("UPDATE Customers SET Id = '{}' WHERE rowid = 1", id(0xAF).to_uppercase()));
        database.assert_summaries("the limits");
    }
}

#[test]
fn a_null_is_left_to_the_column_so_that_an_upsert_of_an_existing_id_is_ignored() {
    for database in Database::all_without_rows() {
        database.script(&format!("INSERT INTO Customers VALUES {}", row(1, "Customers.", "")));
        database.script(&format!("INSERT OR IGNORE INTO Customers (Id) VALUES ('{}')", id(1)));
        database.script(&format!("INSERT OR IGNORE INTO Incidents (Id) VALUES ('{}')", id(2)));
        assert_eq!(database.number("SELECT count(*) FROM Customers"), 1);
        assert_eq!(database.number("SELECT count(*) FROM Incidents"), 0);
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
        database.assert_summaries("9,000 incidents");
        let before = database.dump();
        for conflict in CONFLICTS {
            let values =
                [row(9001, "Incidents.Amount", "0.5"), row(9002, "Incidents.Amount", "0.5")].join(", ");
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
