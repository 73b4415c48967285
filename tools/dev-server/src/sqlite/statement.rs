//! Statements, and values on their way between SQLite and a component.

use crate::wit::spin::sqlite::sqlite::{Error, RowResult, Value};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Row, Rows, Statement};

/// The most that one streamed row, or the rows of a short query together, may weigh.
const MAX_BUFFERED_BYTES: usize = 128 << 20;

/// The columns of a statement.
pub fn columns(statement: &Statement<'_>) -> Vec<String> {
    statement.column_names().into_iter().map(str::to_owned).collect()
}

/// Starts a statement with the values of its parameters.
pub fn start<'a>(statement: &'a mut Statement<'_>, parameters: &[Value]) -> Result<Rows<'a>, Error> {
    statement.query(rusqlite::params_from_iter(parameters.iter().map(to_sql))).map_err(io_error)
}

/// The next row, copied, and what it weighs in bytes.
pub fn next_row(rows: &mut Rows<'_>, width: usize) -> Result<Option<(RowResult, usize)>, Error> {
    let row = rows.next().map_err(io_error)?;
    row.map(|row| convert_row(row, width)).transpose()
}

fn convert_row(row: &Row<'_>, width: usize) -> Result<(RowResult, usize), Error> {
    let mut bytes = 0;
    let mut values = Vec::with_capacity(width);
    for column in 0..width {
        let (value, len) = match row.get_ref(column).map_err(io_error)? {
            ValueRef::Null => (Value::Null, 0),
            ValueRef::Integer(integer) => (Value::Integer(integer), 0),
            ValueRef::Real(real) => (Value::Real(real), 0),
            ValueRef::Blob(blob) => (Value::Blob(blob.to_vec()), blob.len()),
            // SQLite does not check its text. Spin panics here.
            ValueRef::Text(text) => match std::str::from_utf8(text) {
                Ok(text) => (Value::Text(text.to_owned()), text.len()),
                Err(err) => {
                    let column = column + 1;
                    return Err(Error::Io(format!("text in column {column} is not UTF-8: {err}")));
                }
            },
        };
        bytes += size_of::<Value>() + len;
        values.push(value);
    }
    ensure_fits(bytes)?;
    Ok((RowResult { values }, bytes))
}

/// Holds if so many bytes may be in memory at once.
pub fn ensure_fits(bytes: usize) -> Result<(), Error> {
    if bytes > MAX_BUFFERED_BYTES {
        let text = format!("query result exceeds limit of {MAX_BUFFERED_BYTES} bytes");
        return Err(Error::Io(text));
    }
    Ok(())
}

fn to_sql(value: &Value) -> ToSqlOutput<'_> {
    ToSqlOutput::Borrowed(match value {
        Value::Null => ValueRef::Null,
        Value::Integer(integer) => ValueRef::Integer(*integer),
        Value::Real(real) => ValueRef::Real(*real),
        Value::Text(text) => ValueRef::Text(text.as_bytes()),
        Value::Blob(blob) => ValueRef::Blob(blob),
    })
}

/// Spin's error for whatever SQLite says.
pub fn io_error(err: impl std::fmt::Display) -> Error {
    Error::Io(err.to_string())
}
