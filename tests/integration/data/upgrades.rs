//! Databases that `migrations.sql` did not create: it upgrades them, or says what to fix and leaves them unchanged.

use super::rules::{rejected, row};
use super::{Database, MIGRATIONS};

/// The tables as the first sample declared them, and with nothing around them.
const ORIGINAL: &str = "
    CREATE TABLE Customers (Id VARCHAR(36) PRIMARY KEY, Name TEXT, City TEXT, Country TEXT, Scoring INTEGER);
    CREATE TABLE Incidents (Id VARCHAR(36) PRIMARY KEY, Amount NUMERIC, CustomerName TEXT, Category INTEGER);";

const VERSIONS: [&str; 3] = [ORIGINAL, include_str!("version_1_0_0.sql"), include_str!("version_1_1_0.sql")];

const ROWS: &str = "
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
    INSERT INTO Incidents
    SELECT printf('%08X-0000-4000-8000-000000000000', i), i / 8.0, 'Customer ' || (i % 17), 'Fire' FROM n;
    INSERT INTO Customers SELECT Id, CustomerName, 'x', 'y', CAST(Amount AS INTEGER) FROM Incidents;";

#[test]
fn older_databases_are_upgraded() {
    let new = Database::sqlite();
    new.script(MIGRATIONS);
    let names = "SELECT type || name || tbl_name FROM sqlite_master ORDER BY 1";
    for version in VERSIONS {
        for database in Database::all() {
            database.script(version);
            database.script(ROWS);
            let rows = ["SELECT rowid, * FROM Customers", "SELECT rowid, * FROM Incidents"];
            let before = rows.map(|sql| database.rows(sql));
            database.script(MIGRATIONS);
            assert!(rows.map(|sql| database.rows(sql)) == before);
            database.assert_summaries("the upgrade");
            assert_eq!(database.texts(names), new.texts(names));
            database.script(
                "DELETE FROM Incidents WHERE Amount > 10; REPLACE INTO Customers SELECT * FROM Customers",
            );
            database.assert_summaries("changes after the upgrade");
            // These tables have no NOT NULL, and the rule holds nevertheless.
            let null = format!("INSERT INTO Incidents VALUES {}", row(5000, "Incidents.Amount", "NULL"));
            assert!(database.query(&null, &[]).unwrap_err().contains("Incidents.Amount"));
        }
    }
}

/// States that cannot be upgraded, each with a part of the message.
fn refused() -> Vec<(String, String)> {
    let state = |sql: &str, message: &str| (sql.to_owned(), message.to_owned());
    let original = |sql: &str, message: &str| ([ORIGINAL, sql].concat(), message.to_owned());
    let renamed = "ALTER TABLE Incidents RENAME TO Elsewhere;";
    let mut states = vec![
        original(
            "DROP TABLE Incidents; CREATE VIEW Incidents AS SELECT 1 AS Id",
            "Incidents has to be an ordinary table",
        ),
        original(
            "DROP TABLE Incidents;
             CREATE TABLE Incidents (Id TEXT PRIMARY KEY, Amount, CustomerName, Category) WITHOUT ROWID",
            "Incidents has to be an ordinary table",
        ),
        original("ALTER TABLE Customers DROP COLUMN Scoring", "Customers.Scoring is missing"),
        original("ALTER TABLE Incidents RENAME COLUMN Amount TO Price", "Incidents.Amount is missing"),
        original(
            "DROP TABLE Customers; CREATE TABLE Customers (Id, Name, City, Country, Scoring)",
            "Customers.Id has to be the primary key",
        ),
        original(
            "CREATE UNIQUE INDEX Mine ON Incidents (CustomerName)",
            "Incidents.Id has to be the primary key, and no other",
        ),
        state(&[MIGRATIONS, renamed].concat(), "belongs to the table Elsewhere"),
        state(&[VERSIONS[2], renamed].concat(), "belongs to the table Elsewhere"),
        state(
            &[MIGRATIONS, "ALTER TABLE Customers RENAME TO Elsewhere"].concat(),
            "belongs to the table Elsewhere",
        ),
    ];
    let in_older =
        rejected().filter(|(place, value)| *place != "Incidents.Amount" || !value.starts_with('9'));
    states.extend(in_older.map(|(place, value)| {
        let table = place.split('.').next().unwrap();
        let rows = [row(1, &format!("{table}."), ""), row(2, place, value)].join(", ");
        original(
            &format!("INSERT INTO {table} VALUES {rows}"),
            &format!("{place} breaks its rule in the row with rowid 2"),
        )
    }));
    let amount = |version: &str, value: &str| {
        let sql = format!("{version} INSERT INTO Incidents VALUES {}", row(1, "Incidents.Amount", value));
        (sql, "Incidents.Amount breaks its rule in the row with rowid 1".to_owned())
    };
    states.extend([
        amount(VERSIONS[1], "1e20"),
        amount(VERSIONS[2], "0.00001"),
        amount(VERSIONS[2], "999999999999.5"),
    ]);
    states
}

#[test]
fn a_database_that_cannot_be_upgraded_is_left_as_it_was() {
    for (state, message) in refused() {
        let database = Database::sqlite();
        database.script(&state);
        let before = database.dump();
        let error = database.try_script(MIGRATIONS).expect_err(&message);
        assert!(error.contains(&message), "{error} does not say: {message}");
        database.script("ROLLBACK");
        assert!(database.dump() == before, "{message}");

        // SQLite's shell continues after an error.
        let failed = statements().iter().filter(|sql| database.try_script(sql).is_err()).count();
        assert!(failed > 0);
        assert!(database.dump() == before, "{message}, in a shell");
    }
}

#[test]
fn a_database_that_cannot_be_upgraded_is_left_as_it_was_on_libsql() {
    let states = refused();
    for (state, message) in states.iter().take(12).chain(states.last()) {
        for database in Database::all().iter().skip(1) {
            database.script(state);
            let before = database.dump();
            let error = database.try_script(MIGRATIONS).expect_err(message);
            assert!(error.contains(message), "{error} does not say: {message}");
            assert!(database.dump() == before, "{message}");
        }
    }
}

#[test]
fn after_the_fix_the_next_run_succeeds() {
    for fix in [
        "ALTER TABLE Elsewhere RENAME TO Incidents",
        "DROP INDEX IncidentsById; DROP INDEX IncidentsByCustomer",
        "DROP TABLE Elsewhere",
    ] {
        let database = Database::sqlite();
        database.script(MIGRATIONS);
        database.script("ALTER TABLE Incidents RENAME TO Elsewhere");
        database.try_script(MIGRATIONS).unwrap_err();
        database.script("ROLLBACK");
        database.script(fix);
        database.script(MIGRATIONS);
        database.script(&format!("INSERT INTO Incidents VALUES {}", row(1, "Incidents.", "")));
        database.assert_summaries(fix);
        let on_incidents =
            "SELECT count(*) FROM sqlite_master WHERE tbl_name = 'Incidents' AND name LIKE 'IncidentsBy%'";
        assert_eq!(database.number(on_incidents), 2, "{fix}");
    }
}

/// The statements of `migrations.sql`, each of which ends with a line.
fn statements() -> Vec<String> {
    let mut statements = vec![String::new()];
    for line in MIGRATIONS.lines() {
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
