//! CORS, by the variable `cors_allowed_origins`.

use harness::{App, Options, Reply, services};

use crate::routes;

mod browser;

const ORIGIN: &str = "https://app.example";

/// Headers of the contract that scripts can read only if they are exposed.
const EXPOSED: [&str; 7] =
    ["age", "allow", "cache-status", "etag", "server-timing", "x-aggregate-complete", "x-request-id"];

fn allowing(origins: &str) -> App {
    Options::default().migrated().variable("cors_allowed_origins", origins).start()
}

fn paths() -> impl Iterator<Item = String> {
    let errors =
        ["/aggregates/nothing", "/customers/top/x", "/incidents/nothing", "/aggregates/dashboard?format=x"];
    routes::paths().into_iter().chain(errors.map(str::to_owned))
}

fn get(app: &App, path: &str, origin: &str) -> Reply {
    app.send("GET", path, &[("origin", origin)])
}

fn list(reply: &Reply, name: &str) -> Vec<String> {
    let values = reply.headers.get_all(name).iter().flat_map(|value| value.to_str().unwrap().split(','));
    values.map(|value| value.trim().to_ascii_lowercase()).collect()
}

fn assert_no_cors(reply: &Reply) {
    let header = reply.headers.keys().find(|name| name.as_str().starts_with("access-control-"));
    assert_eq!(header, None, "{reply:?}");
    assert_eq!(reply.header("cross-origin-resource-policy"), Some("same-origin"), "{reply:?}");
}

fn assert_cors(reply: &Reply, origin: &str) {
    assert_eq!(reply.header("access-control-allow-origin"), Some(origin), "{reply:?}");
    assert_eq!(reply.header("access-control-allow-credentials"), None);
    assert_eq!(reply.header("cross-origin-resource-policy"), Some("cross-origin"), "{reply:?}");
    let exposed = list(reply, "access-control-expose-headers");
    assert!(EXPOSED.iter().all(|name| exposed.iter().any(|exposed| exposed == name)), "{exposed:?}");
}

#[test]
fn cors_is_off_by_default() {
    let app = App::start();
    for path in paths() {
        let reply = get(&app, &path, ORIGIN);
        assert_no_cors(&reply);
        assert!(!list(&reply, "vary").contains(&"origin".to_owned()));
        let preflight = [("origin", ORIGIN), ("access-control-request-method", "GET")];
        let reply = app.send("OPTIONS", &path, &preflight);
        assert!(matches!(reply.status.as_u16(), 404 | 405), "{reply:?}");
    }
}

#[test]
fn a_listed_origin_gets_cors_headers_and_no_other_origin_does() {
    let app = allowing("https://app.example, http://localhost:5173");
    for path in paths() {
        for origin in [ORIGIN, "http://localhost:5173"] {
            assert_cors(&get(&app, &path, origin), origin);
        }
        let without = app.get(&path);
        let others = ["https://app.example.evil", "http://app.example", "https://app.example:8443", "null"];
        for reply in others.map(|origin| get(&app, &path, origin)).iter().chain([&without]) {
            assert_no_cors(reply);
            assert!(list(reply, "vary").contains(&"origin".to_owned()), "{path}: {reply:?}");
        }
    }
    let etag = app.dashboard().header("etag").unwrap().to_owned();
    let reply = app.send("GET", "/aggregates/dashboard", &[("origin", ORIGIN), ("if-none-match", &etag)]);
    assert_eq!(reply.status, 304);
    assert_cors(&reply, ORIGIN);
    assert_eq!(list(&reply, "vary").len(), 2, "accept and origin: {reply:?}");
}

#[test]
fn an_asterisk_allows_every_origin() {
    let app = allowing("*");
    for path in paths() {
        assert_cors(&get(&app, &path, "https://any.example"), "*");
    }
}

#[test]
fn a_preflight_request_of_an_allowed_origin_is_204() {
    for origins in [ORIGIN, "*"] {
        let app = allowing(origins);
        let preflight = [("origin", ORIGIN), ("access-control-request-method", "GET")];
        for path in routes::paths() {
            let reply = app.send("OPTIONS", &path, &preflight);
            assert_eq!((reply.status.as_u16(), reply.text()), (204, ""), "{path}");
            assert_eq!(reply.header("access-control-allow-origin"), Some(origins), "{path}");
            assert_eq!(reply.header("access-control-allow-credentials"), None);
            assert_eq!(list(&reply, "access-control-allow-methods")[..2], ["get", "head"], "{path}");
            let headers = list(&reply, "access-control-allow-headers");
            for name in ["cache-control", "if-none-match", "x-request-id"] {
                assert!(headers.iter().any(|header| header == name), "{headers:?}");
            }
            assert!(reply.header("access-control-max-age").unwrap().parse::<u32>().is_ok());
        }
        app.send("OPTIONS", "/customers/nothing", &preflight).error(404);
        for half in &preflight {
            app.send("OPTIONS", "/customers/count", &[*half]).error(405);
        }
    }
}

#[test]
fn an_entry_that_is_no_origin_is_logged_and_cors_stays_off() {
    for invalid in [
        "https://app.example/path",
        "app.example",
        "null",
        "https://app.example, //x",
        "*, https://a.example",
    ] {
        let app = allowing(invalid);
        for path in routes::paths() {
            assert_no_cors(&get(&app, &path, ORIGIN));
        }
        for (service, _) in services() {
            let log = app.log(&service, "stderr");
            let is_warning = |line: &str| line.contains("cors_allowed_origins") && line.contains("\"warn\"");
            assert!(log.lines().any(is_warning), "{invalid:?} in {service}: {log}");
        }
    }
}
