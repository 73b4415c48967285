use super::*;
use std::time::Duration;
use tempfile::{TempDir, tempdir};

/// A connection to an empty database in a temporary directory.
fn connection() -> (TempDir, Arc<Connection>) {
    let directory = tempdir().unwrap();
    let database = Database(directory.path().join("test.db"));
    (directory, Connection::new(Arc::new(database)))
}

async fn all(connection: &Arc<Connection>, sql: &str) -> Result<Vec<RowResult>, Error> {
    let mut query = connection.clone().stream(sql.to_owned(), Vec::new()).await?;
    let mut rows = Vec::new();
    while let Some(row) = query.rows.recv().await {
        rows.push(row);
    }
    query.outcome.await.unwrap().map(|()| rows)
}

async fn message(connection: &Arc<Connection>, sql: &str) -> String {
    match all(connection, sql).await {
        Err(Error::Io(text)) => text,
        other => panic!("unexpected result {other:?}"),
    }
}

/// A query with one row for each number up to `to`.
fn counting(to: u64) -> String {
    format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {to}) SELECT i FROM n")
}

#[tokio::test]
async fn values_keep_their_types() {
    let (_directory, connection) = connection();
    let query = connection
        .clone()
        .stream("SELECT ?1 AS a, 2.5, 'x', x'00ff', NULL".to_owned(), vec![Value::Integer(1)]);
    let mut query = query.await.unwrap();
    assert_eq!(query.columns[0], "a");
    let values = query.rows.recv().await.unwrap().values;
    let [Value::Integer(1), Value::Real(real), Value::Text(text), Value::Blob(blob), Value::Null] =
        values.as_slice()
    else {
        panic!("unexpected values {values:?}");
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
async fn what_cannot_be_returned_is_an_error() {
    let (_directory, connection) = connection();
    for (sql, error) in [
        ("ATTACH 'other.db' AS other", "not authorized"),
        ("SELEC 1", "near \"SELEC\": syntax error"),
        ("SELECT 1, CAST(x'ff' AS TEXT)", "text in column 2 is not UTF-8"),
        ("SELECT zeroblob(67108864), zeroblob(67108864)", "query result exceeds limit of 134217728 bytes"),
    ] {
        let text = message(&connection, sql).await;
        assert!(text.starts_with(error), "{sql}: {text}");
    }
}

#[tokio::test]
async fn a_stream_holds_its_connection_until_it_is_drained() {
    let (_directory, connection) = connection();
    let mut query = connection.clone().stream(counting(20), Vec::new()).await.unwrap();
    let mut next = Box::pin(all(&connection, "SELECT 1"));
    for _ in 0..20 - ROWS_AHEAD - 1 {
        query.rows.recv().await.unwrap();
        assert!(tokio::time::timeout(Duration::ZERO, &mut next).await.is_err());
    }
    while query.rows.recv().await.is_some() {}
    assert!(query.outcome.await.unwrap().is_ok());
    assert_eq!(next.await.unwrap().len(), 1);
}

#[tokio::test]
async fn dropping_the_rows_ends_the_query() {
    let (_directory, connection) = connection();
    let query = connection.stream(counting(u64::MAX / 2), Vec::new()).await.unwrap();
    drop(query.rows);
    assert!(matches!(query.outcome.await.unwrap(), Err(Error::Io(text)) if text == "row send error"));
}
