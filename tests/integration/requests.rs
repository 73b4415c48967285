//! The rules for every route: JSON, methods, paths and headers.

use harness::{App, Reply};
use serde_json::Value;

use crate::page::BROWSER;
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
        let is_error = ERRORS.contains(&path.as_str());
        assert_eq!(reply.status != 200, is_error, "{path}");
        if is_error {
            // Browsers get JSON too.
            app.send("GET", &path, &[("accept", BROWSER)]).error(reply.status.as_u16());
        }
        for (name, value) in [
            ("content-length", Some(compact.len().to_string().as_str())),
            ("cache-control", Some(if is_error { "no-store" } else { "no-cache" })),
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
    for (accept, path) in ["*/*", "text/html"].iter().flat_map(|a| paths_and_errors().map(move |p| (a, p))) {
        let [mut get, mut head] =
            ["GET", "HEAD"].map(|method| app.send(method, &path, &[("accept", accept)]));
        for changing in ["date", "etag", "server-timing", "x-request-id"] {
            assert_eq!(get.headers.remove(changing).is_some(), head.headers.remove(changing).is_some());
        }
        assert_eq!((get.status, &get.headers, ""), (head.status, &head.headers, head.text()), "{path}");
    }
}

#[test]
fn other_methods_are_405_on_known_paths() {
    let app = App::start();
    for path in routes::paths().iter().map(String::as_str).chain(ERRORS[1..3].iter().copied()) {
        for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PURGE"] {
            let reply = app.send(method, path, &[]);
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
            format!("/{service}/nothing"),
            format!("/{service}//x"),
            path.to_uppercase().replacen(&service.to_uppercase(), service, 1),
        ] {
            assert_eq!(app.get(&unknown).error(404), "Not found", "{unknown}");
        }
    }
    for path in ["/customers/top%2F3", "/aggregates/dash%62oards"] {
        assert_eq!(app.get(path).error(404), "Not found", "{path}");
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
fn an_invalid_parameter_is_a_400_and_an_unknown_id_a_404() {
    let app = App::start();
    let unknown = "00000000-0000-4000-8000-ffffffffffff";
    let limits = ["abc", "1.5", "1e3", "+5", "%2B5", "", "/", "9223372036854775808", "5x", "%20", "%D9%A3"];
    let ids =
        ["1", "/", &unknown[1..], "00000000-0000-4000-8000-fffffffffffg", "%00", "%ff", "'%20OR%201=1--"];
    for (pattern, _) in routes::all() {
        let assert_errors = |parameter: &str, values: &[&str], status: u16, message: &str| {
            for value in values.iter().filter(|_| pattern.contains(parameter)) {
                let path = pattern.replace(parameter, value);
                assert_eq!(app.get(&path).error(status), message, "{path}");
            }
        };
        assert_errors("{limit}", &limits, 400, "Invalid parameter (limit) received");
        assert_errors("{limit}", &["0", "-1", "-9223372036854775808"], 400, "Limit must be higher than 0");
        assert_errors("{id}", &ids, 400, "Invalid parameter (id) received");
        let entity = pattern.split('/').nth(1).unwrap().trim_end_matches('s');
        let not_found = format!("{}{} not found", entity[..1].to_uppercase(), &entity[1..]);
        assert_errors("{id}", &[unknown], 404, &not_found);
    }
}

#[test]
fn a_summary_has_at_most_1000_entries() {
    let app = App::with_data(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)
         INSERT INTO Customers SELECT printf('%08x-0000-4000-8000-000000000000', i), i, 'x', 'y', i FROM n;
         INSERT INTO Incidents SELECT Id, 1, Name, 'x' FROM Customers",
    );
    for (limit, entries) in [("999", 999), ("1001", 1000), ("9223372036854775807", 1000)] {
        for (pattern, _) in routes::all().into_iter().filter(|(pattern, _)| pattern.contains("/summary/")) {
            let summary = app.get(&pattern.replace("{limit}", limit)).json();
            let mut lists = summary.as_object().unwrap().values().filter_map(Value::as_array);
            assert!(lists.all(|list| list.len() == entries), "{pattern} {limit}");
        }
    }
}
