//! Random data: the dashboard equals plain SQL over the whole tables.

use harness::App;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use rusqlite::{Connection, params};
use serde_json::Value;

use crate::data::id;

#[derive(Debug, Clone)]
struct Data {
    customers: Vec<(String, i64)>,
    /// Names, and amounts in ten-thousandths.
    incidents: Vec<(String, i64)>,
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ab]",
        "[a-zA-Z' \"<&]{1,12}",
        "\\PC{1,20}",
        Just("Łódź \u{202e}".to_owned()),
        Just(String::new())
    ]
}

fn data() -> impl Strategy<Value = Data> {
    let customers = prop::collection::vec((name(), prop_oneof![-3..4_i64, any::<i64>()]), 0..12);
    let amount = prop_oneof![
        (0..50_i64).prop_map(|whole| whole * 10_000),
        -999_999_999_999_999..999_999_999_999_999_i64
    ];
    let incidents = prop::collection::vec((name(), amount), 0..60);
    (customers, incidents).prop_map(|(customers, incidents)| Data { customers, incidents })
}

fn load(database: &mut Connection, data: &Data) {
    let transaction = database.transaction().unwrap();
    transaction.execute_batch("DELETE FROM Incidents; DELETE FROM Customers").unwrap();
    for (number, (name, scoring)) in data.customers.iter().enumerate() {
        let row = params![id(number), name, scoring];
        transaction.execute("INSERT INTO Customers VALUES (?1, ?2, 'x', 'y', ?3)", row).unwrap();
    }
    for (number, (name, amount)) in data.incidents.iter().enumerate() {
        let row = params![id(number), *amount as f64 / 10_000.0, name];
        transaction.execute("INSERT INTO Incidents VALUES (?1, ?2, ?3, 'x')", row).unwrap();
    }
    transaction.commit().unwrap();
}

/// The dashboard by one query over the whole database, its volumes in ten-thousandths.
const EXPECTED: &str = "
    WITH Totals AS (
        SELECT CustomerName AS Name, count(*) AS n, sum(CAST(round(Amount * 10000) AS INTEGER)) AS Volume
        FROM Incidents GROUP BY 1
    )
    SELECT json_object(
        'customerCount', (SELECT count(*) FROM Customers),
        'topCustomers', (SELECT json_group_array(json_object('customerName', Name, 'scoring', Scoring))
            FROM (SELECT * FROM Customers ORDER BY Scoring DESC, CAST(Name AS BLOB), Id LIMIT 5)),
        'customersWithMostIncidents', (SELECT json_group_array(json_object('customerName', Name, 'numberOfIncidents', n))
            FROM (SELECT * FROM Totals ORDER BY n DESC, CAST(Name AS BLOB) LIMIT 5)),
        'customersWithHighestIncidentVolume', (SELECT json_group_array(json_object('customerName', Name, 'incidentVolume', Volume))
            FROM (SELECT * FROM Totals ORDER BY Volume DESC, CAST(Name AS BLOB) LIMIT 5))
    )";

/// With the volumes as the nearest binary fractions.
fn with_volumes(mut dashboard: Value, volume: fn(&Value) -> f64) -> Value {
    for entry in dashboard["customersWithHighestIncidentVolume"].as_array_mut().unwrap() {
        entry["incidentVolume"] = volume(&entry["incidentVolume"]).into();
    }
    dashboard
}

fn from_ten_thousandths(volume: &Value) -> f64 {
    format!("{volume}e-4").parse().unwrap()
}

#[test]
fn the_dashboard_of_random_data_equals_plain_sql() {
    let app = App::start();

    let config = ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() };
    let result = TestRunner::new(config).run(&data(), |data| {
        let mut database = app.database();
        load(&mut database, &data);
        let expected: String = database.query_row(EXPECTED, [], |row| row.get(0)).unwrap();
        let reply = app.dashboard();
        assert_eq!(reply.header("x-aggregate-complete"), Some("true"), "{}", reply.text());
        let expected = with_volumes(serde_json::from_str(&expected).unwrap(), from_ten_thousandths);
        assert_eq!(with_volumes(reply.json(), |volume| volume.as_f64().unwrap()), expected);
        assert_eq!(app.dashboard().body, reply.body);
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
}
