//! `/aggregates/dashboard` when all is well, and what caches may do with it.

use harness::{App, Options};
use serde_json::{Value, json};

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
fn it_is_four_keys_with_exact_numbers_and_ties_by_the_bytes_of_the_name() {
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
    assert_eq!(reply.text(), expected);
    assert_eq!(reply.header("x-aggregate-complete"), Some("true"));
    assert_eq!(reply.header("cache-control"), Some("no-cache"));
    app.sql("DELETE FROM Incidents WHERE CustomerName <> 'Many'");
    // Three hundred times what is stored for 0.1 is nearer to 30 than to any other number.
    let volume = &app.dashboard().json()["customersWithHighestIncidentVolume"][0]["incidentVolume"];
    assert_eq!(volume.as_f64(), Some(30.0));
}

#[test]
fn names_that_are_not_plain_come_through() {
    let name = "<script>\"'\\ \u{202e}rtl\u{202c} e\u{301} \u{1f9ff} \t 東京";
    let app = App::with_data("");
    let literal = name.replace('\'', "''");
    app.sql(&format!(
        "INSERT INTO Customers VALUES ('20000000-0000-4000-8000-000000000001', '{literal}', 'x', 'y', 5);
         INSERT INTO Incidents VALUES ('20000000-0000-4000-8000-000000000001', 1, '{literal}', 'y')"
    ));
    let json = app.dashboard().json();
    for list in ["topCustomers", "customersWithMostIncidents", "customersWithHighestIncidentVolume"] {
        assert_eq!(json[list][0]["customerName"], name);
    }
}

#[test]
fn the_sample_data_has_what_a_first_look_should_show() {
    let app = App::start();
    let json = app.dashboard().json();
    assert_eq!(json["customerCount"], 40);
    let list = |name: &str| json[name].as_array().unwrap().clone();
    let tie = |entries: &[Value], key: &str| entries.windows(2).any(|pair| pair[0][key] == pair[1][key]);
    assert!(tie(&list("topCustomers"), "scoring"));
    assert!(tie(&list("customersWithMostIncidents"), "numberOfIncidents"));
    assert!(tie(&list("customersWithHighestIncidentVolume"), "incidentVolume"));
}

#[test]
fn the_etag_is_the_same_for_the_same_data_and_survives_a_restart() {
    let app = App::with_data(DATA);
    let first = app.dashboard();
    assert_eq!(app.dashboard().header("etag"), first.header("etag"));
    let other = App::with_data(DATA);
    assert_eq!(other.dashboard().header("etag"), first.header("etag"));
    let stopped = app.stop(nix::sys::signal::Signal::SIGINT);
    let restarted = Options::default().state(stopped.state).start();
    assert_eq!(restarted.dashboard().header("etag"), first.header("etag"));
    // The same tag on every runtime and version: it depends on nothing but the body.
    assert_eq!(App::start().dashboard().header("etag"), Some("\"e87c610341ff8b3e8f24dbfb7399c83f\""));
}

#[test]
fn the_etag_differs_when_any_value_does() {
    let app = App::with_data(DATA);
    let mut seen = vec![app.dashboard().header("etag").unwrap().to_owned()];
    for change in [
        "UPDATE Customers SET Scoring = 7 WHERE Name = 'top'",
        "UPDATE Customers SET Name = 'Top' WHERE Name = 'top'",
        "INSERT INTO Customers VALUES ('20000000-0000-4000-8000-000000000009', 'low', 'x', 'y', 0)",
        "UPDATE Incidents SET Amount = 50.5 WHERE CustomerName = 'ä'",
        "DELETE FROM Incidents WHERE Id = '00000001-0000-4000-8000-000000000000'",
    ] {
        app.sql(change);
        let etag = app.dashboard().header("etag").unwrap().to_owned();
        assert!(!seen.contains(&etag), "{change}");
        seen.push(etag);
    }
}

#[test]
fn if_none_match_gets_304_without_a_body_where_it_names_the_etag() {
    let app = App::start();
    let etag = app.dashboard().header("etag").unwrap().to_owned();
    let with =
        |method: &str, value: &str| app.send(method, "/aggregates/dashboard", &[("if-none-match", value)]);
    for matching in [
        etag.clone(),
        format!("W/{etag}"),
        format!("\"other\", {etag}"),
        format!("\"a,b\" , W/\"c\",{etag} ,"),
        "*".to_owned(),
    ] {
        for method in ["GET", "HEAD"] {
            let reply = with(method, &matching);
            assert_eq!((reply.status.as_u16(), reply.text()), (304, ""), "{matching}");
            assert_eq!(reply.header("etag"), Some(etag.as_str()));
            assert_eq!(reply.header("cache-control"), Some("no-cache"));
            assert_eq!(reply.header("vary"), Some("accept"));
            assert_eq!(reply.header("content-type"), None);
        }
    }
    for other in ["\"other\"", "W/\"other\"", etag.trim_matches('"'), "\"", "*, *", &format!("{etag} x"), ""]
    {
        assert_eq!(with("GET", other).status, 200, "{other:?}");
    }
}

#[test]
fn if_none_match_is_of_no_use_where_the_dashboard_is_not_complete() {
    let app = App::start();
    app.sql("DROP TABLE Incidents");
    let reply = app.send("GET", "/aggregates/dashboard", &[("if-none-match", "*")]);
    assert_eq!(reply.status, 200);
    assert_eq!(reply.json()["customersWithMostIncidents"], json!(null));
}

#[test]
fn caches_and_the_app_itself_may_answer_for_as_long_as_the_variable_says() {
    let app = Options::default().migrated().variable("cache_max_age_s", "600").start();
    let made = app.dashboard();
    assert_eq!(made.header("cache-control"), Some("public, max-age=600"));
    assert_eq!(made.header("age"), None);
    app.sql("DELETE FROM Incidents");

    let kept = app.dashboard();
    assert_eq!((kept.text(), kept.header("etag")), (made.text(), made.header("etag")));
    assert_eq!(kept.header("cache-control"), Some("public, max-age=600"));
    assert!(kept.header("age").is_some_and(|age| age.parse::<u64>().is_ok()), "{kept:?}");
    assert!(kept.header("cache-status").unwrap().starts_with("aggregates-service; hit; ttl="), "{kept:?}");
    assert_eq!(kept.header("server-timing"), Some("memory;dur=0.0"));
    let etag = made.header("etag").unwrap();
    assert_eq!(app.send("GET", "/aggregates/dashboard", &[("if-none-match", etag)]).status, 304);
    assert!(
        app.send("GET", "/aggregates/dashboard", &[("accept", "text/html")]).text().contains("Fjordkraft")
    );

    for fresh in ["no-cache", "max-age=0"] {
        let fresh = app.send("GET", "/aggregates/dashboard", &[("cache-control", fresh)]);
        assert_eq!(fresh.json()["customersWithMostIncidents"], json!([]));
        assert_eq!(fresh.header("age"), None);
    }
    assert_eq!(app.dashboard().json()["customersWithMostIncidents"], json!([]), "the new one is kept");
}

#[test]
fn what_is_not_complete_is_never_answered_from_memory() {
    let app = Options::default().migrated().variable("cache_max_age_s", "600").start();
    app.sql("ALTER TABLE Customers RENAME TO Elsewhere");
    for _ in 0..2 {
        let partial = app.dashboard();
        assert_eq!(partial.header("x-aggregate-complete"), Some("false"));
        assert_eq!(partial.header("cache-control"), Some("no-store"));
        assert_eq!(partial.header("age"), None);
    }
    app.sql("ALTER TABLE Elsewhere RENAME TO Customers");
    assert_eq!(app.dashboard().header("x-aggregate-complete"), Some("true"));
}

#[test]
fn without_the_variable_every_dashboard_is_made_anew() {
    let app = App::start();
    app.dashboard();
    app.sql("DELETE FROM Incidents");
    let reply = app.dashboard();
    assert_eq!(reply.json()["customersWithMostIncidents"], json!([]));
    assert_eq!((reply.header("age"), reply.header("cache-status")), (None, None));
}
