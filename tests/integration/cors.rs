//! CORS, by the variable `cors_allowed_origins`.

use harness::{App, Options, Reply, services};

use crate::page::PATH;
use crate::routes;

mod browser;

const ORIGIN: &str = "https://app.example";

/// Headers of the contract that scripts can read only if they are exposed.
const EXPOSED: [&str; 7] =
    ["age", "allow", "cache-status", "etag", "server-timing", "x-aggregate-complete", "x-request-id"];

const PREFLIGHT: [(&str, &str); 2] = [("origin", ORIGIN), ("access-control-request-method", "GET")];

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

/// Asserts that scripts of `origin` may read this response, or that none may.
fn assert_cors(reply: &Reply, origin: Option<&str>) {
    assert_eq!(reply.header("access-control-allow-origin"), origin, "{reply:?}");
    assert_eq!(reply.header("access-control-allow-credentials"), None);
    let policy = if origin.is_some() { "cross-origin" } else { "same-origin" };
    assert_eq!(reply.header("cross-origin-resource-policy"), Some(policy), "{reply:?}");
    let exposed = list(reply, "access-control-expose-headers");
    let is_exposed = |name: &str| exposed.iter().any(|exposed| exposed == name);
    assert!(EXPOSED.iter().all(|name| is_exposed(name) == origin.is_some()), "{exposed:?}");
}

#[test]
fn cors_is_off_by_default_and_after_a_warning_with_an_entry_that_is_no_origin() {
    let invalid = ["https://app.example/path", "app.example", "null", "https://app.example, //x"];
    for variable in [None].into_iter().chain(invalid.map(Some)) {
        let app = variable.map_or_else(App::start, allowing);
        for path in paths() {
            let reply = get(&app, &path, ORIGIN);
            assert_cors(&reply, None);
            assert!(!list(&reply, "vary").contains(&"origin".to_owned()));
            let status = app.send("OPTIONS", &path, &PREFLIGHT).status.as_u16();
            assert!(matches!(status, 404 | 405), "{status} {path}");
        }
        for (service, _) in services() {
            let log = app.log(&service, "stderr");
            let is_warning = |line: &str| line.contains("cors_allowed_origins") && line.contains("\"warn\"");
            assert_eq!(log.lines().any(is_warning), variable.is_some(), "{variable:?} in {service}: {log}");
        }
    }
}

#[test]
fn an_allowed_origin_gets_cors_headers_and_no_other_origin_does() {
    let (app, any) = (allowing("https://app.example, http://localhost:5173"), allowing("*"));
    for path in paths() {
        assert_cors(&get(&any, &path, "https://any.example"), Some("*"));
        for (origin, is_allowed) in [
            (ORIGIN, true),
            ("http://localhost:5173", true),
            ("https://app.example.evil", false),
            ("http://app.example", false),
            ("https://app.example:8443", false),
            ("null", false),
        ] {
            let reply = get(&app, &path, origin);
            assert_cors(&reply, is_allowed.then_some(origin));
            assert!(list(&reply, "vary").contains(&"origin".to_owned()), "{path}: {reply:?}");
        }
        assert!(list(&app.get(&path), "vary").contains(&"origin".to_owned()), "{path}");
    }
    let reply = app.send("GET", PATH, &[("origin", ORIGIN), ("if-none-match", "*")]);
    assert_eq!(reply.status, 304);
    assert_cors(&reply, Some(ORIGIN));
    assert_eq!(list(&reply, "vary").len(), 2, "accept and origin: {reply:?}");
}

#[test]
fn a_preflight_request_of_an_allowed_origin_is_204() {
    for origins in [ORIGIN, "*"] {
        let app = allowing(origins);
        for path in routes::paths() {
            let reply = app.send("OPTIONS", &path, &PREFLIGHT);
            assert_eq!((reply.status.as_u16(), reply.text()), (204, ""), "{path}");
            assert_cors(&reply, Some(origins));
            assert_eq!(list(&reply, "access-control-allow-methods")[..2], ["get", "head"], "{path}");
            let headers = list(&reply, "access-control-allow-headers");
            for name in ["cache-control", "if-none-match", "x-request-id"] {
                assert!(headers.iter().any(|header| header == name), "{headers:?}");
            }
            assert!(reply.header("access-control-max-age").unwrap().parse::<u32>().is_ok());
        }
        app.send("OPTIONS", "/customers/nothing", &PREFLIGHT).error(404);
        for half in PREFLIGHT {
            app.send("OPTIONS", "/customers/count", &[half]).error(405);
        }
    }
}
