//! Each statement of the services finds its rows through the index for its order, and reads no whole table.

use customers_service::customers;
use incidents_service::incidents;

use super::migrated;

/// What SQLite says that it does with the tables for a statement.
fn plan(sql: &str) -> Vec<String> {
    let database = migrated();
    let mut statement = database.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let mut rows = statement.raw_query();
    let mut plan = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        plan.push(row.get::<_, String>(3).unwrap());
    }
    plan
}

/// What a statement's plan has to have, and that nothing in it is sorted.
const PLANS: [(&str, &str, &[&str]); 9] = [
    (
        "customers::ITEMS",
        customers::ITEMS,
        &["SEARCH Customers USING INDEX CustomersByName ((Name,Id)>(?,?))"],
    ),
    ("customers::ITEM", customers::ITEM, &["SEARCH Customers USING INDEX CustomersById (Id=?)"]),
    (
        "customers::TOP",
        customers::TOP,
        &[
            "SEARCH Customers USING INDEX CustomersByScoring (Scoring=? AND (Name,Id)>(?,?))",
            "SEARCH Customers USING INDEX CustomersByScoring (Scoring<?)",
        ],
    ),
    ("customers::COUNT", customers::COUNT, &["SCAN CustomerCount"]),
    (
        "customers::SUMMARY",
        customers::SUMMARY,
        &["SCAN CustomerCount", "SCAN Customers USING COVERING INDEX CustomersByScoring"],
    ),
    ("incidents::ITEMS", incidents::ITEMS, &["SEARCH Incidents USING INTEGER PRIMARY KEY (rowid>?)"]),
    ("incidents::ITEM", incidents::ITEM, &["SEARCH Incidents USING INDEX IncidentsById (Id=?)"]),
    (
        "incidents::GROUPED_BY_CUSTOMER",
        incidents::GROUPED_BY_CUSTOMER,
        &[
            "SEARCH Incidents USING INDEX IncidentsByCustomer (CustomerName=? AND rowid>?)",
            "SEARCH Incidents USING INDEX IncidentsByCustomer (CustomerName>?)",
        ],
    ),
    (
        "incidents::SUMMARY",
        incidents::SUMMARY,
        &[
            "SCAN IncidentTotals USING COVERING INDEX IncidentTotalsByNumber",
            "SCAN IncidentTotals USING INDEX IncidentTotalsByVolume",
        ],
    ),
];

/// The service's own sample of the schema is read to see that the triggers are there.
fn reads_rows(step: &str) -> bool {
    let table = step.strip_prefix("SEARCH ").or(step.strip_prefix("SCAN ")).unwrap_or_default();
    ["Customers ", "CustomerCount", "Incidents ", "IncidentTotals "]
        .iter()
        .any(|name| table.starts_with(name))
        || ["Customers", "Incidents", "IncidentTotals"].contains(&table)
}

#[test]
fn every_statement_finds_its_rows_through_the_index_of_its_order() {
    for (name, sql, expected) in PLANS {
        let plan = plan(sql);
        let steps: Vec<&str> = plan.iter().map(String::as_str).filter(|step| reads_rows(step)).collect();
        assert_eq!(steps, expected, "{name}: {plan:#?}");
    }
}

#[test]
fn every_statement_has_a_plan_here() {
    let all = customers::STATEMENTS.iter().chain(&incidents::STATEMENTS);
    assert!(all.clone().all(|(_, sql)| PLANS.iter().any(|(_, planned, _)| planned == sql)));
    assert_eq!(all.count(), PLANS.len());
}
