//! `/incidents/...`, against rows that are read from the database by other SQL.

use std::collections::BTreeMap;

use harness::App;
use rusqlite::types::Value::{Real, Text};
use rusqlite::types::ValueRef;
use serde_json::{Value, json};

const INCIDENTS: &str = "
    INSERT INTO Incidents VALUES
        ('0000000F-0000-4000-8000-000000000001', 6189, 'O''Neill', 'Theft'),
        ('00000000-0000-4000-8000-000000000009', 12.5, 'Ärzte', 'Fire'),
        ('00000000-0000-4000-8000-000000000003', 100.0, 'O''Neill', 'Fire'),
        ('00000000-0000-4000-8000-000000000002', 999999999999999, 'o''neill', 'Fire'),
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

#[test]
fn whole_and_fractional_amounts_are_numbers_to_the_last_digit() {
    let app = App::with_data(INCIDENTS);
    let amounts: Vec<_> = app
        .get("/incidents/items")
        .json()
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["amount"].to_string())
        .collect();
    assert_eq!(amounts, ["6189", "12.5", "100", "999999999999999", "-0.25", "0"]);
}

/// Some need 16 or 17 digits, some an exponent; SQLite's own text of most of these is another number in one
/// version or another.
pub const AMOUNTS: [f64; 22] = [
    1_234_567_890_123.456,
    0.1,
    -0.1,
    1.0 / 3.0,
    0.1 + 0.2,
    617_428.884_351_145_9,
    581_087_235_009_764.2,
    999_999_999_999_999.9,
    -123_456_789_012_345.6,
    0.001,
    0.0001,
    0.00001,
    1.25e-5,
    1e-6,
    -1e-7,
    5.780_402_177_141_150_6e-220,
    3.891_934_989_017_889_4e-291,
    5e-324,
    2.634_999_044_939_553e-309,
    8.673_617_379_884_035e-19,
    4e-3,
    42.0,
];

#[test]
fn every_route_writes_the_shortest_text_of_the_same_number() {
    let app = App::with_data("");
    for (number, amount) in AMOUNTS.into_iter().enumerate() {
        let id = Text(format!("00000000-0000-4000-8000-{number:012}"));
        let row = [id, Real(amount), Text(format!("{number:02}"))];
        app.execute("INSERT INTO Incidents VALUES (?1, ?2, ?3, 'x')", &row);
    }
    let items = app.get("/incidents/items");
    let grouped = app.get("/incidents/grouped-by-customer");
    let ranking = app.get("/incidents/summary/22");
    for (number, amount) in AMOUNTS.into_iter().enumerate() {
        let text = serde_json::to_string(&amount).unwrap().replace("42.0", "42");
        let id = format!("00000000-0000-4000-8000-{number:012}");
        let entry = format!(r#"{{"id":"{id}","amount":{text},"customerName":"{number:02}"}}"#);
        assert!(items.text().contains(&entry), "{entry} is not in {}", items.text());
        assert!(grouped.text().contains(&format!(r#""{number:02}":[{entry}]"#)), "{}", grouped.text());
        let item = app.get(&format!("/incidents/items/{id}"));
        assert!(item.text().contains(&format!(r#""amount":{text},"#)), "{}", item.text());
        let volume = format!(r#"{{"customerName":"{number:02}","incidentVolume":{text}}}"#);
        assert!(ranking.text().contains(&volume), "{volume} is not in {}", ranking.text());
    }
    // The dashboard shows the five highest: each in its turn, from the highest down.
    let mut falling: Vec<(usize, f64)> = AMOUNTS.into_iter().enumerate().collect();
    falling.sort_by(|one, other| other.1.total_cmp(&one.1));
    for (number, amount) in falling {
        let text = serde_json::to_string(&amount).unwrap().replace("42.0", "42");
        app.execute("DELETE FROM Incidents WHERE Amount > ?1", &[Real(amount)]);
        let volume = format!(r#"{{"customerName":"{number:02}","incidentVolume":{text}}}"#);
        assert!(app.dashboard().text().contains(&volume), "{volume} is not in {}", app.dashboard().text());
    }
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
fn an_unknown_id_is_not_found_and_a_malformed_one_is_refused() {
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
            (9223372036854775807, 'c', 3, '', 'x'), (-1, 'b', 2, '', 'x'), (-9223372036854775808, 'a', 1, '', 'x')",
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
            r#""highestVolume":[{"customerName":"o'neill","incidentVolume":999999999999999},"#,
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
