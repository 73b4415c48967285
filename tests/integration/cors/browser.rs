//! CORS in Chromium, by the scripts of pages on other origins.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::thread;

use serde_json::{Value, json};

use super::allowing;
use crate::page::PATH;
use crate::page::chromium::run;

/// Fetches a URL and returns what the script can read, or the name of the error.
const FETCH: &str = "
    const [url, options, names, done] = arguments;
    fetch(url, options)
        .then(async response => done({
            ...Object.fromEntries(names.map(name => [name, response.headers.get(name)])),
            status: response.status,
            body: await response.text(),
        }))
        .catch(error => done(error.name))";

/// Serves an empty page, until the process of the tests ends. Returns the origin.
fn origin() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming().map(Result::unwrap) {
            // Chromium also opens connections on which it sends nothing.
            thread::spawn(move || {
                let is_request =
                    BufReader::new(&stream).lines().map_while(Result::ok).any(|line| line.is_empty());
                let page = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                is_request.then(|| (&stream).write_all(page.as_bytes()));
            });
        }
    });
    origin
}

#[test]
fn pages_of_allowed_origins_read_responses_and_no_other_pages_do() {
    run(async |driver| {
        let (listed, other) = (&origin(), &origin());
        let list = format!("https://app.example, {listed}");
        for (variable, allowed) in [("", vec![]), (&*list, vec![listed]), ("*", vec![listed, other])] {
            let app = allowing(variable);
            let reply = app.dashboard();
            let etag = reply.header("etag").unwrap();
            let dashboard = |status: u16, body: &str| json!({"status": status, "body": body, "x-aggregate-complete": "true", "etag": etag});
            let invalid = r#"{"message":"Invalid parameter (id) received"}"#;
            let fetches = [
                (PATH, json!({}), dashboard(200, reply.text())),
                (PATH, json!({"headers": {"if-none-match": etag}, "cache": "no-store"}), dashboard(304, "")),
                (
                    "/incidents/items/x",
                    json!({"headers": {"x-request-id": "from-a-page"}}),
                    json!({"status": 400, "body": invalid, "x-request-id": "from-a-page"}),
                ),
            ];
            for origin in [listed, other] {
                driver.goto(origin).await?;
                for (path, options, readable) in &fetches {
                    let names: Value = readable.as_object().unwrap().keys().cloned().collect();
                    let arguments = vec![format!("{}{path}", app.base()).into(), options.clone(), names];
                    let found = driver.execute_async(FETCH, arguments).await?.json().clone();
                    let expected = if allowed.contains(&origin) { readable } else { &json!("TypeError") };
                    assert_eq!(&found, expected, "{path} with {variable:?}, fetched by {origin}");
                }
            }
        }
        Ok(())
    });
}
