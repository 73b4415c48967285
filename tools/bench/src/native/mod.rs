//! The peers: the same three services as native processes, with axum, rusqlite and reqwest over
//! loopback. They run the same statements, make the same checks and give the same bytes.

use std::net::Ipv4Addr;
use std::path::PathBuf;

use anyhow::Result;
use axum::Router;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::serve::ListenerExt;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::net::TcpListener;

mod aggregates;
mod customers;
mod database;
mod incidents;
mod pages;

/// One of the services, with what it needs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Service {
    Customers {
        database: PathBuf,
    },
    Incidents {
        database: PathBuf,
    },
    /// Where the other two are, as `http://…`.
    Aggregates {
        customers: String,
        incidents: String,
    },
}

impl Service {
    /// Serves until standard input ends.
    ///
    /// # Errors
    /// If there is no port to listen on.
    pub fn serve(&self) -> Result<()> {
        let router = match self {
            Self::Customers { database } => customers::router(database),
            Self::Incidents { database } => incidents::router(database),
            Self::Aggregates { customers, incidents } => aggregates::router(customers, incidents)?,
        };
        let router = router.fallback(async || Error::NotFound);
        std::thread::spawn(|| {
            let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
            std::process::exit(0);
        });
        tokio::runtime::Runtime::new()?.block_on(accept(router))
    }
}

async fn accept(router: Router) -> Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("Serving http://{}", listener.local_addr()?);
    // Without this, every answer in two segments would wait for the client's delayed acknowledgement.
    let listener = listener.tap_io(|connection| {
        let _ = connection.set_nodelay(true);
    });
    Ok(axum::serve(listener, router).await?)
}

/// Why a request is not answered with 200.
#[derive(Debug)]
enum Error {
    BadRequest(&'static str),
    NotFound,
    /// The cause goes to standard error.
    Internal(anyhow::Error),
}

impl<E: Into<anyhow::Error>> From<E> for Error {
    fn from(cause: E) -> Self {
        Self::Internal(cause.into())
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let (status, message) = match self {
            Self::BadRequest(message) => (StatusCode::BAD_REQUEST, message),
            Self::NotFound => (StatusCode::NOT_FOUND, "Not found"),
            Self::Internal(cause) => {
                eprintln!("{cause:#}");
                (StatusCode::INTERNAL_SERVER_ERROR, "The data cannot be read at the moment")
            }
        };
        (status, [(CONTENT_TYPE, "application/json")], json!({ "message": message }).to_string())
            .into_response()
    }
}

/// A 200 with JSON.
fn ok(json: String) -> Response {
    ([(CONTENT_TYPE, "application/json")], json).into_response()
}

/// Reads a `:limit`, by the same rules as the components.
fn limit(segment: &str) -> Result<i64, Error> {
    match segment.parse() {
        Ok(limit @ 1..) => Ok(limit),
        Ok(_) => Err(Error::BadRequest("Limit must be higher than 0")),
        Err(_) => Err(Error::BadRequest("Invalid parameter (limit) received")),
    }
}
