//! A client of libSQL's server: Hrana over HTTP, in JSON.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use rusqlite::types::Value;
use serde_json::{Value as Json, json};
use ureq::Agent;

use crate::{PATIENCE, agent};

/// The rows of a statement, or the message of its error.
pub type Answer = Result<Vec<Vec<Value>>, String>;

/// Sends statements, each time on a new connection to the database.
#[derive(Debug, Clone)]
pub struct Hrana {
    agent: Agent,
    url: String,
    token: String,
}

impl Hrana {
    pub(crate) fn new(base: &str, token: &str) -> Self {
        Self { agent: agent(PATIENCE), url: format!("{base}/v2/pipeline"), token: token.to_owned() }
    }

    /// The rows of a statement.
    pub fn statement(&self, sql: &str, parameters: &[Value]) -> Answer {
        let parameters: Vec<Json> = parameters.iter().map(to_json).collect();
        let result = self.send(json!({"type": "execute", "stmt": {"sql": sql, "args": parameters}}))?;
        let row = |row: &Json| row.as_array().into_iter().flatten().map(from_json).collect();
        result["rows"].as_array().into_iter().flatten().map(row).collect()
    }

    /// Runs a text of many statements up to the first that fails.
    pub fn script(&self, sql: &str) -> Result<(), String> {
        self.send(json!({"type": "sequence", "sql": sql})).map(drop)
    }

    fn send(&self, what: Json) -> Result<Json, String> {
        // The server keeps a connection that is not closed, and has 128 of them.
        let body = json!({ "requests": [what, {"type": "close"}] }).to_string();
        let request = self.agent.post(&self.url).header("content-type", "application/json");
        let request = request.header("authorization", format!("Bearer {}", self.token));
        let mut response = request.send(body).map_err(|error| error.to_string())?;
        let body = response.body_mut().with_config().limit(u64::MAX).read_to_string();
        let body = body.map_err(|error| error.to_string())?;
        if response.status() != 200 {
            return Err(format!("{}: {body}", response.status()));
        }
        let mut body: Json = serde_json::from_str(&body).map_err(|error| error.to_string())?;
        let result = &mut body["results"][0];
        match result["error"]["message"].as_str() {
            Some(message) => Err(message.to_owned()),
            None => Ok(result["response"]["result"].take()),
        }
    }
}

fn to_json(value: &Value) -> Json {
    match value {
        Value::Null => json!({"type": "null"}),
        Value::Integer(integer) => json!({"type": "integer", "value": integer.to_string()}),
        Value::Real(real) => json!({"type": "float", "value": real}),
        Value::Text(text) => json!({"type": "text", "value": text}),
        Value::Blob(bytes) => json!({"type": "blob", "base64": BASE64.encode(bytes)}),
    }
}

fn from_json(cell: &Json) -> Result<Value, String> {
    let text = cell["value"].as_str();
    let value = match cell["type"].as_str() {
        Some("null") => Some(Value::Null),
        Some("integer") => text.and_then(|text| text.parse().ok()).map(Value::Integer),
        Some("float") => cell["value"].as_f64().map(Value::Real),
        Some("text") => text.map(|text| Value::Text(text.to_owned())),
        Some("blob") => cell["base64"].as_str().and_then(|text| BASE64.decode(text).ok()).map(Value::Blob),
        _ => None,
    };
    value.ok_or_else(|| format!("{cell} is not a value"))
}
