//! JSON or HTML, by `accept` and `?format`.

use harness::App;

use crate::page::{BROWSER, PATH};

#[test]
fn html_is_sent_only_if_it_is_preferred_over_json() {
    let app = App::start();
    let (html, json) = ("text/html; charset=utf-8", "application/json");
    let expected = app.dashboard();
    for (query, accept, content_type) in [
        ("", &[BROWSER][..], html),
        ("", &["text/html"], html),
        ("", &["application/json;q=0.5, text/html;q=0.6"], html),
        ("", &["application/json;q=0.1", "text/html"], html),
        ("", &[], json),
        ("", &["*/*"], json),
        ("", &["application/json, text/html"], json),
        ("", &["text/html;q=0"], json),
        ("", &["garbage"], json),
        ("", &["text/html;q=9"], json),
        ("?format=json", &[BROWSER], json),
    ] {
        let headers: Vec<_> = accept.iter().map(|value| ("accept", *value)).collect();
        let reply = app.send("GET", &format!("{PATH}{query}"), &headers);
        assert_eq!(reply.header("content-type"), Some(content_type), "{accept:?}");
        assert_eq!(reply.header("vary"), Some("accept"));
        assert_eq!(reply.header("content-length"), Some(reply.body.len().to_string().as_str()));
        assert_eq!(reply.body == expected.body, content_type == json, "{accept:?}");
    }
}
