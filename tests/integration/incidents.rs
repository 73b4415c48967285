//! The routes of `incidents-service`. Its parameters are tested in `requests`, and long lists in `streaming`.

use std::collections::BTreeSet;

use harness::App;
use serde_json::json;

use crate::customers::order;
use crate::data::id;

/// In the order of insertion, which is that of the rowids.
const INCIDENTS: &str = "
    INSERT INTO Incidents (rowid, Id, Amount, CustomerName, Category) VALUES
        (-9223372036854775808, '0000000F-0000-4000-8000-000000000001', 6189, 'O''Neill', 'Theft'),
        (-1, '00000000-0000-4000-8000-000000000009', 12.5, 'Ärzte', 'Fire'),
        (0, '00000000-0000-4000-8000-000000000003', 100.0, 'O''Neill', 'Fire'),
        (1, '00000000-0000-4000-8000-000000000002', 99999999999, 'o''neill', 'Fire'),
        (7, '00000000-0000-4000-8000-000000000004', -0.25, '', 'Refund'),
        (9223372036854775807, '00000000-0000-4000-8000-000000000005', 0, 'Not \"in\" Customers\n', 'Fire')";

#[test]
fn items_and_each_group_are_in_insertion_order_and_groups_are_ordered_by_the_bytes_of_the_name() {
    let app = App::with_data(INCIDENTS);
    let items = app.get("/incidents/items");
    assert_eq!((items.status.as_u16(), &*order(&items)), (200, "193245"));
    let first = r#"[{"id":"0000000F-0000-4000-8000-000000000001","amount":6189,"customerName":"O'Neill"},{"#;
    assert!(items.text().starts_with(first), "{}", items.text());
    let expected = concat!(
        r#"{"":[{"id":"00000000-0000-4000-8000-000000000004","amount":-0.25,"customerName":""}],"#,
        r#""Not \"in\" Customers\n":[{"id":"00000000-0000-4000-8000-000000000005","amount":0,"customerName":"Not \"in\" Customers\n"}],"#,
        r#""O'Neill":[{"id":"0000000F-0000-4000-8000-000000000001","amount":6189,"customerName":"O'Neill"},"#,
        r#"{"id":"00000000-0000-4000-8000-000000000003","amount":100,"customerName":"O'Neill"}],"#,
        r#""o'neill":[{"id":"00000000-0000-4000-8000-000000000002","amount":99999999999,"customerName":"o'neill"}],"#,
        r#""Ärzte":[{"id":"00000000-0000-4000-8000-000000000009","amount":12.5,"customerName":"Ärzte"}]}"#
    );
    assert_eq!(app.get("/incidents/grouped-by-customer").text(), expected);
}

#[test]
fn an_item_has_all_columns_and_its_id_is_case_insensitive() {
    let app = App::with_data(INCIDENTS);
    let expected = r#"{"id":"0000000F-0000-4000-8000-000000000001","amount":6189,"customerName":"O'Neill","category":"Theft"}"#;
    for id in ["0000000F-0000-4000-8000-000000000001", "0000000f-0000-4000-8000-000000000001"] {
        assert_eq!(app.get(&format!("/incidents/items/{id}")).text(), expected);
    }
}

#[test]
fn the_summary_ranks_customers_by_number_and_by_volume() {
    let app = App::with_data(INCIDENTS);
    let expected = concat!(
        r#"{"mostIncidents":[{"customerName":"O'Neill","numberOfIncidents":2},"#,
        r#"{"customerName":"","numberOfIncidents":1}],"#,
        r#""highestVolume":[{"customerName":"o'neill","incidentVolume":99999999999},"#,
        r#"{"customerName":"O'Neill","incidentVolume":6289}]}"#
    );
    assert_eq!(app.get("/incidents/summary/2").text(), expected);
    app.sql("DELETE FROM Incidents");
    for (path, empty) in [
        ("items", "[]"),
        ("grouped-by-customer", "{}"),
        ("summary/5", r#"{"mostIncidents":[],"highestVolume":[]}"#),
    ] {
        assert_eq!(app.get(&format!("/incidents/{path}")).text(), empty, "{path}");
    }
}

#[test]
fn every_route_prints_amounts_as_exact_decimals() {
    let amounts =
        "99999999999.9999 99999999999 12345678901.2345 617428.8843 1000 100.01 12.5 0.3 0.0001 -0.0001";
    let amounts: Vec<_> = amounts.split(' ').collect(); // in descending order
    let app = App::with_data("");
    for (number, amount) in amounts.iter().enumerate() {
        app.sql(&format!("INSERT INTO Incidents VALUES ('{}', {amount}, '{number:02}', 'x')", id(number)));
    }
    let (items, groups) = (app.get("/incidents/items"), app.get("/incidents/grouped-by-customer"));
    let mut volumes = Vec::new();
    for (number, amount) in amounts.iter().enumerate() {
        let entry = format!(r#"{{"id":"{}","amount":{amount},"customerName":"{number:02}"}}"#, id(number));
        assert!(items.text().contains(&entry), "{entry} is not in {}", items.text());
        assert!(groups.text().contains(&entry), "{entry} is not in {}", groups.text());
        let item = app.get(&format!("/incidents/items/{}", id(number)));
        assert!(item.text().contains(&format!(r#""amount":{amount},"#)), "{}", item.text());
        volumes.push(format!(r#"{{"customerName":"{number:02}","incidentVolume":{amount}}}"#));
    }
    let summary = app.get("/incidents/summary/20");
    assert!(summary.text().ends_with(&format!("[{}]}}", volumes.join(","))), "{}", summary.text());
    assert!(app.dashboard().text().contains(&format!("[{}]", volumes[..5].join(","))));
}

/// `Müller` in Latin-1, as an imported file may have it, in more rows than a page has. Spin cannot pass such text to a
/// component.
#[test]
fn text_that_is_not_utf8_is_shown_with_replacement_characters() {
    let app = App::with_data(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)
         INSERT INTO Customers SELECT printf('%08x-0000-4000-8000-000000000000', i), CAST(x'4dfc6c6c6572' AS TEXT),
            CAST(x'ff' AS TEXT), CAST(x'e282' AS TEXT), 5 FROM n;
         INSERT INTO Incidents SELECT Id, 1, Name, City FROM Customers",
    );
    let name = "M\u{fffd}ller";
    for path in ["/customers/items", "/customers/top/1200", "/incidents/items"] {
        let items = app.get(path).json();
        let ids: BTreeSet<_> = items.as_array().unwrap().iter().map(|item| item["id"].to_string()).collect();
        let key = if path == "/incidents/items" { "customerName" } else { "name" };
        assert_eq!((ids.len(), &items[0][key]), (1200, &json!(name)), "{path}");
    }
    let groups = app.get("/incidents/grouped-by-customer").json();
    assert_eq!(groups[name].as_array().map(Vec::len), Some(1200));
    let customer = app.get(&format!("/customers/items/{}", id(1))).json();
    assert_eq!([&customer["city"], &customer["country"]], ["\u{fffd}", "\u{fffd}"]);
    assert_eq!(app.get(&format!("/incidents/items/{}", id(1))).json()["category"], "\u{fffd}");
    let dashboard = app.dashboard().json();
    assert_eq!(dashboard["topCustomers"][0]["customerName"], name);
    let most = json!([{"customerName": name, "numberOfIncidents": 1200}]);
    assert_eq!(dashboard["customersWithMostIncidents"], most);
}
