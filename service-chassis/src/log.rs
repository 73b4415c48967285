use std::io::{self, Write};
use std::time::Instant;

use http::Method;
use serde_json::json;

/// The largest number of characters of a path in the log. The client chooses the path.
const PATH_LIMIT: usize = 256;

/// The log of one request: a line of JSON to stderr for each error or warning, and none for a success.
///
/// ```text
/// {"level":"error","service":"customers-service","requestId":"5f0c…","request":"GET /customers/count","elapsedMs":2,"error":"cannot …: no such table: Customers"}
/// ```
#[derive(Debug, Clone)]
pub struct Log {
    service: &'static str,
    request_id: String,
    /// Method and path, without the query, where a gateway may have put a token.
    request: String,
    started: Instant,
}

impl Log {
    /// The log of a request that `service` just received.
    pub fn new(service: &'static str, method: &Method, path: &str, request_id: &str) -> Self {
        let path: String = path.chars().take(PATH_LIMIT).collect();
        let (request_id, request) = (request_id.to_owned(), format!("{method} {path}"));
        Self { service, request_id, request, started: Instant::now() }
    }

    /// Logs why something failed.
    pub fn error(&self, text: &str) {
        self.write("error", text);
    }

    /// Logs something that an operator has to correct, although the request succeeds.
    pub fn warning(&self, text: &str) {
        self.write("warn", text);
    }

    fn write(&self, level: &str, text: &str) {
        // One write, since Spin makes a log record of each. If it fails, the client still gets its response.
        _ = io::stderr().write_all(self.line(level, text).as_bytes());
    }

    fn line(&self, level: &str, text: &str) -> String {
        let Self { service, request_id, request, started } = self;
        let elapsed = started.elapsed().as_millis();
        format!(
            r#"{{"level":"{level}","service":"{service}","requestId":"{request_id}","request":{},"elapsedMs":{elapsed},"error":{}}}"#,
            string(request),
            string(text),
        ) + "\n"
    }
}

/// A JSON string without control characters. JSON allows those from U+007F to U+009F, and a terminal that shows
/// the log may obey them.
fn string(text: &str) -> String {
    let json = json!(text).to_string();
    let escaped = |char: char| match char.is_control() {
        true => format!("\\u{:04x}", u32::from(char)),
        false => char.to_string(),
    };
    json.chars().map(escaped).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_json_for_any_path_and_text() {
        let line = Log::new("x-service", &Method::GET, "/a\"b", "id-1").line("error", "a \"quoted\"\ncause");
        assert_eq!(line.find('\n'), Some(line.len() - 1), "one line, with its end: {line:?}");
        let line: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!(line["requestId"], "id-1");
        assert_eq!(line["request"], "GET /a\"b");
        assert_eq!(line["error"], "a \"quoted\"\ncause");
    }

    #[test]
    fn control_characters_are_escaped() {
        let text = "\u{1b}[31m \u{7f} \u{80}\u{9b}31m\u{9f} \u{a0} \u{e4}";
        let line = Log::new("x-service", &Method::GET, text, "id").line("error", text);
        assert!(!line.trim_end_matches('\n').contains(char::is_control), "{line:?}");
        assert!(line.contains(r"\u009b31m\u009f"), "{line:?}");
        let line: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!(line["request"], format!("GET {text}"));
        assert_eq!(line["error"], text);
    }

    #[test]
    fn a_long_path_is_cut() {
        let log = Log::new("x-service", &Method::GET, &format!("/{}", "x".repeat(5000)), "id");
        assert_eq!(log.request.len(), "GET ".len() + PATH_LIMIT);
    }
}
