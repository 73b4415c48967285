//! `/aggregates/dashboard` if every backend responds.

use harness::{App, dashboard_of};

use crate::page::PATH;

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
        ('20000000-0000-4000-8000-000000000005', 'B', 'x', 'y', 5), ('20000000-0000-4000-8000-000000000006', '\"O''Neill\\', 'x', 'y', 6)";

#[test]
fn a_complete_dashboard_has_four_keys_exact_numbers_and_ties_by_the_bytes_of_the_name() {
    let app = App::with_data(DATA);
    let expected = concat!(
        r#"{"customerCount":6,"topCustomers":[{"customerName":"\"O'Neill\\","scoring":6},{"customerName":"B","scoring":5},"#,
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
fn without_rows_the_dashboard_is_complete_with_empty_lists() {
    let reply = App::with_data("").dashboard();
    assert_eq!(reply.text(), dashboard_of(|_, section| section.empty));
    assert_eq!(reply.header("x-aggregate-complete"), Some("true"));
}

#[test]
fn a_parameter_with_another_value_or_given_twice_is_a_bad_request() {
    let app = App::start();
    for (parameter, valid, invalid, expected) in [
        ("refresh", "3600", &["0", "3601", "-1", "1.5", "+1", "x"][..], "a whole number from 1 to 3600"),
        ("format", "json", &["xml", "JSON"], "json"),
        ("require", "complete", &["all", "Complete"], "complete"),
    ] {
        let reply = app.get(&format!("{PATH}?{parameter}={valid}"));
        assert_eq!((reply.status.as_u16(), reply.text()), (200, app.dashboard().text()), "{parameter}");
        let twice = format!("{valid}&{parameter}={valid}");
        for value in invalid.iter().chain(&["", "%20", &twice]) {
            let message = format!("Invalid parameter ({parameter}) received, use {expected}");
            let error = app.get(&format!("{PATH}?{parameter}={value}")).error(400);
            assert_eq!(error, message, "{value}");
        }
    }
}
