//! Databases from before, and those on which `migrations.sql` cannot do its work.

use rusqlite::Connection;

use super::{MIGRATIONS, OLDER, assert_matches_the_tables, dump, migrated, number, texts};

const VERSION_1_0_0: &str = include_str!("version_1_0_0.sql");

const ROWS: &str = "
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
    INSERT INTO Incidents SELECT 'i' || i, i / 8.0, 'Customer ' || (i % 17), 'Fire' FROM n;
    INSERT INTO Customers SELECT Id, CustomerName, 'x', 'y', CAST(Amount AS INTEGER) FROM Incidents;";

const ALL_ROWS: [&str; 2] = [
    "SELECT rowid || quote(Id) || quote(Amount) || quote(CustomerName) || quote(Category) FROM Incidents",
    "SELECT rowid || quote(Id) || quote(Name) || quote(City) || quote(Country) || quote(Scoring) FROM Customers",
];

/// Databases of older versions, full of rows.
pub fn older() -> [String; 2] {
    [OLDER, VERSION_1_0_0].map(|tables| [tables, ROWS].concat())
}

#[test]
fn an_older_database_full_of_rows_gets_its_summaries() {
    for older in older() {
        let database = Connection::open_in_memory().unwrap();
        database.execute_batch(&older).unwrap();
        let rows = ALL_ROWS.map(|sql| texts(&database, sql));
        database.execute_batch(MIGRATIONS).unwrap();
        assert_eq!(ALL_ROWS.map(|sql| texts(&database, sql)), rows);
        assert_matches_the_tables(&database);
        let migrated = dump(&database);
        database.execute_batch(MIGRATIONS).unwrap();
        assert!(dump(&database) == migrated);
        database
            .execute_batch(
                "DELETE FROM Incidents WHERE Amount > 10; REPLACE INTO Customers SELECT * FROM Customers",
            )
            .unwrap();
        assert_matches_the_tables(&database);
    }
}

#[test]
fn an_upgraded_database_has_what_a_new_one_has() {
    let database = Connection::open_in_memory().unwrap();
    database.execute_batch(VERSION_1_0_0).unwrap();
    database.execute_batch(MIGRATIONS).unwrap();
    assert!(dump(&database) == dump(&migrated()));
}

/// What the first version did wrong is not taken over.
#[test]
fn wrong_summaries_of_version_1_0_0_are_made_anew() {
    let database = Connection::open_in_memory().unwrap();
    database.execute_batch(VERSION_1_0_0).unwrap();
    database
        .execute_batch(
            "INSERT INTO Incidents VALUES ('a', 1e20, 'x', 'y'), ('b', 100, 'x', 'y');
             UPDATE Incidents SET Amount = 10 WHERE Id = 'a';
             INSERT INTO Customers (rowid, Id, Name, City, Country, Scoring) VALUES (-1, 'a', 'x', 'y', 'z', 1);
             INSERT INTO Customers VALUES ('b', 'x', 'y', 'z', 1), ('c', 'x', 'y', 'z', 1);",
        )
        .unwrap();
    assert_eq!(number(&database, "SELECT NumberOfCustomers FROM CustomerSummary"), 1);
    database.execute_batch(MIGRATIONS).unwrap();
    assert_matches_the_tables(&database);
    assert_eq!(number(&database, "SELECT IncidentVolume FROM IncidentTotals"), 110);
}

/// Each state that the migration cannot mend, and what its message says.
pub fn unmendable() -> Vec<(String, String)> {
    let older = |sql: &str, message: &str| ([OLDER, sql].concat(), message.to_owned());
    let migrated = |sql: &str, message: &str| ([MIGRATIONS, sql].concat(), message.to_owned());
    let mut states = vec![
        older(
            "DROP TABLE Incidents; CREATE VIEW Incidents AS SELECT 1 AS Id",
            "Incidents has to be an ordinary table",
        ),
        older(
            "DROP TABLE Customers; CREATE VIRTUAL TABLE Customers USING fts5(Id, Name, City, Country, Scoring)",
            "Customers has to be an ordinary table",
        ),
        older(
            "DROP TABLE Incidents; CREATE TABLE Incidents (Id TEXT PRIMARY KEY, Amount, CustomerName, Category) WITHOUT ROWID",
            "Incidents has to be an ordinary table",
        ),
        older(
            "DROP TABLE Incidents; CREATE TABLE Incidents (Id, Amount NUMERIC, CustomerName, Category)",
            "Incidents.Id has to be the primary key",
        ),
        older(
            "DROP TABLE Customers; CREATE TABLE Customers (Id, Name, City, Country, Scoring, PRIMARY KEY (Id, Name))",
            "Customers.Id has to be the primary key",
        ),
        older("CREATE UNIQUE INDEX Mine ON Incidents (CustomerName)", "Incidents has the unique index Mine"),
        older(
            "DROP TABLE Customers; CREATE TABLE Customers (Id PRIMARY KEY, Name UNIQUE, City, Country, Scoring)",
            "Customers has the unique index ",
        ),
        older("CREATE VIEW IncidentsByCustomer AS SELECT 1", "IncidentsByCustomer"),
    ];
    for (table, columns) in
        [("Customers", "Id Name City Country Scoring"), ("Incidents", "Id Amount CustomerName Category")]
    {
        for column in columns.split(' ') {
            let others: Vec<&str> = columns.split(' ').filter(|other| *other != column).collect();
            let sql = format!("DROP TABLE {table}; CREATE TABLE {table} ({})", others.join(", "));
            states.push(older(&sql, &format!("{table}.{column} is missing")));
        }
        // It keeps its indexes and triggers under any name.
        let renamed = format!("ALTER TABLE {table} RENAME TO Elsewhere;");
        states.push(migrated(&renamed, "the table Elsewhere has the index "));
        let another = OLDER.split_inclusive(';').find(|sql| sql.contains(table)).unwrap();
        states.push(migrated(&format!("{renamed} {another}"), "the table Elsewhere has the index "));
        let indexes = match table {
            "Customers" => {
                "DROP INDEX CustomersById; DROP INDEX CustomersByName; DROP INDEX CustomersByScoring;"
            }
            _ => "DROP INDEX IncidentsById; DROP INDEX IncidentsByCustomer;",
        };
        let message = format!("the triggers of {table} are at another table");
        states.push(migrated(&[indexes, &renamed].concat(), &message));
    }
    for (place, row) in [
        ("Customers.Id", "(NULL, 'b', 'c', 'd', 1)"),
        ("Customers.Name", "('a', x'62', 'c', 'd', 1)"),
        ("Customers.City", "('a', 'b', NULL, 'd', 1)"),
        ("Customers.Country", "('a', 'b', 'c', x'', 1)"),
        ("Customers.Scoring", "('a', 'b', 'c', 'd', 1.5)"),
        ("Incidents.Id", "(x'61', 1, 'c', 'd')"),
        ("Incidents.Amount", "('a', NULL, 'c', 'd')"),
        ("Incidents.Amount", "('a', 'many', 'c', 'd')"),
        ("Incidents.Amount", "('a', -9e999, 'c', 'd')"),
        ("Incidents.Amount", "('a', 1000000000000000, 'c', 'd')"),
        ("Incidents.CustomerName", "('a', 1, NULL, 'd')"),
        ("Incidents.Category", "('a', 1, 'c', x'64')"),
    ] {
        let table = place.split('.').next().unwrap();
        let good = if table == "Customers" { "('x', 'b', 'c', 'd', 1)" } else { "('x', 1, 'c', 'd')" };
        let sql = format!("INSERT INTO {table} VALUES {good}, {row};");
        states.push(older(&sql, &format!("{place} has to be ")));
    }
    states
}

#[test]
fn where_it_cannot_do_its_work_it_says_why_and_leaves_everything_as_it_was() {
    for (state, message) in unmendable() {
        let database = Connection::open_in_memory().unwrap();
        database.execute_batch(&state).unwrap();
        let before = dump(&database);
        let error = database.execute_batch(MIGRATIONS).expect_err(&message).to_string();
        assert!(error.contains(&message), "{error} does not say: {message}");
        if message.contains("has to be ") && state.contains("INSERT") && !state.contains("COMMIT") {
            assert!(error.contains("the row with rowid 2"), "{error}");
        }
        database.execute_batch("ROLLBACK").unwrap();
        assert!(dump(&database) == before, "{message}");
    }
}

#[test]
fn once_that_is_mended_the_next_run_does_its_work() {
    let database = migrated();
    let whole = dump(&database);
    database.execute_batch("ALTER TABLE Incidents RENAME TO Elsewhere").unwrap();
    database.execute_batch(MIGRATIONS).unwrap_err();
    database.execute_batch("ROLLBACK; ALTER TABLE Elsewhere RENAME TO Incidents").unwrap();
    database.execute_batch(MIGRATIONS).unwrap();
    let unquoted = |dump: Vec<String>| dump.into_iter().map(|text| text.replace('"', "")).collect::<Vec<_>>();
    assert!(unquoted(dump(&database)) == unquoted(whole)); // SQLite quotes a name that it has changed

    let database = Connection::open_in_memory().unwrap();
    let rows = "INSERT INTO Incidents VALUES ('a', 1, 'x', 'y'), ('b', NULL, 'x', 'y')";
    database.execute_batch(&[OLDER, rows].concat()).unwrap();
    database.execute_batch(MIGRATIONS).unwrap_err();
    database.execute_batch("ROLLBACK; UPDATE Incidents SET Amount = 2 WHERE Id = 'b'").unwrap();
    database.execute_batch(MIGRATIONS).unwrap();
    assert_matches_the_tables(&database);
}

/// Such as SQLite's own shell, which does not stop at an error.
#[test]
fn whoever_goes_on_after_the_failure_commits_nothing() {
    for (state, message) in unmendable() {
        let database = Connection::open_in_memory().unwrap();
        database.execute_batch(&state).unwrap();
        let before = dump(&database);
        let failed = statements(MIGRATIONS).iter().filter(|sql| database.execute_batch(sql).is_err()).count();
        assert!(failed > 0 && database.is_autocommit(), "{message}");
        assert!(dump(&database) == before, "{message}");
    }
}

/// The statements of a script, each of which ends with a line.
fn statements(script: &str) -> Vec<String> {
    let mut statements = vec![String::new()];
    for line in script.lines() {
        let statement = statements.last_mut().unwrap();
        statement.push_str(line);
        statement.push('\n');
        let ends = if statement.contains("CREATE TRIGGER") { line == "END;" } else { line.ends_with(';') };
        if ends {
            statements.push(String::new());
        }
    }
    statements
}
