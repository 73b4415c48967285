//! Any data: the dashboard says what plain SQL over the whole tables says.

use std::collections::BTreeMap;

use harness::App;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use rusqlite::{Connection, params};
use serde_json::Value;

use crate::exact;

#[derive(Debug, Clone)]
struct Data {
    customers: Vec<(String, i64)>,
    incidents: Vec<(String, f64)>,
    /// So many incidents more of one customer.
    more: usize,
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ab]",
        "[a-zA-Z' \"<&]{1,12}",
        "\\PC{1,20}",
        Just("Łódź \u{202e}".to_owned()),
        Just(String::new()),
    ]
}

fn amount() -> impl Strategy<Value = f64> {
    prop_oneof![
        (0..50_i32).prop_map(f64::from),
        (0..1_000_000_i32).prop_map(|quarters| f64::from(quarters) / 4.0),
        (0..1_000_000_i32).prop_map(|cents| f64::from(cents) / 100.0),
        (0..1_000_000_000_000_000_i64).prop_map(|large| large as f64),
        -1e9..1e9_f64,
        (-1.0..1.0_f64, -300..15_i32).prop_map(|(size, exponent)| size * 10_f64.powi(exponent)),
    ]
}

fn data() -> impl Strategy<Value = Data> {
    let customers = prop::collection::vec((name(), prop_oneof![-3..4_i64, any::<i64>()]), 0..12);
    let incidents = prop::collection::vec((name(), amount()), 0..60);
    let more = prop_oneof![9 => Just(0_usize), 1 => 250_usize..600];
    (customers, incidents, more).prop_map(|(customers, incidents, more)| Data { customers, incidents, more })
}

fn load(database: &mut Connection, data: &Data) {
    let transaction = database.transaction().unwrap();
    transaction.execute_batch("DELETE FROM Incidents; DELETE FROM Customers").unwrap();
    let id = |number: usize| format!("{number:08x}-0000-4000-8000-000000000000");
    for (number, (name, scoring)) in data.customers.iter().enumerate() {
        let row = params![id(number), name, scoring];
        transaction.execute("INSERT INTO Customers VALUES (?1, ?2, 'x', 'y', ?3)", row).unwrap();
    }
    let more = (0..data.more).map(|number| ("Many".to_owned(), number as f64 / 8.0));
    for (number, (name, amount)) in data.incidents.iter().cloned().chain(more).enumerate() {
        let row = params![id(number), amount, name];
        transaction.execute("INSERT INTO Incidents VALUES (?1, ?2, ?3, 'x')", row).unwrap();
    }
    transaction.commit().unwrap();
}

/// The dashboard by one query over the whole database, but for the volumes.
const EXPECTED: &str = "
    SELECT json_object(
        'customerCount', (SELECT count(*) FROM Customers),
        'topCustomers', (SELECT json_group_array(json_object('customerName', Name, 'scoring', Scoring))
            FROM (SELECT * FROM Customers ORDER BY Scoring DESC, CAST(Name AS BLOB), Id LIMIT 5)),
        'customersWithMostIncidents', (SELECT json_group_array(json_object('customerName', CustomerName, 'numberOfIncidents', n))
            FROM (SELECT CustomerName, count(*) AS n FROM Incidents GROUP BY 1 ORDER BY 2 DESC, CAST(CustomerName AS BLOB) LIMIT 5))
    )";

/// The exact sum of each customer's amounts.
fn volumes(data: &Data) -> BTreeMap<&str, f64> {
    let mut amounts: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for (name, amount) in &data.incidents {
        amounts.entry(name).or_default().push(*amount);
    }
    if data.more > 0 {
        amounts.entry("Many").or_default().extend((0..data.more).map(|number| number as f64 / 8.0));
    }
    amounts.into_iter().map(|(name, amounts)| (name, exact::sum(amounts))).collect()
}

fn near(one: f64, other: f64) -> bool {
    exact::ulps(one, other) <= 1
}

fn volume(entry: &Value) -> f64 {
    entry["incidentVolume"].as_f64().unwrap()
}

fn check(app: &App, data: &Data) {
    let mut database = app.database();
    load(&mut database, data);
    let expected: String = database.query_row(EXPECTED, [], |row| row.get(0)).unwrap();
    let expected: Value = serde_json::from_str(&expected).unwrap();
    let reply = app.dashboard();
    assert_eq!(reply.header("x-aggregate-complete"), Some("true"), "{}", reply.text());
    assert_eq!(app.dashboard().body, reply.body);

    let actual = reply.json();
    for section in ["customerCount", "topCustomers", "customersWithMostIncidents"] {
        assert_eq!(actual[section], expected[section], "{section}");
    }
    // Two sums that are rounded in different ways may change places, if they are as good as equal.
    let volumes = volumes(data);
    let mut falling: Vec<f64> = volumes.values().copied().collect();
    falling.sort_by(|one, other| other.total_cmp(one));
    let shown = actual["customersWithHighestIncidentVolume"].as_array().unwrap();
    assert_eq!(shown.len(), falling.len().min(5));
    for (shown, ranked) in shown.iter().zip(falling) {
        let own = volumes[shown["customerName"].as_str().unwrap()];
        assert!(near(volume(shown), own), "{shown} is {own:e}");
        assert!(near(volume(shown), ranked), "{shown} stands where {ranked:e} should");
    }
    for pair in shown.windows(2) {
        let names = [&pair[0], &pair[1]].map(|entry| entry["customerName"].as_str().unwrap().as_bytes());
        let [first, second] = [&pair[0], &pair[1]].map(volume);
        assert!(first > second || (first == second && names[0] < names[1]), "{} before {}", pair[0], pair[1]);
    }
}

#[test]
fn the_dashboard_is_what_plain_sql_says_of_any_data() {
    let app = App::start();
    let config = ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() };
    let result = TestRunner::new(config).run(&data(), |data| {
        check(&app, &data);
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
}
