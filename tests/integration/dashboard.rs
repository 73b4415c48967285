//! `/aggregates/dashboard` if every backend responds.

use harness::{App, dashboard_of};

/// 300 incidents of one customer, ties at every cut, fractions, an unknown customer.
const DATA: &str = "
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
    INSERT INTO Incidents SELECT printf('%08x-0000-4000-8000-000000000000', i), 0.1, 'Many', 'Fire' FROM n;
    INSERT INTO Incidents VALUES
        ('10000000-0000-4000-8000-000000000001', 50, 'b', 'Fire'),
        ('10000000-0000-4000-8000-000000000002', 25.5, 'a', 'Fire'),
        ('10000000-0000-4000-8000-000000000003', 24.5, 'a', 'Fire'),
        ('10000000-0000-4000-8000-000000000004', 50, 'ä', 'Fire'),
        ('10000000-0000-4000-8000-000000000005', 50, 'B', 'Fire'),
        ('10000000-0000-4000-8000-000000000006', 49.75, 'c', 'Fire');
    INSERT INTO Customers VALUES
        ('20000000-0000-4000-8000-000000000001', 'z', 'x', 'y', 5), ('20000000-0000-4000-8000-000000000002', 'ä', 'x', 'y', 5),
        ('20000000-0000-4000-8000-000000000003', 'b', 'x', 'y', 5), ('20000000-0000-4000-8000-000000000004', 'a', 'x', 'y', 5),
        ('20000000-0000-4000-8000-000000000005', 'B', 'x', 'y', 5), ('20000000-0000-4000-8000-000000000006', 'top', 'x', 'y', 6)";

#[test]
fn a_complete_dashboard_has_four_keys_exact_numbers_and_ties_by_the_bytes_of_the_name() {
    let app = App::with_data(DATA);
    let expected = concat!(
        r#"{"customerCount":6,"topCustomers":[{"customerName":"top","scoring":6},{"customerName":"B","scoring":5},"#,
        r#"{"customerName":"a","scoring":5},{"customerName":"b","scoring":5},{"customerName":"z","scoring":5}],"#,
        r#""customersWithMostIncidents":[{"customerName":"Many","numberOfIncidents":300},"#,
        r#"{"customerName":"a","numberOfIncidents":2},{"customerName":"B","numberOfIncidents":1},"#,
        r#"{"customerName":"b","numberOfIncidents":1},{"customerName":"c","numberOfIncidents":1}],"#,
        r#""customersWithHighestIncidentVolume":[{"customerName":"B","incidentVolume":50},"#,
        r#"{"customerName":"a","incidentVolume":50},{"customerName":"b","incidentVolume":50},"#,
        r#"{"customerName":"ä","incidentVolume":50},{"customerName":"c","incidentVolume":49.75}]}"#
    );
    let reply = app.dashboard();
    assert_eq!((reply.status.as_u16(), reply.text()), (200, expected));
    assert_eq!(reply.header("x-aggregate-complete"), Some("true"));
    app.sql("DELETE FROM Incidents WHERE CustomerName <> 'Many'");
    let volume = r#""customersWithHighestIncidentVolume":[{"customerName":"Many","incidentVolume":30}]"#;
    assert!(app.dashboard().text().contains(volume), "300 times 0.1: {}", app.dashboard().text());
}

#[test]
fn names_with_quotes_control_characters_and_any_script_are_unchanged() {
    let name = "<script>\"'\\ \u{202e}rtl\u{202c} e\u{301} \u{1f9ff} \t 東京";
    let app = App::with_data("");
    let literal = name.replace('\'', "''");
    app.sql(&format!(
        "INSERT INTO Customers VALUES ('20000000-0000-4000-8000-000000000001', '{literal}', 'x', 'y', 5);
         INSERT INTO Incidents VALUES ('20000000-0000-4000-8000-000000000001', 1, '{literal}', 'y')"
    ));
    let json = app.dashboard().json();
    for key in ["topCustomers", "customersWithMostIncidents", "customersWithHighestIncidentVolume"] {
        assert_eq!(json[key][0]["customerName"], name, "{key}");
    }
}

#[test]
fn without_rows_the_dashboard_is_complete_with_empty_lists() {
    let reply = App::with_data("").dashboard();
    assert_eq!(reply.text(), dashboard_of(|_, section| section.empty));
    assert_eq!(reply.header("x-aggregate-complete"), Some("true"));
}

#[test]
fn a_parameter_with_another_value_or_given_twice_is_a_bad_request() {
    let app = App::start();
    for (parameter, valid, invalid, expected) in [
        (
            "refresh",
            &["1", "3600"][..],
            &["", "0", "3601", "-1", "1.5", "x", "%20", "+1", "99999999999999999999"][..],
            "a whole number from 1 to 3600",
        ),
        ("format", &["json"], &["", "xml", "JSON"], "json"),
        ("require", &["complete"], &["", "all", "Complete"], "complete"),
    ] {
        let path = |query: &str| format!("/aggregates/dashboard?{query}");
        for value in valid {
            let reply = app.get(&path(&format!("{parameter}={value}")));
            assert_eq!((reply.status.as_u16(), reply.text()), (200, app.dashboard().text()), "{value}");
        }
        let twice = format!("{parameter}={value}&{parameter}={value}", value = valid[0]);
        let queries =
            invalid.iter().map(|value| format!("{parameter}={value}")).chain([twice, parameter.to_owned()]);
        for query in queries {
            let message = format!("Invalid parameter ({parameter}) received, use {expected}");
            assert_eq!(app.get(&path(&query)).error(400), message, "{query}");
        }
    }
}
