//! Every statement of the services: its plan, and its rows on both engines.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::types::Value::{self, Blob, Integer, Real, Text};

use super::{Database, MIGRATIONS, id};

/// The SQL files of all services, by service and path below `src`, so that a new one cannot be forgotten.
fn files() -> Vec<(String, String)> {
    let root = harness::root();
    let mut files = Vec::new();
    for service in fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()) {
        if service.to_string_lossy().ends_with("-service") {
            let mut paths = Vec::new();
            collect(&service.join("src"), &mut paths);
            let name = |path: &PathBuf| path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
            files.extend(paths.iter().map(|path| (name(path), fs::read_to_string(path).unwrap())));
        }
    }
    files.sort();
    files
}

fn collect(directory: &Path, paths: &mut Vec<PathBuf>) {
    for path in fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            collect(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "sql") {
            paths.push(path);
        }
    }
}

/// The parameters of a statement: for the first page, and for a page in the middle.
fn parameters(file: &str) -> Vec<Vec<Value>> {
    let text = |text: &str| Text(text.to_owned());
    let blob = |text: &str| Blob(text.as_bytes().to_vec());
    let first = Real(-1e19);
    match file {
        "customers-service/src/customers/items.sql" => vec![
            vec![blob(""), text(""), Integer(1000)],
            vec![blob("Jade Mountain Tea"), text("3"), Integer(7)],
            vec![Blob(vec![0xff]), text(""), Integer(1000)],
        ],
        "customers-service/src/customers/item.sql" => {
            vec![vec![text("723745C8-7123-49D5-8EB6-074894A7F2BC")], vec![Text(id(1))]]
        }
        "customers-service/src/customers/top.sql" => vec![
            vec![Integer(i64::MAX), blob(""), text(""), Integer(1000)],
            vec![Integer(9), blob("Hokkai Seafood"), text("6"), Integer(11)],
        ],
        "customers-service/src/customers/count.sql" => vec![vec![]],
        "customers-service/src/customers/summary.sql" => vec![vec![Integer(5)]],
        "incidents-service/src/incidents/items.sql" => {
            vec![vec![first, Integer(1000)], vec![Integer(17), Integer(10)]]
        }
        "incidents-service/src/incidents/item.sql" => {
            vec![vec![text("7E9BC135-5A6E-4A41-AFD2-995C86BB1F0F")]]
        }
        "incidents-service/src/incidents/grouped_by_customer.sql" => vec![
            vec![blob(""), first, Integer(1000)],
            vec![blob("O'Malley Logistics"), Integer(44), Integer(9)],
        ],
        "incidents-service/src/incidents/summary.sql" => vec![vec![Integer(5)], vec![Integer(1000)]],
        other => panic!("{other} has no parameters here"),
    }
}

/// The steps of a plan that read rows of the app's tables, or sort.
fn plan(database: &Database, file: &str, sql: &str) -> Vec<String> {
    let rows = database.query(&format!("EXPLAIN QUERY PLAN {sql}"), &parameters(file)[0]).unwrap();
    let step = |row: Vec<Value>| match row.into_iter().nth(3) {
        Some(Text(step)) => step,
        other => panic!("{other:?}"),
    };
    let reads = |step: &String| {
        let table = step.split(' ').nth(1).unwrap_or_default();
        let tables = ["Customers", "CustomerCount", "Incidents", "IncidentTotals"];
        tables.contains(&table) || step.contains("TEMP B-TREE FOR ORDER")
    };
    rows.into_iter().map(step).filter(reads).collect()
}

/// How each statement reads its rows.
const PLANS: [(&str, &[&str]); 9] = [
    ("customers/count.sql", &["SCAN CustomerCount"]),
    (
        "customers/item.sql",
        &["SEARCH Customers USING INDEX CustomersById (Id=?)", "USE TEMP B-TREE FOR ORDER BY"],
    ),
    ("customers/items.sql", &["SEARCH Customers USING INDEX CustomersByName ((Name,Id)>(?,?))"]),
    (
        "customers/summary.sql",
        &["SCAN CustomerCount", "SCAN Customers USING COVERING INDEX CustomersByScoring"],
    ),
    (
        "customers/top.sql",
        &[
            "SEARCH Customers USING INDEX CustomersByScoring (Scoring=? AND (Name,Id)>(?,?))",
            "SEARCH Customers USING INDEX CustomersByScoring (Scoring<?)",
        ],
    ),
    (
        "incidents/grouped_by_customer.sql",
        &[
            "SEARCH Incidents USING INDEX IncidentsByCustomer (CustomerName=? AND rowid>?)",
            "SEARCH Incidents USING INDEX IncidentsByCustomer (CustomerName>?)",
        ],
    ),
    (
        "incidents/item.sql",
        &["SEARCH Incidents USING INDEX IncidentsById (Id=?)", "USE TEMP B-TREE FOR ORDER BY"],
    ),
    ("incidents/items.sql", &["SEARCH Incidents USING INTEGER PRIMARY KEY (rowid>?)"]),
    (
        "incidents/summary.sql",
        &[
            "SCAN IncidentTotals USING COVERING INDEX IncidentTotalsByCount",
            "SCAN IncidentTotals USING COVERING INDEX IncidentTotalsByVolume",
        ],
    ),
];

fn assert_plans(database: &Database, only: &str) {
    for (file, sql) in files().iter().filter(|(file, _)| file.ends_with(only)) {
        let plans = PLANS.iter().find(|(planned, _)| file.ends_with(planned));
        let (_, expected) = plans.unwrap_or_else(|| panic!("{file} has no plan here"));
        assert_eq!(plan(database, file, sql), *expected, "{file}");
    }
}

#[test]
fn every_statement_finds_its_rows_through_an_index() {
    for database in Database::all() {
        database.script(MIGRATIONS);
        assert_plans(&database, ".sql");
    }
}

/// `SCAN … USING COVERING INDEX` with a `LIMIT`, and no sort, reads as many entries as the limit. libSQL's server has
/// no ANALYZE.
#[test]
fn the_dashboard_reads_a_handful_of_index_entries_with_stale_statistics_too() {
    let database = Database::sqlite();
    database.migrate_without_rows();
    let rows = |from: usize, to: usize| {
        format!(
                "WITH RECURSIVE n(i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM n WHERE i < {to})
                 INSERT INTO Customers SELECT printf('%08x-0000-4000-8000-000000000000', i), i, 'c', 'd', i FROM n;
                 INSERT INTO Incidents SELECT Id, Scoring / 4.0, Name, 'c' FROM Customers WHERE Scoring >= {from}"
            )
    };
    database.script(&rows(1, 1));
    database.script("ANALYZE");
    database.script(&rows(2, 5_000));
    assert_plans(&database, "summary.sql");
}

#[test]
fn every_statement_returns_the_same_on_libsql() {
    let databases = Database::all();
    for database in &databases {
        database.script(MIGRATIONS);
        // Cells that are not UTF-8, amounts at the limits, and a customer whose volume is between -1 and 0.
        database.script(
            "UPDATE Customers SET Name = CAST(x'4dfc6c6c6572' AS TEXT), City = CAST(x'ff' AS TEXT) WHERE rowid % 9 = 0;
             UPDATE Incidents SET CustomerName = CAST(x'4dfc6c6c6572' AS TEXT) WHERE rowid % 9 = 0;
             UPDATE Incidents SET Amount = 99999999999.9999, CustomerName = '' WHERE rowid = 1;
             UPDATE Incidents SET Amount = -0.0001, CustomerName = char(0) || '\"\\' WHERE rowid = 2;",
        );
    }
    for (file, sql) in files() {
        for parameters in parameters(&file) {
            let expected = databases[0].query(&sql, &parameters);
            assert!(expected.is_ok(), "{file}: {expected:?}");
            for database in &databases[1..] {
                assert_eq!(database.query(&sql, &parameters), expected, "{file} with {parameters:?}");
            }
        }
    }
}
