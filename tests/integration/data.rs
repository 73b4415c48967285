//! What `migrations.sql` promises to people who load their own data.

use harness::root;
use proptest::prelude::*;
use rusqlite::{Connection, params};

fn migrations() -> String {
    std::fs::read_to_string(root().join("migrations.sql")).unwrap()
}

fn migrated() -> Connection {
    let database = Connection::open_in_memory().unwrap();
    database.execute_batch(&migrations()).unwrap();
    database
}

fn empty() -> Connection {
    let database = migrated();
    database.execute_batch("DELETE FROM Incidents; DELETE FROM Customers").unwrap();
    database
}

fn number(database: &Connection, sql: &str) -> i64 {
    database.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// Everything in a database, schema and rows, as text.
fn dump(database: &Connection) -> Vec<String> {
    let mut dump = texts(database, "SELECT quote(sql) FROM sqlite_schema ORDER BY type, name");
    for table in texts(database, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name") {
        let columns = texts(database, &format!("SELECT name FROM pragma_table_xinfo('{table}')"));
        let columns =
            columns.iter().map(|column| format!("quote({column})")).collect::<Vec<_>>().join(" || ',' || ");
        dump.extend(texts(database, &format!("SELECT {columns} FROM {table}")));
    }
    dump
}

fn texts(database: &Connection, sql: &str) -> Vec<String> {
    let mut statement = database.prepare(sql).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

/// The tables as the first versions of the app made them, and nothing else.
const OLDER: &str = "
    CREATE TABLE Customers (Id TEXT PRIMARY KEY, Name TEXT NOT NULL, City TEXT NOT NULL, Country TEXT NOT NULL, Scoring INTEGER NOT NULL);
    CREATE TABLE Incidents (Id TEXT PRIMARY KEY, Amount NUMERIC NOT NULL, CustomerName TEXT NOT NULL, Category TEXT NOT NULL);";

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
    database.execute_batch(&migrations()).unwrap();
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
            database.execute_batch(&migrations()).unwrap();
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
    database.execute_batch(&migrations()).unwrap();
    assert!(dump(&database) == before);
}

#[test]
fn an_older_database_full_of_rows_gets_its_summaries() {
    let database = Connection::open_in_memory().unwrap();
    database
        .execute_batch(&format!(
            "{OLDER}
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
             INSERT INTO Incidents SELECT 'i' || i, i / 8.0, 'Customer ' || (i % 17), 'Fire' FROM n;
             INSERT INTO Customers SELECT Id, CustomerName, 'x', 'y', Amount FROM Incidents;"
        ))
        .unwrap();
    let rows = texts(&database, "SELECT quote(Id) || quote(Amount) || quote(CustomerName) FROM Incidents");
    database.execute_batch(&migrations()).unwrap();
    assert_eq!(
        texts(&database, "SELECT quote(Id) || quote(Amount) || quote(CustomerName) FROM Incidents"),
        rows
    );
    assert_matches_the_tables(&database);
    database.execute_batch("DELETE FROM Incidents WHERE Amount > 10").unwrap();
    assert_matches_the_tables(&database);
}

#[test]
fn a_table_that_was_dropped_and_made_again_is_summed_anew_by_the_next_run() {
    let database = migrated();
    database
        .execute_batch(
            "DROP TABLE Incidents; CREATE TABLE Incidents (Id, Amount NUMERIC, CustomerName, Category);
             INSERT INTO Incidents VALUES ('a', 1.5, 'New', 'x');
             DROP TABLE Customers;",
        )
        .unwrap();
    database.execute_batch(&migrations()).unwrap();
    assert_matches_the_tables(&database);
    assert_eq!(texts(&database, "SELECT CustomerName FROM IncidentSummaries"), ["New"]);
}

#[test]
fn a_run_that_fails_leaves_nothing_behind() {
    let database = Connection::open_in_memory().unwrap();
    database.execute_batch("CREATE VIEW IncidentsByCustomer AS SELECT 1").unwrap();
    let before = dump(&database);
    assert!(database.execute_batch(&migrations()).is_err());
    database.execute_batch("ROLLBACK").unwrap();
    assert_eq!(dump(&database), before);
}

#[test]
fn sums_are_exact_where_binary_fractions_would_drift() {
    let database = empty();
    let mut insert = database.prepare("INSERT INTO Incidents VALUES (?1, ?2, 'x', 'y')").unwrap();
    for i in 0..1000 {
        insert.execute(params![format!("a{i}"), 0.1]).unwrap();
    }
    insert.execute(params!["big", 1e15 + 0.5]).unwrap();
    insert.execute(params!["bigger", 9_007_199_254_740_993_i64]).unwrap();
    database.execute_batch("DELETE FROM Incidents WHERE Id LIKE 'big%' OR rowid > 1").unwrap();
    let volume: f64 =
        database.query_row("SELECT IncidentVolume FROM IncidentSummaries", [], |row| row.get(0)).unwrap();
    assert!((volume - 0.1).abs() < 1e-15, "{volume}");
}

/// The summaries say what the tables say: counts exactly, sums within 1e-9.
fn assert_matches_the_tables(database: &Connection) {
    assert_eq!(
        number(database, "SELECT NumberOfCustomers FROM CustomerSummary"),
        number(database, "SELECT count(*) FROM Customers")
    );
    let wrong = texts(
        database,
        "SELECT quote(CustomerName) || ' has ' || n || ' incidents of ' || v || ', not ' || NumberOfIncidents || ' of ' || IncidentVolume
         FROM (SELECT CustomerName, count(*) AS n, total(Amount) AS v, total(abs(Amount)) AS Scale FROM Incidents GROUP BY 1)
         FULL JOIN IncidentSummaries USING (CustomerName)
         WHERE n IS NOT NumberOfIncidents OR NOT abs(v - IncidentVolume) <= 1e-9 * Scale",
    );
    assert_eq!(wrong, Vec::<String>::new());
}

/// A statement of any kind that changes rows, with `?1` an id, `?2` another, `?3` a name, `?4` an amount.
const STATEMENTS: [&str; 16] = [
    "INSERT INTO Incidents VALUES (?1, ?4, ?3, 'x') RETURNING ?2",
    "INSERT OR REPLACE INTO Incidents VALUES (?1, ?4, ?3, 'x') RETURNING ?2",
    "REPLACE INTO Incidents (rowid, Id, Amount, CustomerName, Category) VALUES (abs(unicode(?2) * 7 + unicode(?1)) % 40 + 1, ?1, ?4, ?3, 'x')",
    "INSERT OR IGNORE INTO Incidents VALUES (?1, ?4, ?3, 'x'), (?2, ?4, ?3, 'x')",
    "INSERT OR FAIL INTO Incidents VALUES (?1, ?4, ?3, 'x'), (?2, ?4, ?3, 'x')",
    "INSERT INTO Incidents VALUES (?1, ?4, ?3, 'x') ON CONFLICT (Id) DO UPDATE SET Amount = excluded.Amount, CustomerName = ?3 RETURNING ?2",
    "INSERT INTO Incidents VALUES (?1, ?4, ?3, 'x') ON CONFLICT DO NOTHING RETURNING ?2",
    "UPDATE Incidents SET Amount = Amount + ?4, CustomerName = ?3 WHERE Id IN (?1, ?2)",
    "UPDATE Incidents SET Amount = -Amount WHERE CustomerName = ?3 OR (?1 = ?2 AND ?4)",
    "UPDATE OR REPLACE Incidents SET Id = ?2, Amount = ?4 WHERE Id = ?1 OR CustomerName = ?3",
    "DELETE FROM Incidents WHERE Id IN (?1, ?2) OR (CustomerName = ?3 AND Amount < ?4)",
    "INSERT OR REPLACE INTO Customers VALUES (?1, ?3, 'x', 'y', ?4), (?2, ?3, 'x', 'y', 1)",
    "INSERT OR IGNORE INTO Customers VALUES (?1, ?3, 'x', 'y', ?4), (?2, ?3, 'x', 'y', 1)",
    "UPDATE OR REPLACE Customers SET Id = ?2, Scoring = ?4 WHERE Id = ?1 OR Name = ?3",
    "INSERT INTO Customers VALUES (?1, ?3, 'x', 'y', ?4) ON CONFLICT (Id) DO UPDATE SET Name = ?3 RETURNING ?2",
    "DELETE FROM Customers WHERE Id = ?1 OR (Id = ?2 AND Name = ?3 AND Scoring < ?4)",
];

fn amount() -> impl Strategy<Value = f64> {
    prop_oneof![
        (-1_000_000_i32..1_000_000).prop_map(f64::from),
        (0_i32..10_000_000).prop_map(|cents| f64::from(cents) / 100.0),
        -1e6..1e6_f64,
        Just(9e15),
        Just(0.0),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Some 8,000 random statements in all.
    #[test]
    fn summaries_follow_every_statement(
        statements in prop::collection::vec((0..STATEMENTS.len(), "[a-h]", "[a-h]", "[xyzé]", amount()), 1..250),
        recursive_triggers in any::<bool>(),
    ) {
        let database = empty();
        database.pragma_update(None, "recursive_triggers", recursive_triggers).unwrap();
        for (statement, id, other, name, amount) in statements {
            let mut prepared = database.prepare_cached(STATEMENTS[statement]).unwrap();
            // A statement that breaks a constraint is none of the summaries' business, but a partial one is.
            let mut rows = prepared.query(params![id, other, name, amount]).unwrap();
            while let Ok(Some(_)) = rows.next() {}
            drop(rows);
            assert_matches_the_tables(&database);
        }
    }
}
