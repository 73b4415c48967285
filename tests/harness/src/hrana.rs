//! Hrana, the protocol of libSQL's server over HTTP, as far as tests speak it: its version 3 in Protobuf, since
//! in JSON the server reads one in ten numbers of 17 digits as its neighbour.

use std::time::Duration;

use prost::Message;
use rusqlite::types::Value;
use ureq::Agent;

use crate::http_client;

/// Longer than the server takes for anything.
const PATIENCE: Duration = Duration::from_secs(60);

/// The rows of a statement, or the message of its error.
pub type Answer = Result<Vec<Vec<Value>>, String>;

/// What one client sends, each time on a connection to the database of its own.
#[derive(Debug, Clone)]
pub struct Hrana {
    agent: Agent,
    url: String,
    token: Option<String>,
}

impl Hrana {
    pub(crate) fn new(base: &str, token: Option<&str>) -> Self {
        let url = format!("{base}/v3-protobuf/pipeline");
        Self { agent: http_client::agent(PATIENCE), url, token: token.map(str::to_owned) }
    }

    /// Runs statements one after the other, each with its parameters, also after one that fails.
    ///
    /// # Errors
    /// If the server does not take the request, or does not answer within a minute.
    pub fn run<'a>(
        &self,
        statements: impl IntoIterator<Item = (&'a str, &'a [Value])>,
    ) -> Result<Vec<Answer>, String> {
        let statements = statements.into_iter().map(|(sql, parameters)| {
            let statement = Statement {
                sql: sql.to_owned(),
                arguments: parameters.iter().cloned().map(Cell::from).collect(),
                want_rows: true,
            };
            Command::Execute(Execute { statement: Some(statement) })
        });
        self.send(statements.collect())
    }

    /// Runs one statement.
    ///
    /// # Errors
    /// As [`Hrana::run`], and if the statement fails.
    pub fn statement(&self, sql: &str, parameters: &[Value]) -> Answer {
        self.run([(sql, parameters)])?.remove(0)
    }

    /// Runs a text of many statements up to the first that fails.
    ///
    /// # Errors
    /// As [`Hrana::run`], and if a statement fails.
    pub fn script(&self, sql: &str) -> Result<(), String> {
        let script = Command::Sequence(Sequence { sql: sql.to_owned() });
        self.send(vec![script])?.remove(0).map(drop)
    }

    fn send(&self, commands: Vec<Command>) -> Result<Vec<Answer>, String> {
        let wanted = commands.len();
        // The server keeps a connection that is not closed, and has 128 of them.
        let commands = commands.into_iter().chain([Command::Close(Close {})]);
        let requests = commands.map(|command| Request { command: Some(command) }).collect();
        let mut request = self.agent.post(&self.url);
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let mut response = request
            .send(Requests { requests }.encode_to_vec())
            .map_err(|error| format!("no answer: {error}"))?;
        let status = response.status();
        let body = response.body_mut().with_config().limit(u64::MAX).read_to_vec();
        let body = body.map_err(|error| format!("{status}, then {error}"))?;
        if status != 200 {
            return Err(format!("{status}: {}", String::from_utf8_lossy(&body)));
        }
        let results = Results::decode(body.as_slice()).map_err(|error| error.to_string())?.results;
        if results.len() != wanted + 1 {
            return Err(format!("{} answers to {wanted} requests", results.len()));
        }
        results.into_iter().take(wanted).map(answer).collect()
    }
}

fn answer(result: ResultOf) -> Result<Answer, String> {
    Ok(match result.outcome.ok_or("an answer is empty")? {
        Outcome::Error(error) => Err(error.message),
        Outcome::Ok(response) => {
            let rows = response.execute.and_then(|execute| execute.result).unwrap_or_default().rows;
            let row = |row: Row| row.cells.into_iter().map(Value::from).collect();
            Ok(rows.into_iter().map(row).collect())
        }
    })
}

#[derive(Clone, PartialEq, Message)]
struct Requests {
    #[prost(message, repeated, tag = "2")]
    requests: Vec<Request>,
}

#[derive(Clone, PartialEq, Message)]
struct Request {
    #[prost(oneof = "Command", tags = "1, 2, 4")]
    command: Option<Command>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum Command {
    #[prost(message, tag = "1")]
    Close(Close),
    #[prost(message, tag = "2")]
    Execute(Execute),
    #[prost(message, tag = "4")]
    Sequence(Sequence),
}

#[derive(Clone, PartialEq, Message)]
struct Close {}

#[derive(Clone, PartialEq, Message)]
struct Execute {
    #[prost(message, optional, tag = "1")]
    statement: Option<Statement>,
}

#[derive(Clone, PartialEq, Message)]
struct Statement {
    #[prost(string, tag = "1")]
    sql: String,
    #[prost(message, repeated, tag = "3")]
    arguments: Vec<Cell>,
    #[prost(bool, tag = "5")]
    want_rows: bool,
}

#[derive(Clone, PartialEq, Message)]
struct Sequence {
    #[prost(string, tag = "1")]
    sql: String,
}

#[derive(Clone, PartialEq, Message)]
struct Cell {
    #[prost(oneof = "CellValue", tags = "1, 2, 3, 4, 5")]
    value: Option<CellValue>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum CellValue {
    #[prost(message, tag = "1")]
    Null(Null),
    #[prost(sint64, tag = "2")]
    Integer(i64),
    #[prost(double, tag = "3")]
    Real(f64),
    #[prost(string, tag = "4")]
    Text(String),
    #[prost(bytes, tag = "5")]
    Blob(Vec<u8>),
}

#[derive(Clone, PartialEq, Message)]
struct Null {}

impl From<Value> for Cell {
    fn from(value: Value) -> Self {
        let value = match value {
            Value::Null => CellValue::Null(Null {}),
            Value::Integer(integer) => CellValue::Integer(integer),
            Value::Real(real) => CellValue::Real(real),
            Value::Text(text) => CellValue::Text(text),
            Value::Blob(bytes) => CellValue::Blob(bytes),
        };
        Self { value: Some(value) }
    }
}

impl From<Cell> for Value {
    fn from(cell: Cell) -> Self {
        match cell.value {
            None | Some(CellValue::Null(_)) => Self::Null,
            Some(CellValue::Integer(integer)) => Self::Integer(integer),
            Some(CellValue::Real(real)) => Self::Real(real),
            Some(CellValue::Text(text)) => Self::Text(text),
            Some(CellValue::Blob(bytes)) => Self::Blob(bytes),
        }
    }
}

#[derive(Clone, PartialEq, Message)]
struct Results {
    #[prost(message, repeated, tag = "3")]
    results: Vec<ResultOf>,
}

#[derive(Clone, PartialEq, Message)]
struct ResultOf {
    #[prost(oneof = "Outcome", tags = "1, 2")]
    outcome: Option<Outcome>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum Outcome {
    #[prost(message, tag = "1")]
    Ok(Response),
    #[prost(message, tag = "2")]
    Error(Failure),
}

/// The answer to anything but [`Execute`] says no more than that it was done.
#[derive(Clone, PartialEq, Message)]
struct Response {
    #[prost(message, optional, tag = "2")]
    execute: Option<Executed>,
}

#[derive(Clone, PartialEq, Message)]
struct Executed {
    #[prost(message, optional, tag = "1")]
    result: Option<Rows>,
}

#[derive(Clone, PartialEq, Message)]
struct Rows {
    #[prost(message, repeated, tag = "2")]
    rows: Vec<Row>,
}

#[derive(Clone, PartialEq, Message)]
struct Row {
    #[prost(message, repeated, tag = "1")]
    cells: Vec<Cell>,
}

#[derive(Clone, PartialEq, Message)]
struct Failure {
    #[prost(string, tag = "1")]
    message: String,
}
