//! The rules for every route: JSON, methods, paths and headers.

use harness::{App, Reply, backends};
use serde_json::Value;

use crate::routes;

/// Paths that are answered with errors.
const ERRORS: [&str; 5] = [
    "/customers/nothing",
    "/customers/items/x",
    "/customers/top/-1",
    "/incidents/summary/0",
    "/aggregates/dashboard?refresh=0",
];

fn paths_and_errors() -> impl Iterator<Item = String> {
    routes::paths().into_iter().chain(ERRORS.map(str::to_owned))
}

#[test]
fn every_response_is_compact_json_with_content_length_and_security_headers() {
    let app = App::start();
    for path in paths_and_errors() {
        let reply = app.get(&path);
        let compact = serde_json::to_string(&reply.json()).unwrap();
        assert_eq!(reply.body.len(), compact.len(), "{path} is not compact");
        assert_eq!(reply.status == 200, !ERRORS.contains(&path.as_str()), "{path}");
        if reply.status != 200 {
            reply.error(reply.status.as_u16());
        }
        for (name, value) in [
            ("content-length", Some(compact.len().to_string().as_str())),
            ("cache-control", Some(if reply.status == 200 { "no-cache" } else { "no-store" })),
            ("x-content-type-options", Some("nosniff")),
            ("cross-origin-resource-policy", Some("same-origin")),
            ("content-security-policy", Some("default-src 'none'; frame-ancestors 'none'")),
            ("access-control-allow-origin", None),
        ] {
            assert_eq!(reply.header(name), value, "{name} of {path}");
        }
    }
}

#[test]
fn head_has_the_status_and_headers_of_get() {
    let app = App::start();
    for accept in ["*/*", "text/html"] {
        for path in paths_and_errors() {
            let [mut get, mut head] =
                ["GET", "HEAD"].map(|method| app.send(method, &path, &[("accept", accept)]));
            for changing in ["date", "etag", "server-timing", "x-request-id"] {
                assert_eq!(get.headers.remove(changing).is_some(), head.headers.remove(changing).is_some());
            }
            assert_eq!(
                (get.status, get.headers, ""),
                (head.status, head.headers.clone(), head.text()),
                "{path}"
            );
        }
    }
}

#[test]
fn other_methods_are_405_on_known_paths() {
    let app = App::start();
    for path in routes::paths().into_iter().chain(ERRORS[1..3].iter().map(ToString::to_string)) {
        for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PURGE"] {
            let reply = app.send(method, &path, &[]);
            reply.error(405);
            assert_eq!(reply.header("allow"), Some("GET, HEAD"), "{method} {path}");
        }
    }
    app.send("POST", "/customers/nothing", &[]).error(404);
}

#[test]
fn an_unknown_path_is_404() {
    let app = App::start();
    for path in routes::paths() {
        let service = path.split('/').nth(1).unwrap();
        for unknown in [
            format!("{path}/x/y"),
            format!("/{service}"),
            format!("/{service}/"),
            format!("/{service}/nothing"),
            format!("/{service}//x"),
        ] {
            assert_eq!(app.get(&unknown).error(404), "Not found", "{unknown}");
        }
    }
    for path in ["/customers/Items", "/customers/top%2F3", "/customers//items", "/aggregates/dash%62oards"] {
        assert_eq!(app.get(path).error(404), "Not found", "{path}");
    }
    // These are answered by the runtime.
    for path in ["/", "/customer/items", "/Customers/items"] {
        let reply = app.get(path);
        assert_eq!((reply.status.as_u16(), reply.text()), (404, ""), "{path}");
    }
}

#[test]
fn one_trailing_slash_is_ignored_and_segments_are_decoded() {
    let app = App::start();
    let parts = |reply: Reply| (reply.status, reply.text().to_owned());
    for path in routes::paths() {
        let expected = parts(app.get(&path));
        let (start, last) = path.split_at(path.len() - 1);
        let encoded = format!("{start}%{:02x}", last.as_bytes()[0]);
        for same in [format!("{path}/"), format!("{path}?x=/y"), encoded] {
            assert_eq!(parts(app.get(&same)), expected, "{same}");
        }
    }
}

#[test]
fn a_limit_has_to_be_a_whole_number_above_zero() {
    let app = App::start();
    for (pattern, _) in routes::all().into_iter().filter(|(pattern, _)| pattern.contains("{limit}")) {
        let get = |limit: &str| app.get(&pattern.replace("{limit}", limit));
        for invalid in
            ["abc", "1.5", "1e3", "+5", "%2B5", "", "/", "9223372036854775808", "5x", "%20", "%D9%A3"]
        {
            assert_eq!(get(invalid).error(400), "Invalid parameter (limit) received", "{pattern} {invalid}");
        }
        for low in ["0", "-1", "-9223372036854775808"] {
            assert_eq!(get(low).error(400), "Limit must be higher than 0", "{pattern} {low}");
        }
    }
}

#[test]
fn a_malformed_id_is_a_400_and_an_unknown_one_a_404() {
    let app = App::start();
    for (pattern, _) in routes::all().into_iter().filter(|(pattern, _)| pattern.contains("{id}")) {
        let get = |id: &str| app.get(&pattern.replace("{id}", id));
        for malformed in [
            "1",
            "/",
            "00000000-0000-4000-8000-fffffffffff",
            "00000000-0000-4000-8000-fffffffffffg",
            "%00",
            "%ff",
        ] {
            assert_eq!(get(malformed).error(400), "Invalid parameter (id) received", "{pattern} {malformed}");
        }
        let message = get("00000000-0000-4000-8000-ffffffffffff").error(404);
        let name = message.strip_suffix(" not found").unwrap().to_lowercase();
        assert!(pattern.starts_with(&format!("/{name}s/")), "{pattern}: {message}");
    }
}

#[test]
fn a_summary_has_at_most_1000_entries() {
    let app = App::with_data(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)
         INSERT INTO Customers SELECT printf('%08x-0000-4000-8000-000000000000', i), i, 'x', 'y', i FROM n;
         INSERT INTO Incidents SELECT Id, 1, Name, 'x' FROM Customers",
    );
    for (limit, entries) in [("999", 999), ("1000", 1000), ("1001", 1000), ("9223372036854775807", 1000)] {
        for service in ["customers", "incidents"] {
            let summary = app.get(&format!("/{service}/summary/{limit}")).json();
            let mut lists = summary.as_object().unwrap().values().filter_map(Value::as_array);
            assert!(lists.all(|list| list.len() == entries), "{service} {limit}");
        }
    }
}

#[test]
fn hostile_requests_are_errors_and_change_nothing() {
    let app = App::start();
    let long = "x".repeat(5000);
    for path in [
        "/customers/items/%00%0a%zz",
        "/customers/items/'%20OR%201=1--",
        "/customers/top/1;DROP%20TABLE%20Customers",
        "/customers/items/../../incidents/items",
        &format!("/customers/items/{long}"),
        &format!("/customers/{long}"),
    ] {
        let status = app.get(path).status.as_u16();
        assert!(matches!(status, 400 | 404), "{status} {path}");
    }
    let odd =
        [("accept", ";;;q=,"), ("if-none-match", "\"\"\"\""), ("content-length", "0"), ("x-long", &long)];
    assert_eq!(app.send("GET", "/aggregates/dashboard", &odd).status, 200);
    assert_eq!(app.get("/customers/count").text(), r#"{"count":40}"#);
}

#[test]
fn a_database_error_is_a_500_whose_cause_is_only_in_the_log() {
    let app = App::start();
    backends().iter().for_each(|backend| app.sql(&format!("DROP TABLE {}", backend.table)));
    let paths = routes::paths().into_iter().filter(|path| !path.starts_with("/aggregates"));
    for (path, backend) in paths.flat_map(|path| {
        let backend =
            backends().iter().find(|backend| backend.service.starts_with(path.split('/').nth(1).unwrap()));
        Some((path, backend.unwrap()))
    }) {
        // A gateway may have put a token into the query, so it is not logged.
        let message = app.get(&format!("{path}?token=secret")).error(500);
        for secret in ["no such", "table", backend.table, "SQL", "sqlite", "/"] {
            assert!(!message.contains(secret), "{message:?} contains {secret:?}");
        }
        let log = app.log(backend.service, "stderr");
        let line: Value = serde_json::from_str(log.lines().last().unwrap()).unwrap();
        assert_eq!((&line["level"], &line["service"]), (&"error".into(), &backend.service.into()), "{log}");
        assert_eq!(line["request"], format!("GET {path}"));
        assert!(
            line["elapsedMs"].is_u64() && line["error"].as_str().unwrap().contains(backend.table),
            "{log}"
        );
    }
}
