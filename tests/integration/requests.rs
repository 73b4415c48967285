//! What holds for every request and every response.

use harness::{App, Options, Reply};

use crate::routes;

#[test]
fn every_answer_is_json_with_its_length() {
    let app = App::start();
    for route in routes::paths() {
        let reply = app.get(&route);
        assert_eq!(reply.status, 200, "{route}");
        assert_eq!(reply.header("content-length"), Some(reply.body.len().to_string().as_str()), "{route}");
        let compact = serde_json::to_string(&reply.json()).unwrap();
        assert_eq!(reply.body.len(), compact.len(), "{route} is not compact");
    }
}

#[test]
fn no_answer_may_be_guessed_at_framed_or_read_by_other_origins() {
    let app = App::start();
    let errors = [
        "/customers/nothing",
        "/customers/items/x",
        "/incidents/summary/0",
        "/aggregates/dashboard?refresh=0",
    ];
    for route in routes::paths().into_iter().chain(errors.map(str::to_owned)) {
        let reply = app.get(&route);
        let caching = if reply.status == 200 { "no-cache" } else { "no-store" };
        for (name, value) in [
            ("x-content-type-options", Some("nosniff")),
            ("cross-origin-resource-policy", Some("same-origin")),
            ("content-security-policy", Some("default-src 'none'; frame-ancestors 'none'")),
            ("cache-control", Some(caching)),
            ("access-control-allow-origin", None),
        ] {
            assert_eq!(reply.header(name), value, "{name} of {route}");
        }
    }
}

#[test]
fn head_is_get_without_the_body() {
    let app = App::start();
    let errors = ["/customers/items/x", "/customers/nothing"];
    for route in routes::paths().into_iter().chain(errors.map(str::to_owned)) {
        let get = app.get(&route);
        let head = app.send("HEAD", &route, &[]);
        let mut headers = [get.headers.clone(), head.headers.clone()];
        for headers in &mut headers {
            // These are another one's for each request.
            for name in ["date", "server-timing", "x-request-id"] {
                headers.remove(name);
            }
        }
        assert_eq!(headers[0], headers[1], "{route}");
        assert_eq!((get.status, ""), (head.status, head.text()), "{route}");
    }
}

#[test]
fn other_methods_are_refused_on_known_paths_alone() {
    let app = App::start();
    let errors = ["/customers/items/x", "/customers/top/-1"];
    for route in routes::paths().into_iter().chain(errors.map(str::to_owned)) {
        for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PURGE"] {
            let reply = app.send(method, &route, &[]);
            reply.error(405);
            assert_eq!(reply.header("allow"), Some("GET, HEAD"), "{method} {route}");
        }
    }
    assert_eq!(app.send("POST", "/customers/nothing", &[]).error(404), "Not found");
}

#[test]
fn an_unknown_path_of_a_service_is_not_found() {
    let app = App::start();
    for path in [
        "/customers",
        "/customers/",
        "/customers/Items",
        "/customers/items/x/y",
        "/customers/count/1",
        "/incidents",
        "/incidents/count",
        "/incidents/items//x",
        "/aggregates",
        "/aggregates/",
        "/aggregates/dashboard/x",
        "/aggregates/dash%62oards",
    ] {
        assert_eq!(app.get(path).error(404), "Not found", "{path}");
    }
}

#[test]
fn a_path_of_no_service_is_not_found_by_the_runtime() {
    let app = App::start();
    for path in ["/", "/customer/items", "/Customers/items", "/.well-known/spin/nothing"] {
        let reply = app.get(path);
        assert_eq!((reply.status.as_u16(), reply.text()), (404, ""), "{path}");
    }
    let health = app.get("/.well-known/spin/health");
    assert_eq!((health.status.as_u16(), health.text()), (200, "OK"));
}

#[test]
fn one_trailing_slash_is_ignored_and_segments_are_decoded() {
    let app = App::start();
    let whole = |reply: Reply| (reply.status, reply.text().to_owned());
    for route in routes::paths() {
        let expected = whole(app.get(&route));
        assert_eq!(whole(app.get(&format!("{route}/"))), expected, "{route}");
        assert_eq!(whole(app.get(&format!("{route}?x=/y"))), expected, "{route}");
    }
    assert_eq!(app.get("/customers/%63ount").text(), app.get("/customers/count").text());
    assert_eq!(app.get("/customers/top%2F3").error(404), "Not found");
}

#[test]
fn rubbish_in_a_request_does_no_harm() {
    let app = App::start();
    let long = "x".repeat(5000);
    for path in [
        "/customers/items/%00%0a%zz",
        "/customers/items/'%20OR%201=1--",
        "/customers/top/1;DROP%20TABLE%20Customers",
        "/customers/items/../../incidents/items",
        &format!("/customers/items/{long}"),
        &format!("/customers/{long}"),
        "/customers//items",
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
fn a_database_that_cannot_be_read_is_an_error_without_its_cause() {
    let app = App::start();
    app.sql("DROP TABLE Customers; DROP TABLE Incidents;");
    for route in routes::paths().iter().filter(|route| !route.starts_with("/aggregates")) {
        let message = app.get(route).error(500);
        for secret in ["no such", "table", "Customers", "Incidents", "SQL", "sqlite", "/"] {
            assert!(!message.contains(secret), "{message:?} tells of {secret:?}");
        }
    }
}

#[test]
fn the_cause_of_an_error_is_in_the_log_as_a_line_of_json() {
    let app = App::start();
    app.get("/customers/items");
    assert_eq!(app.log("customers-service", "stderr"), "");
    app.sql("DROP TABLE Customers");
    // A gateway may have put a token into the query, so none of it is in the log.
    app.get("/customers/items?token=secret").error(500);
    let log = app.log("customers-service", "stderr");
    let line: serde_json::Value =
        serde_json::from_str(log.trim_end()).unwrap_or_else(|error| panic!("{error}: {log}"));
    assert_eq!(line["level"], "error");
    assert_eq!(line["service"], "customers-service");
    assert_eq!(line["request"], "GET /customers/items");
    assert!(line["elapsedMs"].is_u64(), "{log}");
    assert!(line["error"].as_str().unwrap().contains("no such table: Customers"), "{log}");
}

#[test]
fn an_app_without_tables_serves_errors_and_stays_up() {
    let app = Options::default().start();
    app.get("/customers/items").error(500);
    app.get("/incidents/grouped-by-customer").error(500);
    assert_eq!(app.dashboard().status, 502);
    app.sql(&std::fs::read_to_string(harness::root().join("migrations.sql")).unwrap());
    assert_eq!(app.get("/customers/count").text(), r#"{"count":40}"#);
    assert_eq!(app.dashboard().status, 200);
}

#[test]
fn one_id_leads_through_the_logs_of_all_services() {
    let app = App::start();
    app.sql("DROP TABLE Customers");
    let id = "A.b_c-0";
    let reply = app.send("GET", "/aggregates/dashboard", &[("x-request-id", id)]);
    assert_eq!(reply.header("x-request-id"), Some(id));
    for service in ["aggregates-service", "customers-service"] {
        let log = app.log(service, "stderr");
        let line: serde_json::Value = serde_json::from_str(log.lines().next().unwrap()).unwrap();
        assert_eq!(line["requestId"], id, "{log}");
    }
}

#[test]
fn every_response_has_an_id_and_a_new_one_where_the_client_has_none_of_use() {
    let app = App::start();
    let is_new = |id: &str| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    let errors = ["/customers/nothing", "/customers/items/x", "/aggregates/dashboard?refresh=0"];
    let mut ids = Vec::new();
    for route in routes::paths().into_iter().chain(errors.map(str::to_owned)) {
        ids.push(app.get(&route).header("x-request-id").unwrap_or_else(|| panic!("{route}")).to_owned());
        let refused = app.send("POST", &route, &[]);
        assert!(refused.header("x-request-id").is_some_and(is_new), "{route}: {refused:?}");
    }
    assert!(ids.iter().all(|id| is_new(id)), "{ids:?}");
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), routes::paths().len() + errors.len(), "each is another");

    let longest = "x".repeat(128);
    for kept in ["1", &longest] {
        let reply = app.send("GET", "/customers/count", &[("x-request-id", kept)]);
        assert_eq!(reply.header("x-request-id"), Some(kept));
    }
    let too_long = "x".repeat(129);
    for replaced in ["", "a b", "a,b", "<script>", &too_long] {
        let reply = app.send("GET", "/customers/count", &[("x-request-id", replaced)]);
        assert!(reply.header("x-request-id").is_some_and(is_new), "{replaced}: {reply:?}");
    }
    let twice = app.send("GET", "/customers/count", &[("x-request-id", "a"), ("x-request-id", "b")]);
    assert!(twice.header("x-request-id").is_some_and(is_new), "{twice:?}");
}
