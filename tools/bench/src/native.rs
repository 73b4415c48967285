//! The native peer: the dashboard as one ordinary process, with axum and rusqlite.
//!
//! It runs the same queries for the same bytes. It needs no calls between services, and has no deadline, retry,
//! circuit breaker or `etag`.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::{io, process, thread};

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::serve::ListenerExt;
use rusqlite::Connection;
use tokio::net::TcpListener;
use tokio::task::spawn_blocking;

/// Makes this program the peer; the path of the database follows.
pub const ARGUMENT: &str = "native";

const CUSTOMERS: &str = "
    SELECT json_object(
        'customerCount', (SELECT Count FROM CustomerCount),
        'topCustomers', (
            SELECT json_group_array(json_object('customerName', Name, 'scoring', Scoring))
            FROM (SELECT Name, Scoring FROM Customers ORDER BY Scoring DESC, Name, Id LIMIT 5)
        )
    )
";

const INCIDENTS: &str = "
    SELECT json_object(
        'customersWithMostIncidents', (
            SELECT json_group_array(json_object('customerName', CustomerName, 'numberOfIncidents', Count))
            FROM (SELECT * FROM IncidentTotals ORDER BY Count DESC, CustomerName LIMIT 5)
        ),
        'customersWithHighestIncidentVolume', (
            SELECT json_group_array(json_object(
                'customerName', CustomerName, 'incidentVolume', json(printf('%.15g', Volume / 10000.0))
            ))
            FROM (SELECT * FROM IncidentTotals ORDER BY Volume DESC, CustomerName LIMIT 5)
        )
    )
";

/// Serves until standard input ends.
///
/// # Errors
/// If there is no port to listen on.
pub fn serve(database: &Path) -> Result<()> {
    thread::spawn(|| {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        process::exit(0);
    });
    let database = Arc::new(Database { file: database.to_owned(), idle: Mutex::default() });
    tokio::runtime::Runtime::new()?.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        println!("Serving http://{}", listener.local_addr()?);
        let listener = listener.tap_io(|connection| {
            let _ = connection.set_nodelay(true);
        });
        let router = Router::new().route("/aggregates/dashboard", get(dashboard)).with_state(database);
        Ok(axum::serve(listener, router).await?)
    })
}

async fn dashboard(State(database): State<Arc<Database>>) -> Result<Response, Error> {
    let query = |sql| {
        spawn_blocking({
            let database = database.clone();
            move || database.json(sql)
        })
    };
    let (customers, incidents) = tokio::try_join!(query(CUSTOMERS), query(INCIDENTS))?;
    // Two objects become one.
    let json = [customers?.trim_end_matches('}'), ",", incidents?.trim_start_matches('{')].concat();
    Ok(([(CONTENT_TYPE, "application/json")], json).into_response())
}

/// Keeps its connections, each with its prepared statements.
struct Database {
    file: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Database {
    fn json(&self, sql: &str) -> Result<String> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => Connection::open(&self.file).context("cannot open the database")?,
        };
        let json = connection.prepare_cached(sql)?.query_row((), |row| row.get(0))?;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        Ok(json)
    }
}

struct Error(anyhow::Error);

impl<E: Into<anyhow::Error>> From<E> for Error {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        eprintln!("{:#}", self.0);
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}
