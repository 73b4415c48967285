//! A row that the app cannot show does not go in, and the message says why.

use super::{assert_matches_the_tables, dump, empty, number};

/// Each value that a column refuses, with the column that the message has to name.
const REFUSED: [(&str, &str, &[&str]); 9] = [
    ("Customers.Id", "(?, 'n', 'c', 'd', 1)", NO_TEXT),
    ("Customers.Name", "('new', ?, 'c', 'd', 1)", NO_TEXT),
    ("Customers.City", "('new', 'n', ?, 'd', 1)", NO_TEXT),
    ("Customers.Country", "('new', 'n', 'c', ?, 1)", NO_TEXT),
    (
        "Customers.Scoring",
        "('new', 'n', 'c', 'd', ?)",
        &["NULL", "5.5", "'5.5'", "'five'", "''", "x'35'", "9e999", "1e19", "9223372036854775808"],
    ),
    ("Incidents.Id", "(?, 1, 'n', 'c')", NO_TEXT),
    (
        "Incidents.Amount",
        "('new', ?, 'n', 'c')",
        &[
            "NULL",
            "'abc'",
            "''",
            "'12 '' '",
            "x'31'",
            "9e999",
            "-9e999",
            "1e15",
            "-1e15",
            "1e300",
            "1000000000000000",
            "-1000000000000000",
            "9223372036854775807",
            "-9223372036854775808",
            "'1e15'",
        ],
    ),
    ("Incidents.CustomerName", "('new', 1, ?, 'c')", NO_TEXT),
    ("Incidents.Category", "('new', 1, 'n', ?)", NO_TEXT),
];

const NO_TEXT: &[&str] = &["NULL", "x''", "x'6162'"];

/// What those statements of [`refused`] meet that change rows.
pub const ROWS: &str = "
    INSERT INTO Customers VALUES ('old', 'a', 'b', 'c', 1), ('other', 'a', 'b', 'c', 1);
    INSERT INTO Incidents VALUES ('old', 1, 'a', 'b'), ('other', 2, 'a', 'b');";

/// Each statement that would bring a row that cannot be shown, whatever it is to do about a conflict, or would
/// make one of [`ROWS`] such a row; with what it is told.
pub fn refused() -> Vec<(String, String)> {
    let mut statements = Vec::new();
    for (place, row, values) in REFUSED {
        let (table, column) = place.split_once('.').unwrap();
        for value in values {
            let bad = row.replace('?', value);
            let good =
                row.replace("'new'", "'good'").replace('?', if column == "Id" { "'good'" } else { "'7'" });
            for conflict in ["", "OR REPLACE", "OR IGNORE", "OR FAIL", "OR ABORT", "OR ROLLBACK"] {
                let message = format!("{place} has to be ");
                let insert = format!("INSERT {conflict} INTO {table} VALUES {good}, {bad}");
                statements.push((insert, message.clone()));
                let kept = format!("iif(Id = 'old', {column}, {value})");
                statements.push((format!("UPDATE {conflict} {table} SET {column} = {kept}"), message));
            }
        }
    }
    statements
}

#[test]
fn no_statement_brings_or_leaves_what_cannot_be_shown() {
    let database = empty();
    database.execute_batch(ROWS).unwrap();
    let before = dump(&database);
    for (sql, message) in refused() {
        let error = database.execute(&sql, ()).expect_err(&sql).to_string();
        assert!(error.starts_with(&message), "{sql}: {error}");
        assert!(dump(&database) == before, "{sql}");
    }
}

#[test]
fn what_the_columns_turn_into_something_that_can_be_shown_goes_in() {
    let database = empty();
    database
        .execute_batch(
            "INSERT INTO Customers VALUES (1, 2, 3.5, '', '5'), ('b', char(0) || 'x', 'c', 'd', 5.0),
                ('c', '', '', '', -9223372036854775808), ('d', '', '', '', 9223372036854775807);
             INSERT INTO Incidents VALUES (1, '12', 2, 3), ('b', '1e3', 'n', 'c'), ('c', 999999999999999, 'n', 'c'),
                ('d', -999999999999999.875, 'n', 'c'), ('e', 5e-324, 'n', 'c'), ('f', -0.0, char(0), 'c');",
        )
        .unwrap();
    assert_eq!(
        number(&database, "SELECT sum(Scoring = 5) FROM Customers WHERE typeof(Scoring) = 'integer'"),
        2
    );
    assert_eq!(number(&database, "SELECT Amount FROM Incidents WHERE Id = 'b'"), 1000);
    assert_matches_the_tables(&database);
}
