//! `/incidents/...`, against rows that are read from the database by other SQL.

use std::collections::{BTreeMap, BTreeSet};

use harness::App;
use rusqlite::types::ValueRef;
use serde_json::{Value, json};

use crate::data::id;

const INCIDENTS: &str = "
    INSERT INTO Incidents VALUES
        ('0000000F-0000-4000-8000-000000000001', 6189, 'O''Neill', 'Theft'),
        ('00000000-0000-4000-8000-000000000009', 12.5, 'Ärzte', 'Fire'),
        ('00000000-0000-4000-8000-000000000003', 100.0, 'O''Neill', 'Fire'),
        ('00000000-0000-4000-8000-000000000002', 99999999999, 'o''neill', 'Fire'),
        ('00000000-0000-4000-8000-000000000004', -0.25, '', 'Refund'),
        ('00000000-0000-4000-8000-000000000005', 0, 'Nobody \"in\" particular\n', 'Fire')";

fn rows(app: &App) -> Vec<Value> {
    let database = app.database();
    let mut statement =
        database.prepare("SELECT Id, Amount, CustomerName FROM Incidents ORDER BY rowid").unwrap();
    let rows = statement.query_map([], |row| {
        let amount = match row.get_ref(1)? {
            ValueRef::Integer(whole) => json!(whole),
            ValueRef::Real(fractional) => json!(fractional),
            other => panic!("an amount is a number: {other:?}"),
        };
        Ok(json!({
            "id": row.get::<_, String>(0)?,
            "amount": amount,
            "customerName": row.get::<_, String>(2)?,
        }))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

fn grouped(rows: Vec<Value>) -> Value {
    let mut groups: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for row in rows {
        groups.entry(row["customerName"].as_str().unwrap().to_owned()).or_default().push(row);
    }
    json!(groups)
}

#[test]
fn items_are_all_incidents_as_inserted() {
    let app = App::with_data(INCIDENTS);
    let reply = app.get("/incidents/items");
    assert_eq!(reply.status, 200);
    assert_eq!(reply.json(), json!(rows(&app)));
    assert!(reply.text().starts_with(
        r#"[{"id":"0000000F-0000-4000-8000-000000000001","amount":6189,"customerName":"O'Neill"},{"#
    ));
}

/// Decimals at the limits of the domain.
const AMOUNTS: [&str; 12] = [
    "99999999999.9999",
    "99999999999",
    "12345678901.2345",
    "617428.8843",
    "1000",
    "100.01",
    "12.5",
    "0.3",
    "0.1",
    "0.0001",
    "-0.0001",
    "-99999999999.9999",
];

#[test]
fn every_route_prints_the_decimal() {
    let app = App::with_data("");
    for (number, amount) in AMOUNTS.into_iter().enumerate() {
        let id = id(number);
        app.sql(&format!("INSERT INTO Incidents VALUES ('{id}', {amount}, '{number:02}', 'x')"));
    }
    let items = app.get("/incidents/items");
    let grouped = app.get("/incidents/grouped-by-customer");
    let ranking: Vec<_> = AMOUNTS
        .into_iter()
        .enumerate()
        .map(|(number, amount)| format!(r#"{{"customerName":"{number:02}","incidentVolume":{amount}}}"#))
        .collect();
    for (number, amount) in AMOUNTS.into_iter().enumerate() {
        let id = id(number);
        let entry = format!(r#"{{"id":"{id}","amount":{amount},"customerName":"{number:02}"}}"#);
        assert!(items.text().contains(&entry), "{entry} is not in {}", items.text());
        assert!(grouped.text().contains(&format!(r#""{number:02}":[{entry}]"#)), "{}", grouped.text());
        let item = app.get(&format!("/incidents/items/{id}"));
        assert!(item.text().contains(&format!(r#""amount":{amount},"#)), "{}", item.text());
    }
    let summary = app.get("/incidents/summary/20");
    assert!(
        summary.text().ends_with(&format!(r#""highestVolume":[{}]}}"#, ranking.join(","))),
        "{}",
        summary.text()
    );
    assert!(app.dashboard().text().ends_with(&format!("[{}]}}", ranking[..5].join(","))));
}

#[test]
fn a_sum_of_decimals_is_exact() {
    let app = App::with_data("");
    for number in 0..3 {
        app.sql(&format!("INSERT INTO Incidents VALUES ('{}', 0.1, 'x', 'y')", id(number)));
    }
    assert!(app.dashboard().text().contains(r#""incidentVolume":0.3}"#), "{}", app.dashboard().text());
}

/// `Müller` in Latin-1, as an imported file may have it, more often than fits into a page.
#[test]
fn text_that_is_not_utf8_has_replacement_characters() {
    let app = App::with_data(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)
         INSERT INTO Customers SELECT printf('%08x-0000-4000-8000-000000000000', i), CAST(x'4dfc6c6c6572' AS TEXT),
            CAST(x'ff' AS TEXT), CAST(x'e282' AS TEXT), 5 FROM n;
         INSERT INTO Incidents SELECT Id, 1, Name, City FROM Customers",
    );
    let name = "M\u{fffd}ller";
    for path in ["/customers/items", "/customers/top/1200", "/incidents/items"] {
        let items = app.get(path).json();
        let ids: BTreeSet<_> =
            items.as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect();
        assert_eq!((items.as_array().unwrap().len(), ids.len()), (1200, 1200), "{path}");
        let shown = items[0].get("name").or(items[0].get("customerName"));
        assert_eq!(shown, Some(&json!(name)), "{path}");
    }
    let grouped = app.get("/incidents/grouped-by-customer").json();
    assert_eq!(grouped[name].as_array().map(Vec::len), Some(1200));
    let customer = app.get(&format!("/customers/items/{}", id(1))).json();
    assert_eq!((&customer["city"], &customer["country"]), (&json!("\u{fffd}"), &json!("\u{fffd}")));
    assert_eq!(app.get(&format!("/incidents/items/{}", id(1))).json()["category"], "\u{fffd}");
    let dashboard = app.dashboard().json();
    assert_eq!(dashboard["topCustomers"][0]["customerName"], name);
    assert_eq!(
        dashboard["customersWithMostIncidents"],
        json!([{"customerName": name, "numberOfIncidents": 1200}])
    );
    assert_eq!(dashboard["customersWithHighestIncidentVolume"][0]["customerName"], name);
}

#[test]
fn an_item_has_all_columns_whatever_the_case_of_the_id() {
    let app = App::with_data(INCIDENTS);
    let expected = r#"{"id":"0000000F-0000-4000-8000-000000000001","amount":6189,"customerName":"O'Neill","category":"Theft"}"#;
    for id in ["0000000F-0000-4000-8000-000000000001", "0000000f-0000-4000-8000-000000000001"] {
        assert_eq!(app.get(&format!("/incidents/items/{id}")).text(), expected);
    }
    let fractional = app.get("/incidents/items/00000000-0000-4000-8000-000000000009");
    assert_eq!(fractional.json()["amount"], json!(12.5));
}

#[test]
fn an_unknown_id_is_a_404_and_a_malformed_one_a_400() {
    let app = App::start();
    let unknown = app.get("/incidents/items/00000000-0000-4000-8000-ffffffffffff");
    assert_eq!(unknown.error(404), "Incident not found");
    assert_eq!(app.get("/incidents/items/1").error(400), "Invalid parameter (id) received");
}

#[test]
fn groups_are_by_the_bytes_of_the_name_and_inside_as_inserted() {
    let app = App::with_data(INCIDENTS);
    let reply = app.get("/incidents/grouped-by-customer");
    assert_eq!(reply.json(), grouped(rows(&app)));
    let text = reply.text();
    let keys =
        [r#""":["#, r#""Nobody \"in\" particular\n":["#, r#""O'Neill":["#, r#""o'neill":["#, r#""Ärzte":["#];
    let places: Vec<_> =
        keys.iter().map(|key| text.find(key).unwrap_or_else(|| panic!("{key}: {text}"))).collect();
    assert!(places.is_sorted(), "{text}");
}

#[test]
fn every_row_is_listed_wherever_it_is() {
    let app = App::with_data(
        "INSERT INTO Incidents (rowid, Id, Amount, CustomerName, Category) VALUES
            (9223372036854775807, '00000000-0000-4000-8000-000000000003', 3, '', 'x'),
            (-1, '00000000-0000-4000-8000-000000000002', 2, '', 'x'),
            (-9223372036854775808, '00000000-0000-4000-8000-000000000001', 1, '', 'x')",
    );
    let items = app.get("/incidents/items").json();
    assert_eq!(items, json!(rows(&app)));
    assert_eq!(items.as_array().unwrap().len(), 3);
    assert_eq!(app.get("/incidents/grouped-by-customer").json(), json!({ "": items }));
}

#[test]
fn without_incidents_there_are_empty_lists() {
    let app = App::with_data("");
    assert_eq!(app.get("/incidents/items").text(), "[]");
    assert_eq!(app.get("/incidents/grouped-by-customer").text(), "{}");
    assert_eq!(app.get("/incidents/summary/5").text(), r#"{"mostIncidents":[],"highestVolume":[]}"#);
}

#[test]
fn the_summary_ranks_by_number_and_by_volume() {
    let app = App::with_data(INCIDENTS);
    assert_eq!(
        app.get("/incidents/summary/2").text(),
        concat!(
            r#"{"mostIncidents":[{"customerName":"O'Neill","numberOfIncidents":2},"#,
            r#"{"customerName":"","numberOfIncidents":1}],"#,
            r#""highestVolume":[{"customerName":"o'neill","incidentVolume":99999999999},"#,
            r#"{"customerName":"O'Neill","incidentVolume":6289}]}"#
        )
    );
    for (invalid, message) in [
        ("x", "Invalid parameter (limit) received"),
        ("+5", "Invalid parameter (limit) received"),
        ("0", "Limit must be higher than 0"),
    ] {
        assert_eq!(app.get(&format!("/incidents/summary/{invalid}")).error(400), message);
    }
}

/// Some customers with very many incidents, some with one, so that pages end inside a group and between two.
const MANY: &str = "
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4500)
    INSERT INTO Incidents
    SELECT printf('%08x-0000-4000-8000-000000000000', i), iif(i % 3, i, i / 4.0),
        CASE WHEN i % 2 THEN 'Big' WHEN i % 5 = 0 THEN '' ELSE 'Customer ' || (i % 1700) END, 'Fire'
    FROM n";

#[test]
fn a_list_of_many_pages_is_the_same_as_one_of_one_page() {
    let app = App::with_data(MANY);
    for rows_left in [4500, 3001, 3000, 2999, 2250, 2000, 1001, 1000, 999, 1] {
        app.sql(&format!(
            "DELETE FROM Incidents WHERE rowid NOT IN (SELECT rowid FROM Incidents ORDER BY rowid LIMIT {rows_left})"
        ));
        let items = app.get("/incidents/items");
        assert!(items.json() == json!(rows(&app)), "{rows_left}");
        let groups = app.get("/incidents/grouped-by-customer");
        assert!(groups.json() == grouped(rows(&app)), "{rows_left}");
        for reply in [items, groups] {
            assert_eq!(reply.header("content-length").is_some(), rows_left <= 1000, "{rows_left}");
        }
    }
}

#[test]
fn a_summary_has_at_most_a_thousand_entries() {
    let app = App::with_data(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)
        INSERT INTO Incidents
        SELECT printf('%08x-0000-4000-8000-000000000000', i), i, 'Customer ' || i, 'Fire' FROM n",
    );
    for (limit, entries) in [(999, 999), (1000, 1000), (1001, 1000), (i64::MAX, 1000)] {
        let summary = app.get(&format!("/incidents/summary/{limit}")).json();
        for list in ["mostIncidents", "highestVolume"] {
            assert_eq!(summary[list].as_array().unwrap().len(), entries, "{list} {limit}");
        }
    }
}
