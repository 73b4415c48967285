//! `/customers/...`, against rows that are read from the database by other SQL.

use harness::App;
use serde_json::{Value, json};

/// Names and scorings that tie, an apostrophe, and letters whose order by bytes is not the alphabet's.
const CUSTOMERS: &str = "
    INSERT INTO Customers VALUES
        ('0000000A-0000-4000-8000-00000000000a', 'zebra', 'Oslo', 'Norway', 7),
        ('00000000-0000-4000-8000-000000000002', 'O''Neill \"& Sons\"', 'Cork', 'Ireland', 9),
        ('00000000-0000-4000-8000-000000000003', 'Ärzte', 'Köln', 'Germany', 9),
        ('00000000-0000-4000-8000-000000000005', 'Twin', 'Łódź', 'Poland', 7),
        ('00000000-0000-4000-8000-000000000004', 'Twin', '東京', 'Japan', 7),
        ('00000000-0000-4000-8000-000000000006', 'Zero', 'Rome', 'Italy', 0),
        ('00000000-0000-4000-8000-000000000007', 'Low', 'Rome', 'Italy', -3)";

fn rows(app: &App, order: &str) -> Vec<Value> {
    let database = app.database();
    let mut statement = database
        .prepare(&format!("SELECT Id, Name, Country, Scoring FROM Customers ORDER BY {order}"))
        .unwrap();
    let rows = statement.query_map([], |row| {
        Ok(json!({
            "id": row.get::<_, String>(0)?,
            "name": row.get::<_, String>(1)?,
            "country": row.get::<_, String>(2)?,
            "scoring": row.get::<_, i64>(3)?,
        }))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

#[test]
fn items_are_all_customers_by_name_then_id() {
    let app = App::with_data(CUSTOMERS);
    let reply = app.get("/customers/items");
    assert_eq!(reply.status, 200);
    assert_eq!(reply.json(), json!(rows(&app, "Name COLLATE BINARY, Id")));
    let names: Vec<_> =
        reply.json().as_array().unwrap().iter().map(|customer| customer["name"].clone()).collect();
    assert_eq!(names, ["Low", "O'Neill \"& Sons\"", "Twin", "Twin", "Zero", "zebra", "Ärzte"]);
}

#[test]
fn items_are_compact_json_with_keys_in_the_order_of_the_contract() {
    let app = App::with_data(
        "INSERT INTO Customers VALUES ('0000000a-0000-4000-8000-00000000000a', 'Ä\"', 'x', 'y', 1)",
    );
    let expected =
        r#"[{"id":"0000000a-0000-4000-8000-00000000000a","name":"Ä\"","country":"y","scoring":1}]"#;
    assert_eq!(app.get("/customers/items").text(), expected);
}

#[test]
fn an_item_has_all_columns_whatever_the_case_of_the_id() {
    let app = App::with_data(CUSTOMERS);
    let expected = concat!(
        r#"{"id":"0000000A-0000-4000-8000-00000000000a","name":"zebra","city":"Oslo","#,
        r#""country":"Norway","scoring":7}"#
    );
    for id in [
        "0000000A-0000-4000-8000-00000000000a",
        "0000000a-0000-4000-8000-00000000000A",
        "0000000a%2D0000-4000-8000-00000000000a",
    ] {
        let reply = app.get(&format!("/customers/items/{id}"));
        assert_eq!((reply.status.as_u16(), reply.text()), (200, expected), "{id}");
    }
}

#[test]
fn ids_that_differ_in_case_only_are_found_by_exact_match() {
    let app = App::with_data(
        "INSERT INTO Customers VALUES
            ('0000000a-0000-4000-8000-00000000000a', 'lower', 'x', 'y', 1),
            ('0000000A-0000-4000-8000-00000000000A', 'upper', 'x', 'y', 1)",
    );
    assert_eq!(app.get("/customers/items/0000000a-0000-4000-8000-00000000000a").json()["name"], "lower");
    assert_eq!(app.get("/customers/items/0000000A-0000-4000-8000-00000000000A").json()["name"], "upper");
}

#[test]
fn an_unknown_id_is_a_404_and_a_malformed_one_a_400() {
    let app = App::start();
    let unknown = app.get("/customers/items/00000000-0000-4000-8000-ffffffffffff");
    assert_eq!(unknown.error(404), "Customer not found");
    for malformed in [
        "1",
        "x",
        "/",
        "00000000-0000-4000-8000-fffffffffff",
        "00000000-0000-4000-8000-fffffffffffg",
        "%00",
        "%ff",
    ] {
        let reply = app.get(&format!("/customers/items/{malformed}"));
        assert_eq!(reply.error(400), "Invalid parameter (id) received", "{malformed}");
    }
}

#[test]
fn top_is_the_highest_scoring_then_by_name_then_id() {
    let app = App::with_data(CUSTOMERS);
    let all = rows(&app, "Scoring DESC, Name COLLATE BINARY, Id");
    for limit in [1, 2, 4, 5, 7, 8, 1000, i64::MAX] {
        let reply = app.get(&format!("/customers/top/{limit}"));
        assert_eq!(reply.status, 200);
        let expected = all.iter().take(usize::try_from(limit).unwrap()).cloned().collect();
        assert_eq!(reply.json(), Value::Array(expected), "{limit}");
    }
}

#[test]
fn a_limit_has_to_be_a_whole_number_above_zero() {
    let app = App::start();
    for route in ["top", "summary"] {
        for invalid in
            ["abc", "1.5", "1e3", "+5", "%2B5", "", "/", "9223372036854775808", "5x", "%20", "%D9%A3"]
        {
            let reply = app.get(&format!("/customers/{route}/{invalid}"));
            assert_eq!(reply.error(400), "Invalid parameter (limit) received", "{route} {invalid}");
        }
        for low in ["0", "-1", "-9223372036854775808"] {
            let reply = app.get(&format!("/customers/{route}/{low}"));
            assert_eq!(reply.error(400), "Limit must be higher than 0", "{route} {low}");
        }
    }
}

#[test]
fn count_is_the_number_of_customers() {
    let app = App::with_data(CUSTOMERS);
    assert_eq!(app.get("/customers/count").text(), r#"{"count":7}"#);
    app.sql("DELETE FROM Customers WHERE Scoring = 9");
    assert_eq!(app.get("/customers/count").text(), r#"{"count":5}"#);
}

#[test]
fn the_summary_is_the_count_and_the_top() {
    let app = App::with_data(CUSTOMERS);
    let expected = r#"{"count":7,"top":[{"name":"O'Neill \"& Sons\"","scoring":9},{"name":"Ärzte","scoring":9},{"name":"Twin","scoring":7}]}"#;
    assert_eq!(app.get("/customers/summary/3").text(), expected);
}

#[test]
fn a_summary_has_at_most_a_thousand_entries() {
    let app = App::with_data(MANY);
    let by_scoring = rows(&app, "Scoring DESC, Name, Id");
    for (limit, entries) in [(999, 999), (1000, 1000), (1001, 1000), (i64::MAX, 1000)] {
        let summary = app.get(&format!("/customers/summary/{limit}")).json();
        assert_eq!(summary["count"], 3000);
        let expected = by_scoring.iter().take(entries);
        let expected = expected.map(|row| json!({"name": row["name"], "scoring": row["scoring"]}));
        assert!(summary["top"] == expected.collect::<Value>(), "{limit}");
    }
}

#[test]
fn without_customers_there_are_empty_lists() {
    let app = App::with_data("");
    assert_eq!(app.get("/customers/items").text(), "[]");
    assert_eq!(app.get("/customers/top/5").text(), "[]");
    assert_eq!(app.get("/customers/count").text(), r#"{"count":0}"#);
    assert_eq!(app.get("/customers/summary/5").text(), r#"{"count":0,"top":[]}"#);
}

/// Fills `Customers` with many rows: names, scorings and ids in an order of their own, with ties.
const MANY: &str = "
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
    INSERT INTO Customers
    SELECT printf('%08x-0000-4000-8000-000000000000', (i * 7919) % 100003), 'Name ' || ((i * 31) % 700),
        'City', 'Country', (i * 17) % 7
    FROM n";

#[test]
fn a_list_of_many_pages_is_the_same_as_one_of_one_page() {
    let app = App::with_data(MANY);
    assert!(app.get("/customers/items").json() == json!(rows(&app, "Name, Id")));
    let by_scoring = rows(&app, "Scoring DESC, Name, Id");
    for limit in [999, 1000, 1001, 2000, 2999, 3000, 5000] {
        let expected: Vec<_> = by_scoring.iter().take(limit).collect();
        assert!(app.get(&format!("/customers/top/{limit}")).json() == json!(expected), "{limit}");
    }
}

#[test]
fn a_list_of_one_page_has_content_length() {
    let app = App::with_data(MANY);
    assert!(app.get("/customers/top/1000").header("content-length").is_some());
    assert!(app.get("/customers/top/1001").header("content-length").is_none());
    app.sql(
        "DELETE FROM Customers WHERE rowid > (SELECT rowid FROM Customers ORDER BY rowid LIMIT 1 OFFSET 999)",
    );
    assert!(app.get("/customers/items").header("content-length").is_some());
}
