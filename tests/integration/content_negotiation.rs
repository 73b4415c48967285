//! JSON or HTML, by `accept` and `?format`.

use harness::{App, Reply};

use crate::page::{BROWSER, PATH};

fn content_type(reply: &Reply) -> &str {
    assert_eq!(reply.header("vary"), Some("accept"), "{reply:?}");
    assert_eq!(reply.header("content-length"), Some(reply.body.len().to_string().as_str()));
    reply.header("content-type").unwrap()
}

#[test]
fn html_is_sent_only_if_it_is_preferred_over_json() {
    let app = App::start();
    for accept in [BROWSER, "text/html", "application/json;q=0.5, text/html;q=0.6", "text/*"] {
        assert_eq!(
            content_type(&app.send("GET", PATH, &[("accept", accept)])),
            "text/html; charset=utf-8",
            "{accept}"
        );
    }
    let json = app.dashboard();
    assert_eq!(content_type(&json), "application/json");
    for accept in ["*/*", "", "application/json, text/html", "text/html;q=0", "garbage", "text/html;q=9"] {
        let reply = app.send("GET", PATH, &[("accept", accept)]);
        assert_eq!((content_type(&reply), &reply.body), ("application/json", &json.body), "{accept}");
    }
    let several = [("accept", "application/json;q=0.1"), ("accept", "text/html")];
    assert_eq!(content_type(&app.send("GET", PATH, &several)), "text/html; charset=utf-8");
}

#[test]
fn format_json_overrides_accept() {
    let app = App::start();
    let reply = app.send("GET", &format!("{PATH}?format=json"), &[("accept", BROWSER)]);
    assert_eq!((content_type(&reply), reply.text()), ("application/json", app.dashboard().text()));
}

#[test]
fn errors_are_json_for_browsers_too() {
    let app = App::start();
    for (method, path, status) in [
        ("GET", "/aggregates/nothing", 404),
        ("POST", PATH, 405),
        ("GET", &*format!("{PATH}?format=xml"), 400),
    ] {
        app.send(method, path, &[("accept", BROWSER)]).error(status);
    }
}
