use super::*;

fn memory() -> Connection {
    Connection::new(Arc::new(Database::default()))
}

fn execute(connection: &Connection, sql: &str) -> Result<QueryResult, Error> {
    run(&lock(&connection.shared()?), sql, Vec::new())
}

fn message<T>(result: Result<T, Error>) -> String {
    match result {
        Err(Error::Io(text)) => text,
        Err(other) => panic!("unexpected error {other:?}"),
        Ok(_) => panic!("no error"),
    }
}

#[test]
fn values_keep_their_types() {
    let connection = memory();
    let result = execute(&connection, "SELECT 1 AS a, 2.5, 'x', x'00ff', NULL").unwrap();
    assert_eq!(result.columns[0], "a");
    let [Value::Integer(1), Value::Real(real), Value::Text(text), Value::Blob(blob), Value::Null] =
        result.rows[0].values.as_slice()
    else {
        panic!("unexpected values {:?}", result.rows[0].values);
    };
    assert_eq!((*real, text.as_str(), blob.as_slice()), (2.5, "x", [0, 255].as_slice()));
}

#[test]
fn only_the_first_of_several_statements_runs() {
    let connection = memory();
    execute(&connection, "CREATE TABLE a (x); CREATE TABLE b (x)").unwrap();
    assert!(execute(&connection, "SELECT * FROM a").is_ok());
    assert!(message(execute(&connection, "SELECT * FROM b")).contains("no such table: b"));
}

#[test]
fn files_cannot_be_attached() {
    let connection = memory();
    let text = message(execute(&connection, "ATTACH 'other.db' AS other"));
    assert_eq!(text, "not authorized");
    assert!(execute(&connection, "ATTACH ':memory:' AS other").is_ok());
}

#[test]
fn text_that_is_not_utf8_is_an_error() {
    let connection = memory();
    let text = message(execute(&connection, "SELECT 1, CAST(x'ff' AS TEXT)"));
    assert!(text.starts_with("text in column 2 is not UTF-8"), "{text}");
}

#[tokio::test]
async fn a_syntax_error_arrives_in_the_outcome() {
    let mut query = memory().stream("SELEC 1".to_owned(), Vec::new()).await.unwrap();
    assert!(query.columns.is_empty());
    assert!(query.rows.recv().await.is_none());
    assert!(message(query.outcome.await.unwrap()).contains("syntax error"));
}

#[tokio::test]
async fn a_stream_holds_its_connection_until_it_is_drained() {
    let connection = memory();
    let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20)
               SELECT i FROM n";
    let mut query = connection.stream(sql.to_owned(), Vec::new()).await.unwrap();
    let mut next = Box::pin(connection.execute("SELECT 1".to_owned(), Vec::new()));
    for expected in 1..=20 {
        let row = query.rows.recv().await.unwrap();
        assert!(matches!(row.values[..], [Value::Integer(i)] if i == expected));
        if expected < 20 - ROWS_AHEAD as i64 {
            let waiting = tokio::time::timeout(std::time::Duration::ZERO, &mut next).await;
            assert!(waiting.is_err());
        }
    }
    assert!(query.rows.recv().await.is_none());
    assert!(query.outcome.await.unwrap().is_ok());
    assert_eq!(next.await.unwrap().rows.len(), 1);
}

#[tokio::test]
async fn a_dropped_connection_fails_every_query_after_the_last_one() {
    let database = Database { queries_per_connection: Some(1), ..Database::default() };
    let connection = Connection::new(Arc::new(database));
    let query = || "SELECT 1".to_owned();
    assert!(connection.execute(query(), Vec::new()).await.is_ok());
    for _ in 0..2 {
        let result = connection.execute(query(), Vec::new()).await;
        assert_eq!(message(result), "the connection was dropped");
        assert!(connection.stream(query(), Vec::new()).await.is_err());
    }
    let other = Connection::new(connection.database.clone());
    assert!(other.execute(query(), Vec::new()).await.is_ok());
}

#[tokio::test]
async fn dropping_the_rows_ends_the_query() {
    let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";
    let query = memory().stream(sql.to_owned(), Vec::new()).await.unwrap();
    drop(query.rows);
    assert_eq!(message(query.outcome.await.unwrap()), "row send error");
}

/// A query that counts as far as it is told, in one row.
fn counting(to: u64) -> String {
    format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {to}) SELECT max(i) FROM n"
    )
}

async fn only_value(connection: &Connection, sql: &str) -> i64 {
    let mut query = connection.stream(sql.to_owned(), Vec::new()).await.unwrap();
    let row = query.rows.recv().await.unwrap();
    assert!(query.rows.recv().await.is_none());
    query.outcome.await.unwrap().unwrap();
    match row.values[..] {
        [Value::Integer(value)] => value,
        _ => panic!("unexpected row {row:?}"),
    }
}

#[tokio::test]
async fn a_query_gives_the_same_however_long_it_takes() {
    let connection = memory();
    for to in [1, 1_000_000, 1] {
        assert_eq!(only_value(&connection, &counting(to)).await, to as i64);
    }
    let tried_in_vain =
        |to| connection.short.run(&connection.shared().unwrap(), &counting(to), &[]).is_none();
    assert!(tried_in_vain(1_000_000) && !tried_in_vain(1));
}

#[tokio::test]
async fn a_statement_that_writes_runs_once() {
    let connection = memory();
    execute(&connection, "CREATE TABLE a (x)").unwrap();
    for row in 1..4 {
        assert_eq!(only_value(&connection, "INSERT INTO a VALUES (7) RETURNING rowid").await, row);
    }
}

#[tokio::test]
async fn a_query_waits_until_a_lock_is_gone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("locked.db");
    let connection = Connection::new(Arc::new(Database { path: Some(path.clone()), ..Database::default() }));
    execute(&connection, "CREATE TABLE a (x)").unwrap();
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE; INSERT INTO a VALUES (7)").unwrap();
    let mut waiting = Box::pin(only_value(&connection, "SELECT x FROM a"));
    assert!(tokio::time::timeout(std::time::Duration::from_millis(50), &mut waiting).await.is_err());
    other.execute_batch("COMMIT").unwrap();
    assert_eq!(waiting.await, 7);
}
