//! No statement can make the summaries say anything but what the tables say.

use std::sync::LazyLock;

use proptest::prelude::*;
use rusqlite::types::Value::{self, Integer, Real, Text};
use rusqlite::{Connection, ErrorCode};

use super::{assert_matches_the_tables, dump, empty, number};

/// Statements of every kind that changes rows. `?1` and `?2` are ids, `?3` and `?4` names, `?5` and `?6`
/// amounts, `?7` and `?8` rowids; `OR` stands for any conflict clause.
const STATEMENTS: [&str; 25] = [
    "INSERT OR INTO Incidents VALUES (?1, ?5, ?3, 'x')",
    "INSERT OR INTO Incidents VALUES (?1, ?5, ?3, 'x'), (?2, ?6, ?4, 'x'), (?1, ?6, ?3, 'y')",
    "INSERT OR INTO Incidents (rowid, Id, Amount, CustomerName, Category) VALUES (?7, ?1, ?5, ?3, 'x')",
    "INSERT OR INTO Incidents (rowid, Id, Amount, CustomerName, Category) VALUES (?7, ?1, ?5, ?3, 'x'), (?8, ?2, ?6, ?4, 'x'), (NULL, ?1, ?6, ?4, 'x')",
    "INSERT OR INTO Incidents (rowid, Id, Amount, CustomerName, Category) SELECT rowid + 1, Id, Amount, CustomerName, Category FROM Incidents",
    "INSERT OR INTO Incidents (rowid, Id, Amount, CustomerName, Category) SELECT ?7, ?2, Amount, CustomerName, Category FROM Incidents WHERE Id = ?1",
    "INSERT INTO Incidents VALUES (?1, ?5, ?3, 'x') ON CONFLICT (Id) DO UPDATE SET Amount = excluded.Amount, CustomerName = ?4",
    "INSERT OR INTO Incidents (rowid, Id, Amount, CustomerName, Category) VALUES (?7, ?1, ?5, ?3, 'x') ON CONFLICT (Id) DO UPDATE SET Amount = ?6, rowid = ?8",
    "INSERT INTO Incidents VALUES (?1, ?5, ?3, 'x'), (?2, ?6, ?4, 'x') ON CONFLICT DO NOTHING",
    "UPDATE OR Incidents SET Amount = Amount / 3 + ?5, CustomerName = ?3 WHERE Id IN (?1, ?2)",
    "UPDATE OR Incidents SET Amount = -Amount WHERE CustomerName = ?3",
    "UPDATE OR Incidents SET Category = 'z', CustomerName = upper(CustomerName) WHERE Id = ?1",
    "UPDATE OR Incidents SET Id = ?1, Amount = ?5 WHERE CustomerName = ?3",
    "UPDATE OR Incidents SET rowid = ?7 WHERE Id IN (?1, ?2)",
    "UPDATE OR Incidents SET rowid = rowid + 1",
    "UPDATE OR Incidents SET rowid = ?7, Id = ?2, CustomerName = ?4 WHERE Id = ?1",
    "DELETE FROM Incidents WHERE Id IN (?1, ?2) OR (CustomerName = ?3 AND Amount < ?5)",
    "DELETE FROM Incidents",
    "INSERT OR INTO Customers VALUES (?1, ?3, 'x', 'y', 1), (?2, ?4, 'x', 'y', 2), (?1, ?4, 'x', 'y', 3)",
    "INSERT OR INTO Customers (rowid, Id, Name, City, Country, Scoring) VALUES (?7, ?1, ?3, 'x', 'y', 1), (?8, ?2, ?4, 'x', 'y', 2)",
    "INSERT INTO Customers VALUES (?1, ?3, 'x', 'y', 1) ON CONFLICT (Id) DO UPDATE SET Name = ?4",
    "UPDATE OR Customers SET Id = ?1 WHERE Id = ?2 OR Name = ?3",
    "UPDATE OR Customers SET rowid = ?7 WHERE Id IN (?1, ?2)",
    "UPDATE OR Customers SET rowid = rowid + 1",
    "DELETE FROM Customers WHERE Id = ?1 OR Name = ?3",
];

const CONFLICTS: [&str; 6] = ["", " OR ABORT", " OR FAIL", " OR IGNORE", " OR REPLACE", " OR ROLLBACK"];

/// Each of [`STATEMENTS`] with each conflict clause.
static ALL_STATEMENTS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let with = |sql: &str| match sql.contains(" OR I") || sql.contains(" OR C") {
        true => CONFLICTS.map(|conflict| sql.replacen(" OR", conflict, 1)).to_vec(),
        false => vec![sql.to_owned(); CONFLICTS.len()],
    };
    STATEMENTS.into_iter().flat_map(with).collect()
});

fn amount() -> impl Strategy<Value = Value> {
    prop_oneof![
        3 => (-1000..1000_i64).prop_map(Integer),
        2 => (-10_000_000..10_000_000_i64).prop_map(|cents| Real(cents as f64 / 100.0)),
        2 => (-1e6..1e6_f64).prop_map(Real),
        1 => (-1e15..1e15_f64).prop_map(Real),
        2 => (-1.0..1.0_f64, -300..15_i32).prop_map(|(size, exponent)| Real(size * 10_f64.powi(exponent))),
        2 => prop::sample::select(vec![
            0.1, -0.1, 0.001, 1e14, -1e14, 1e-20, -1e-20, 5e-324, -5e-324, 1e-300, 0.00390625, -0.00390625,
            999_999_999_999_999.9, -999_999_999_999_999.9, 8.673617379884035e-19, -4.336808689942018e-19, 0.0,
        ]).prop_map(Real),
        1 => Just(Integer(999_999_999_999_999)),
        1 => Just(Real(1e15)), // is refused
    ]
}

fn parameters() -> impl Strategy<Value = Vec<Value>> {
    let text =
        |texts: &'static [&'static str]| prop::sample::select(texts).prop_map(|text| Text(text.to_owned()));
    let id = || text(&["a", "b", "c", "d", "e", "A"]);
    let name = || text(&["x", "y", "z", "é", ""]);
    let row = || prop::sample::select(vec![-2, -1, 0, 1, 2, 3, 7, i64::MIN, i64::MAX]).prop_map(Integer);
    (id(), id(), name(), name(), amount(), amount(), row(), row())
        .prop_map(|(a, b, c, d, e, f, g, h)| vec![a, b, c, d, e, f, g, h])
}

/// A statement that changes rows, and as many parameters as it has.
pub fn change() -> impl Strategy<Value = (&'static str, Vec<Value>)> {
    (0..STATEMENTS.len() * CONFLICTS.len(), parameters()).prop_map(|(statement, mut parameters)| {
        let sql = ALL_STATEMENTS[statement].as_str();
        let last = (1..=parameters.len()).rev().find(|number| sql.contains(&format!("?{number}")));
        parameters.truncate(last.unwrap_or_default());
        (sql, parameters)
    })
}

/// Runs a statement, which may be refused.
fn run(database: &Connection, sql: &str, parameters: &[Value]) -> rusqlite::Result<usize> {
    let mut statement = database.prepare_cached(sql).unwrap_or_else(|error| panic!("{error}: {sql}"));
    for (place, parameter) in parameters.iter().enumerate() {
        statement.raw_bind_parameter(place + 1, parameter).or_else(|error| match error {
            // A statement need not have all of them.
            rusqlite::Error::InvalidParameterCount(..) => Ok(()),
            other => Err(other),
        })?;
    }
    statement.raw_execute()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn summaries_follow_every_statement(
        changes in prop::collection::vec(change(), 1..120),
        recursive_triggers in any::<bool>(),
    ) {
        let database = empty();
        database.pragma_update(None, "recursive_triggers", recursive_triggers).unwrap();
        for (sql, parameters) in changes {
            let before = dump(&database);
            if let Err(error) = run(&database, sql, &parameters) {
                let refused = [ErrorCode::ConstraintViolation, ErrorCode::TypeMismatch];
                assert!(refused.map(Some).contains(&error.sqlite_error_code()), "{error}: {sql} with {parameters:?}");
                // OR FAIL keeps the rows before the one that has failed.
                let same = sql.contains("OR FAIL") || dump(&database) == before;
                assert!(same, "{sql} with {parameters:?} failed and changed something");
            }
            assert_matches_the_tables(&database);
        }
    }
}

/// Both tables with rows at rowids that SQLite would not give, among them the -1 that a trigger sees where
/// a row comes without a rowid.
const ROWS: &str = "
    INSERT INTO Customers (rowid, Id, Name, City, Country, Scoring) VALUES
        (-1, 'a', 'x', 'c', 'd', 1), (0, 'b', 'x', 'c', 'd', 1), (5, 'c', 'x', 'c', 'd', 1);
    INSERT INTO Incidents (rowid, Id, Amount, CustomerName, Category) VALUES
        (-1, 'a', 0.1, 'x', 'c'), (0, 'b', 0.2, 'y', 'c'), (5, 'c', 0.4, 'y', 'c');";

/// Runs `sql` on [`ROWS`], in both tables, and says how many rows they have then.
fn rows_after(sql: &str) -> [i64; 2] {
    for recursive_triggers in [false, true] {
        let database = empty();
        database.pragma_update(None, "recursive_triggers", recursive_triggers).unwrap();
        database.execute_batch(ROWS).unwrap();
        for (table, columns, values) in [
            ("Customers", "rowid, Id, Name, City, Country, Scoring", "'x', 'c', 'd', 1"),
            ("Incidents", "rowid, Id, Amount, CustomerName, Category", "0.8, 'x', 'c'"),
        ] {
            let sql = sql.replace("TABLE", table).replace("COLUMNS", columns).replace("VALUES_", values);
            database.execute_batch(&sql).unwrap_or_else(|error| panic!("{error}: {sql}"));
            assert_matches_the_tables(&database);
        }
        if recursive_triggers {
            return ["Customers", "Incidents"]
                .map(|table| number(&database, &format!("SELECT count(*) FROM {table}")));
        }
    }
    unreachable!("the loop ends with its second round")
}

#[test]
fn a_row_without_a_rowid_leaves_the_one_at_minus_one_alone() {
    assert_eq!(rows_after("INSERT INTO TABLE (COLUMNS) VALUES (NULL, 'd', VALUES_)"), [4, 4]);
    assert_eq!(
        rows_after("REPLACE INTO TABLE (COLUMNS) VALUES (NULL, 'd', VALUES_), (NULL, 'e', VALUES_)"),
        [5, 5]
    );
    assert_eq!(rows_after("REPLACE INTO TABLE (COLUMNS) VALUES (NULL, 'b', VALUES_)"), [3, 3]);
}

#[test]
fn a_new_row_replaces_by_its_id_by_its_rowid_and_by_both() {
    assert_eq!(rows_after("REPLACE INTO TABLE (COLUMNS) VALUES (7, 'a', VALUES_)"), [3, 3]);
    assert_eq!(rows_after("REPLACE INTO TABLE (COLUMNS) VALUES (0, 'd', VALUES_)"), [3, 3]);
    assert_eq!(rows_after("REPLACE INTO TABLE (COLUMNS) VALUES (-1, 'd', VALUES_)"), [3, 3]);
    assert_eq!(rows_after("REPLACE INTO TABLE (COLUMNS) VALUES (5, 'c', VALUES_)"), [3, 3]);
    assert_eq!(rows_after("REPLACE INTO TABLE (COLUMNS) VALUES (5, 'a', VALUES_)"), [2, 2]);
    assert_eq!(rows_after("REPLACE INTO TABLE (COLUMNS) VALUES (-1, 'c', VALUES_)"), [2, 2]);
}

#[test]
fn an_update_replaces_by_id_by_rowid_and_by_both() {
    assert_eq!(rows_after("UPDATE OR REPLACE TABLE SET Id = 'a' WHERE Id = 'b'"), [2, 2]);
    assert_eq!(rows_after("UPDATE OR REPLACE TABLE SET rowid = -1 WHERE Id = 'c'"), [2, 2]);
    assert_eq!(rows_after("UPDATE OR REPLACE TABLE SET rowid = 0, Id = 'a' WHERE Id = 'c'"), [1, 1]);
    assert_eq!(rows_after("UPDATE TABLE SET rowid = rowid + 100"), [3, 3]);
    assert_eq!(rows_after("UPDATE OR REPLACE TABLE SET Id = 'a'"), [1, 1]);
}

#[test]
fn an_incident_takes_its_amount_along_to_another_customer() {
    let database = empty();
    database.execute_batch(ROWS).unwrap();
    for change in
        ["CustomerName = 'y'", "CustomerName = 'X'", "Amount = 7", "Amount = 7.5, CustomerName = 'z'"]
    {
        database.execute_batch(&format!("UPDATE Incidents SET {change} WHERE Id = 'a'")).unwrap();
        assert_matches_the_tables(&database);
    }
}

#[test]
fn what_was_in_the_way_of_a_row_that_did_not_go_in_stays_counted() {
    let ignored = "INSERT OR IGNORE INTO TABLE (COLUMNS) VALUES (0, 'a', VALUES_);";
    assert_eq!(rows_after(ignored), [3, 3]);
    for (next, rows) in [
        ("INSERT INTO TABLE (COLUMNS) VALUES (NULL, 'd', VALUES_)", 4),
        ("UPDATE TABLE SET Id = 'd' WHERE Id = 'c'", 3),
        ("UPDATE TABLE SET rowid = 9, Id = 'd' WHERE Id = 'a'", 3),
        ("UPDATE OR REPLACE TABLE SET Id = 'c' WHERE Id = 'a'", 2),
        ("DELETE FROM TABLE WHERE Id = 'a'", 2),
        ("DELETE FROM TABLE WHERE Id = 'a'; INSERT INTO TABLE (COLUMNS) VALUES (9, 'a', VALUES_)", 3),
        ("REPLACE INTO TABLE (COLUMNS) VALUES (9, 'a', VALUES_)", 3),
    ] {
        assert_eq!(rows_after(&[ignored, next].concat()), [rows; 2], "{next}");
    }
}

#[test]
fn triggers_of_others_are_followed_too() {
    let database = empty();
    database
        .execute_batch(
            "CREATE TRIGGER Halved AFTER INSERT ON Incidents BEGIN
                UPDATE Incidents SET Amount = Amount / 2, CustomerName = 'halved' WHERE rowid = NEW.rowid;
             END;
             CREATE TRIGGER Renamed AFTER INSERT ON Customers BEGIN
                UPDATE Customers SET Id = upper(Id) WHERE rowid = NEW.rowid;
             END;
             CREATE TRIGGER Skipped BEFORE INSERT ON Incidents WHEN NEW.Category = 'skip' BEGIN
                SELECT RAISE(IGNORE);
             END;
             CREATE TRIGGER Bounded AFTER INSERT ON Incidents BEGIN
                DELETE FROM Incidents WHERE rowid < NEW.rowid - 3;
             END;",
        )
        .unwrap();
    for _ in 0..3 {
        for (id, category) in
            ["a", "b", "a", "c", "a", "d", "b"].into_iter().zip(["x", "skip", "x", "x", "y", "skip", "x"])
        {
            database.execute("REPLACE INTO Incidents VALUES (?1, 0.1, 'x', ?2)", [id, category]).unwrap();
            database.execute("REPLACE INTO Customers VALUES (?1, 'x', 'y', 'z', 1)", [id]).unwrap();
            assert_matches_the_tables(&database);
        }
    }
}
