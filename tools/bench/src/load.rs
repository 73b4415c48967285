//! The load generator: a client sends its next request as soon as it has read the last response.
//!
//! hyper on one thread takes 7 to 10 µs of CPU per request against nginx, as measured beside `wrk`, which takes 6 to 9.
//! `wrk` would have to be installed, and checks no lengths and no first bytes. ureq takes 40 µs.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::HOST;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// No response takes longer, not even the longest list.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A response, and its times since the request was sent.
#[derive(Clone, Copy, Debug)]
pub struct Response {
    pub status: StatusCode,
    pub length: usize,
    /// Until the first byte of the body.
    pub first_byte: Duration,
    pub whole: Duration,
}

/// Loads `http://address/path` with so many clients, each on a connection that is kept alive.
///
/// A request that was sent within `time` is read to its end. Each client sends at least one.
pub fn run(address: &str, path: &str, clients: usize, time: Duration) -> Result<Vec<Response>> {
    let end = Instant::now() + time;
    Builder::new_current_thread().enable_all().build()?.block_on(async {
        let mut running = JoinSet::new();
        for _ in 0..clients {
            running.spawn(client(address.to_owned(), path.to_owned(), end));
        }
        let mut responses = Vec::new();
        while let Some(client) = running.join_next().await {
            responses.extend(client?.with_context(|| format!("GET http://{address}{path}"))?);
        }
        Ok(responses)
    })
}

/// One response whatever its status, and its body.
pub fn get(address: &str, path: &str) -> Result<(Response, Vec<u8>)> {
    Builder::new_current_thread().enable_all().build()?.block_on(async {
        let mut body = Vec::new();
        let response = send(&mut connect(address).await?, address, path, |data| body.extend(data)).await;
        Ok((response.with_context(|| format!("GET http://{address}{path}"))?, body))
    })
}

/// The body of a response whose status is 200.
pub fn get_ok(address: &str, path: &str) -> Result<Vec<u8>> {
    let (response, body) = get(address, path)?;
    ensure!(response.status == 200, "GET http://{address}{path}: status {}", response.status);
    Ok(body)
}

async fn client(address: String, path: String, end: Instant) -> Result<Vec<Response>> {
    let mut connection = connect(&address).await?;
    let mut responses = Vec::new();
    while responses.is_empty() || Instant::now() < end {
        if connection.ready().await.is_err() {
            connection = connect(&address).await?;
        }
        responses.push(send(&mut connection, &address, &path, |_| ()).await?);
    }
    Ok(responses)
}

type Connection = SendRequest<Empty<Bytes>>;

async fn connect(address: &str) -> Result<Connection> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}

async fn send(
    connection: &mut Connection,
    address: &str,
    path: &str,
    mut on_data: impl FnMut(&Bytes),
) -> Result<Response> {
    let request = Request::get(path).header(HOST, address).body(Empty::new())?;
    let sent = Instant::now();
    timeout(TIMEOUT, async {
        let (head, mut body) = connection.send_request(request).await?.into_parts();
        let (mut length, mut first_byte) = (0, None);
        while let Some(frame) = body.frame().await.transpose()? {
            first_byte.get_or_insert_with(|| sent.elapsed());
            if let Some(data) = frame.data_ref() {
                length += data.len();
                on_data(data);
            }
        }
        let whole = sent.elapsed();
        Ok(Response { status: head.status, length, first_byte: first_byte.unwrap_or(whole), whole })
    })
    .await?
}
