//! libSQL's own engine behind a pipe: a request a line on stdin, an answer a line on stdout, both JSON.
//!
//! Like libSQL's server, it reads each statement with a parser written in Rust before the engine sees it:
//! that parser knows less than SQLite's own.
//!
//! It is a process of its own because libSQL and SQLite bring the same C symbols: in one program the
//! linker lets one of the two answer for both, without a word.

use std::io::{BufRead, Write};

use anyhow::{Context, Result, bail, ensure};
use fallible_iterator::FallibleIterator;
use futures::executor::block_on;
use libsql::{Builder, Connection, Value};
use serde::Deserialize;
use serde_json::json;
use sqlite3_parser::ast::{Cmd, Stmt};
use sqlite3_parser::lexer::sql::Parser;

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Request {
    /// Many statements, whose rows nobody wants to see.
    Script(String),
    /// One statement and its parameters, as [`text`] writes them.
    Statement(String, Vec<String>),
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
            parse(&sql)?;
            connection.execute_batch(&sql).await?;
            return Ok(Vec::new());
        }
        Request::Statement(sql, parameters) => (sql, parameters),
    };
    parse(&sql)?;
    let parameters: Vec<Value> = parameters.iter().map(|text| value(text)).collect::<Result<_>>()?;
    let mut rows = connection.query(&sql, parameters).await?;
    let columns = rows.column_count();
    let mut answer = Vec::new();
    while let Some(row) = rows.next().await? {
        let values = (0..columns).map(|column| Ok(text(&row.get_value(column)?)));
        answer.push(values.collect::<Result<_>>()?);
    }
    Ok(answer)
}

/// Refuses what libSQL's server refuses: what its parser does not know, and statements that change the
/// connection instead of the database (`query_analysis.rs` of libsql-server 0.24).
fn parse(sql: &str) -> Result<()> {
    let mut parser = Box::new(Parser::new(sql.as_bytes()));
    while let Some(command) = parser.next().context("libSQL's server cannot read this")? {
        let refused = matches!(
            command,
            Cmd::Stmt(
                Stmt::CreateTable { temporary: true, .. }
                    | Stmt::CreateTrigger { temporary: true, .. }
                    | Stmt::CreateView { temporary: true, .. }
                    | Stmt::Pragma(_, Some(_))
                    | Stmt::Analyze(_)
                    | Stmt::Attach { .. }
                    | Stmt::Detach(_)
                    | Stmt::Vacuum(..)
            )
        );
        ensure!(!refused, "libSQL's server does not run this: {command:?}");
    }
    Ok(())
}

/// The reverse of [`text`], for the types that parameters have.
fn value(text: &str) -> Result<Value> {
    Ok(match text.split_once(' ') {
        Some(("integer", integer)) => Value::Integer(integer.parse()?),
        Some(("real", real)) => Value::Real(real.parse()?),
        Some(("text", text)) => Value::Text(text.to_owned()),
        _ => bail!("{text:?} is no parameter"),
    })
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
