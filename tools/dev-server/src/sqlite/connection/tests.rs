use super::*;
use std::time::Duration;
use tempfile::{TempDir, tempdir};

/// A connection to an empty database, which goes with its directory.
fn connection() -> (TempDir, Connection) {
    let directory = tempdir().unwrap();
    let database = Database(directory.path().join("test.db"));
    (directory, Connection::new(Arc::new(database)))
}

async fn all(connection: &Connection, sql: &str) -> Result<(Vec<String>, Vec<RowResult>), Error> {
    let mut query = connection.stream(sql.to_owned(), Vec::new()).await?;
    let mut rows = Vec::new();
    while let Some(row) = query.rows.recv().await {
        rows.push(row);
    }
    query.outcome.await.unwrap()?;
    Ok((query.columns, rows))
}

async fn only_value(connection: &Connection, sql: &str) -> i64 {
    let (_, rows) = all(connection, sql).await.unwrap();
    assert_eq!(rows.len(), 1);
    let [Value::Integer(value)] = rows[0].values[..] else { panic!("unexpected row {:?}", rows[0]) };
    value
}

async fn message(connection: &Connection, sql: &str) -> String {
    match all(connection, sql).await {
        Err(Error::Io(text)) => text,
        other => panic!("unexpected result {other:?}"),
    }
}

/// A query that counts as far as it is told, a row a number.
fn counting(to: u64) -> String {
    format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {to}) SELECT i FROM n")
}

#[tokio::test]
async fn values_keep_their_types() {
    let (_directory, connection) = connection();
    let (columns, rows) = all(&connection, "SELECT 1 AS a, 2.5, 'x', x'00ff', NULL").await.unwrap();
    assert_eq!(columns[0], "a");
    let [Value::Integer(1), Value::Real(real), Value::Text(text), Value::Blob(blob), Value::Null] =
        rows[0].values.as_slice()
    else {
        panic!("unexpected values {:?}", rows[0].values);
    };
    assert_eq!((*real, text.as_str(), blob.as_slice()), (2.5, "x", [0, 255].as_slice()));
}

#[tokio::test]
async fn only_the_first_of_several_statements_runs() {
    let (_directory, connection) = connection();
    all(&connection, "CREATE TABLE a (x); CREATE TABLE b (x)").await.unwrap();
    assert!(all(&connection, "SELECT * FROM a").await.is_ok());
    assert!(message(&connection, "SELECT * FROM b").await.contains("no such table: b"));
}

#[tokio::test]
async fn files_cannot_be_attached() {
    let (directory, connection) = connection();
    let other = directory.path().join("other.db");
    let text = message(&connection, &format!("ATTACH '{}' AS other", other.display())).await;
    assert_eq!(text, "not authorized");
    assert!(!other.exists());
}

#[tokio::test]
async fn text_that_is_not_utf8_is_an_error() {
    let (_directory, connection) = connection();
    let text = message(&connection, "SELECT 1, CAST(x'ff' AS TEXT)").await;
    assert!(text.starts_with("text in column 2 is not UTF-8"), "{text}");
}

#[tokio::test]
async fn a_syntax_error_arrives_in_the_outcome() {
    let (_directory, connection) = connection();
    let mut query = connection.stream("SELEC 1".to_owned(), Vec::new()).await.unwrap();
    assert!(query.columns.is_empty());
    assert!(query.rows.recv().await.is_none());
    let Err(Error::Io(text)) = query.outcome.await.unwrap() else { panic!("no error") };
    assert!(text.contains("syntax error"), "{text}");
}

#[tokio::test]
async fn a_stream_holds_its_connection_until_it_is_drained() {
    let (_directory, connection) = connection();
    let mut query = connection.stream(counting(20), Vec::new()).await.unwrap();
    let mut next = Box::pin(all(&connection, "SELECT 1"));
    for expected in 1..=20 {
        let row = query.rows.recv().await.unwrap();
        assert!(matches!(row.values[..], [Value::Integer(i)] if i == expected));
        if expected < 20 - ROWS_AHEAD as i64 {
            assert!(tokio::time::timeout(Duration::ZERO, &mut next).await.is_err());
        }
    }
    assert!(query.rows.recv().await.is_none());
    assert!(query.outcome.await.unwrap().is_ok());
    assert_eq!(next.await.unwrap().1.len(), 1);
}

#[tokio::test]
async fn dropping_the_rows_ends_the_query() {
    let (_directory, connection) = connection();
    let query = connection.stream(counting(u64::MAX / 2), Vec::new()).await.unwrap();
    drop(query.rows);
    assert!(matches!(query.outcome.await.unwrap(), Err(Error::Io(text)) if text == "row send error"));
}

#[tokio::test]
async fn a_query_gives_the_same_however_long_it_takes() {
    let (_directory, connection) = connection();
    let last = |to| format!("SELECT max(i) FROM ({})", counting(to));
    for to in [1, 1_000_000, 1] {
        assert_eq!(only_value(&connection, &last(to)).await, to as i64);
    }
    let shared = connection.shared().unwrap();
    let in_vain = |to| connection.short.run(&shared, &last(to), &[], ROWS_AHEAD).is_none();
    assert!(in_vain(1_000_000) && !in_vain(1));
}

#[tokio::test]
async fn a_statement_that_writes_runs_once() {
    let (_directory, connection) = connection();
    all(&connection, "CREATE TABLE a (x)").await.unwrap();
    for row in 1..4 {
        assert_eq!(only_value(&connection, "INSERT INTO a VALUES (7) RETURNING rowid").await, row);
    }
}

#[tokio::test]
async fn a_query_waits_until_a_lock_is_gone() {
    let (_directory, connection) = connection();
    all(&connection, "CREATE TABLE a (x)").await.unwrap();
    let other = connection.database.open().unwrap();
    other.execute_batch("BEGIN EXCLUSIVE; INSERT INTO a VALUES (7)").unwrap();
    let mut waiting = Box::pin(only_value(&connection, "SELECT x FROM a"));
    assert!(tokio::time::timeout(Duration::from_millis(50), &mut waiting).await.is_err());
    other.execute_batch("COMMIT").unwrap();
    assert_eq!(waiting.await, 7);
}
