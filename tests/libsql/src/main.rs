//! libSQL's own engine behind a pipe: a request a line on stdin, an answer a line on stdout, both JSON.
//!
//! It is a process of its own because libSQL and SQLite bring the same C symbols: in one program the
//! linker lets one of the two answer for both, without a word.

use std::io::{BufRead, Write};

use anyhow::Result;
use futures::executor::block_on;
use libsql::{Builder, Connection, Value};
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Request {
    /// Many statements, whose rows nobody wants to see.
    Script(String),
    /// One statement and its parameters.
    Statement(String, Vec<serde_json::Value>),
}

fn main() -> Result<()> {
    let database = block_on(Builder::new_local(":memory:").build())?;
    let connection = database.connect()?;
    let mut stdout = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let answer = match block_on(answer(&connection, serde_json::from_str(&line?)?)) {
            Ok(rows) => json!({ "rows": rows }),
            Err(error) => json!({ "error": error.to_string() }),
        };
        writeln!(stdout, "{answer}")?;
        stdout.flush()?;
    }
    Ok(())
}

async fn answer(connection: &Connection, request: Request) -> Result<Vec<Vec<String>>> {
    let (sql, parameters) = match request {
        Request::Script(sql) => {
            connection.execute_batch(&sql).await?;
            return Ok(Vec::new());
        }
        Request::Statement(sql, parameters) => (sql, parameters),
    };
    let parameters: Vec<Value> = parameters.iter().map(parameter).collect();
    let mut rows = connection.query(&sql, parameters).await?;
    let columns = rows.column_count();
    let mut answer = Vec::new();
    while let Some(row) = rows.next().await? {
        let values = (0..columns).map(|column| Ok(text(&row.get_value(column)?)));
        answer.push(values.collect::<Result<_>>()?);
    }
    Ok(answer)
}

fn parameter(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::String(text) => Value::Text(text.clone()),
        number => match number.as_i64() {
            Some(integer) => Value::Integer(integer),
            None => Value::Real(number.as_f64().unwrap_or(f64::NAN)),
        },
    }
}

/// A value together with its type, to the last bit: `{:?}` of a float names no other float.
fn text(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Integer(integer) => format!("integer {integer}"),
        Value::Real(real) => format!("real {real:?}"),
        Value::Text(text) => format!("text {text}"),
        Value::Blob(blob) => format!("blob {blob:?}"),
    }
}
