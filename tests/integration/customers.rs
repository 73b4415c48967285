//! The routes of `customers-service`. Its parameters are tested in `requests`, and long lists in `streaming`.

use harness::{App, Reply};

/// Equal scorings and names, quotes, and letters whose order by bytes is not that of the alphabet.
const CUSTOMERS: &str = "
    INSERT INTO Customers VALUES
        ('0000000A-0000-4000-8000-00000000000a', 'zebra', 'Oslo', 'Norway', 7),
        ('00000000-0000-4000-8000-000000000002', 'O''Neill \"& Sons\"', 'Cork', 'Ireland', 9),
        ('00000000-0000-4000-8000-000000000003', 'Ärzte', 'Köln', 'Germany', 9),
        ('00000000-0000-4000-8000-000000000005', 'Twin', 'Łódź', 'Poland', 7),
        ('00000000-0000-4000-8000-000000000004', 'Twin', '東京', 'Japan', 7),
        ('00000000-0000-4000-8000-000000000006', 'Zero', 'Rome', 'Italy', 0),
        ('00000000-0000-4000-8000-000000000007', 'Low', 'Rome', 'Italy', -3)";

/// The last character of each id.
pub fn order(reply: &Reply) -> String {
    let json = reply.json();
    json.as_array().unwrap().iter().filter_map(|row| row["id"].as_str().unwrap().chars().last()).collect()
}

#[test]
fn items_are_ordered_by_the_bytes_of_the_name_then_by_id() {
    let reply = App::with_data(CUSTOMERS).get("/customers/items");
    assert_eq!((reply.status.as_u16(), &*order(&reply)), (200, "72456a3"));
    let first =
        r#"[{"id":"00000000-0000-4000-8000-000000000007","name":"Low","country":"Italy","scoring":-3},{"#;
    assert!(reply.text().starts_with(first), "{}", reply.text());
}

#[test]
fn top_is_ordered_by_scoring_then_by_name_then_by_id() {
    let app = App::with_data(CUSTOMERS);
    let all = "2345a67";
    for limit in [1, 2, 4, 5, 7, 8, usize::try_from(i64::MAX).unwrap()] {
        let reply = app.get(&format!("/customers/top/{limit}"));
        assert_eq!((reply.status.as_u16(), &*order(&reply)), (200, &all[..limit.min(all.len())]), "{limit}");
    }
    assert_eq!(
        app.get("/customers/top/1").text(),
        r#"[{"id":"00000000-0000-4000-8000-000000000002","name":"O'Neill \"& Sons\"","country":"Ireland","scoring":9}]"#
    );
}

#[test]
fn an_item_has_all_columns_and_its_id_is_case_insensitive() {
    let app = App::with_data(CUSTOMERS);
    let expected = r#"{"id":"0000000A-0000-4000-8000-00000000000a","name":"zebra","city":"Oslo","country":"Norway","scoring":7}"#;
    let id = "0000000A-0000-4000-8000-00000000000a";
    for same in [id, &id.to_uppercase(), &id.replacen('-', "%2D", 1)] {
        assert_eq!(app.get(&format!("/customers/items/{same}")).text(), expected, "{same}");
    }
    // The exact one wins over one that differs in case.
    let lower = id.to_lowercase();
    app.sql(&format!("INSERT INTO Customers VALUES ('{lower}', 'lower', 'x', 'y', 1)"));
    assert_eq!(app.get(&format!("/customers/items/{id}")).json()["name"], "zebra");
    assert_eq!(app.get(&format!("/customers/items/{lower}")).json()["name"], "lower");
}

#[test]
fn the_count_and_the_summary_follow_changes() {
    let app = App::with_data(CUSTOMERS);
    assert_eq!(app.get("/customers/count").text(), r#"{"count":7}"#);
    assert_eq!(
        app.get("/customers/summary/3").text(),
        r#"{"count":7,"top":[{"name":"O'Neill \"& Sons\"","scoring":9},{"name":"Ärzte","scoring":9},{"name":"Twin","scoring":7}]}"#
    );
    app.sql("DELETE FROM Customers");
    for (path, empty) in [
        ("items", "[]"),
        ("top/5", "[]"),
        ("count", r#"{"count":0}"#),
        ("summary/5", r#"{"count":0,"top":[]}"#),
    ] {
        assert_eq!(app.get(&format!("/customers/{path}")).text(), empty, "{path}");
    }
}
