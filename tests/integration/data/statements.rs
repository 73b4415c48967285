//! Every statement of the services: its plan, and its rows on both engines.

use std::fs;

use rusqlite::types::Value;

use super::{Database, MIGRATIONS};

/// A file with a statement.
struct Statement {
    /// Service and name.
    file: &'static str,
    /// Its parameters: for the first page, and for a page in the middle.
    parameters: &'static [&'static str],
    /// The steps of its plan that read the app's tables, or sort.
    plan: &'static [&'static str],
}

static STATEMENTS: [Statement; 9] = [
    Statement { file: "customers/count.sql", parameters: &[""], plan: &["SCAN CustomerCount"] },
    Statement {
        file: "customers/item.sql",
        parameters: &["'723745C8-7123-49D5-8EB6-074894A7F2BC'", "'00000000-0000-4000-8000-000000000000'"],
        plan: &["SEARCH Customers USING INDEX CustomersById (Id=?)", "USE TEMP B-TREE FOR ORDER BY"],
    },
    Statement {
        file: "customers/items.sql",
        parameters: &["x'', '', 1000", "CAST('Jade Mountain Tea' AS BLOB), '3', 7", "x'ff', '', 1000"],
        plan: &["SEARCH Customers USING INDEX CustomersByName ((Name,Id)>(?,?))"],
    },
    Statement {
        file: "customers/summary.sql",
        parameters: &["5"],
        plan: &["SCAN CustomerCount", "SCAN Customers USING COVERING INDEX CustomersByScoring"],
    },
    Statement {
        file: "customers/top.sql",
        parameters: &["9223372036854775807, x'', '', 1000", "9, CAST('Hokkai Seafood' AS BLOB), '6', 11"],
        plan: &[
            "SEARCH Customers USING INDEX CustomersByScoring (Scoring=? AND (Name,Id)>(?,?))",
            "SEARCH Customers USING INDEX CustomersByScoring (Scoring<?)",
        ],
    },
    Statement {
        file: "incidents/grouped_by_customer.sql",
        parameters: &["x'', -1e19, 1000", "CAST('O''Malley Logistics' AS BLOB), 44, 9"],
        plan: &[
            "SEARCH Incidents USING INDEX IncidentsByCustomer (CustomerName=? AND rowid>?)",
            "SEARCH Incidents USING INDEX IncidentsByCustomer (CustomerName>?)",
        ],
    },
    Statement {
        file: "incidents/item.sql",
        parameters: &["'7E9BC135-5A6E-4A41-AFD2-995C86BB1F0F'"],
        plan: &["SEARCH Incidents USING INDEX IncidentsById (Id=?)", "USE TEMP B-TREE FOR ORDER BY"],
    },
    Statement {
        file: "incidents/items.sql",
        parameters: &["-1e19, 1000", "17, 10"],
        plan: &["SEARCH Incidents USING INTEGER PRIMARY KEY (rowid>?)"],
    },
    Statement {
        file: "incidents/summary.sql",
        parameters: &["5", "1000"],
        plan: &[
            "SCAN IncidentTotals USING COVERING INDEX IncidentTotalsByCount",
            "SCAN IncidentTotals USING COVERING INDEX IncidentTotalsByVolume",
        ],
    },
];

/// The SQL of every statement of the services, with its entry in the table.
fn statements() -> Vec<(String, &'static Statement)> {
    let mut statements = Vec::new();
    for backend in harness::backends() {
        let name = backend.service.trim_end_matches("-service");
        for entry in fs::read_dir(harness::root().join(backend.service).join("src").join(name)).unwrap() {
            let path = entry.unwrap().path();
            let entry = STATEMENTS.iter().find(|statement| path.ends_with(statement.file));
            let entry = entry.unwrap_or_else(|| panic!("{} is not in the table", path.display()));
            statements.push((fs::read_to_string(path).unwrap(), entry));
        }
    }
    statements
}

impl Statement {
    fn parameters(&self) -> impl Iterator<Item = Vec<Value>> {
        let values = |values: &&str| match *values {
            "" => Vec::new(),
            values => Database::sqlite().rows(&format!("SELECT {values}")).remove(0),
        };
        self.parameters.iter().map(values)
    }

    fn assert_plan(&self, sql: &str, database: &Database) {
        let parameters = self.parameters().next().unwrap();
        let rows = database.query(&format!("EXPLAIN QUERY PLAN {sql}"), &parameters).unwrap();
        let tables = database.tables();
        let mut plan: Vec<_> = rows.into_iter().map(|mut row| row.remove(3)).collect();
        plan.retain(|step| {
            let Value::Text(step) = step else { panic!("{step:?}") };
            let table = step.split(' ').nth(1);
            tables.iter().any(|name| Some(&**name) == table) || step.contains("TEMP B-TREE FOR ORDER")
        });
        let expected: Vec<_> = self.plan.iter().map(|step| Value::Text((*step).to_owned())).collect();
        assert_eq!(plan, expected, "{}", self.file);
    }
}

#[test]
fn every_statement_finds_its_rows_through_an_index() {
    for database in Database::all_migrated() {
        statements().iter().for_each(|(sql, statement)| statement.assert_plan(sql, &database));
    }
}

/// `SCAN … USING COVERING INDEX` with a `LIMIT`, and no sort, reads as many entries as the limit. libSQL's server has
/// no ANALYZE.
#[test]
fn the_dashboard_reads_a_handful_of_index_entries_with_stale_statistics_too() {
    let database = Database::sqlite();
    database.script(MIGRATIONS);
    database.delete_rows();
    database.insert(0, "Customers.", "");
    database.insert(0, "Incidents.", "");
    database.script("ANALYZE");
    database.script(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
         INSERT INTO Customers SELECT printf('%08x-0000-4000-8000-000000000000', i), i, 'c', 'd', i FROM n;
         INSERT INTO Incidents SELECT Id, Scoring / 4.0, Name, 'c' FROM Customers WHERE Scoring > 1",
    );
    for (sql, statement) in statements().iter().filter(|(_, entry)| entry.file.ends_with("summary.sql")) {
        statement.assert_plan(sql, &database);
    }
}

#[test]
fn every_statement_returns_the_same_on_libsql() {
    let databases = Database::all_migrated();
    for database in &databases {
        // Cells that are not UTF-8, amounts at the limits, and a customer whose volume is between -1 and 0.
        database.script(
            "UPDATE Customers SET Name = CAST(x'4dfc6c6c6572' AS TEXT), City = CAST(x'ff' AS TEXT) WHERE rowid % 9 = 0;
             UPDATE Incidents SET CustomerName = CAST(x'4dfc6c6c6572' AS TEXT) WHERE rowid % 9 = 0;
             UPDATE Incidents SET Amount = 99999999999.9999, CustomerName = '' WHERE rowid = 1;
             UPDATE Incidents SET Amount = -0.0001, CustomerName = char(0) || '\"\\' WHERE rowid = 2;",
        );
    }
    for (sql, statement) in statements() {
        for parameters in statement.parameters() {
            let query = |database: &Database| database.query(&sql, &parameters).unwrap();
            let expected = query(&databases[0]);
            let file = statement.file;
            assert!(
                databases.iter().all(|database| query(database) == expected),
                "{file} with {parameters:?}"
            );
        }
    }
}
