//! The server: HTTP/1.1 on as many connections as the process can afford.

use crate::report;
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::convert::Infallible;
use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// How long to wait when a connection cannot be accepted.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How long the head of a request may take, and how long a connection may wait for one.
const HEAD_TIME: Duration = Duration::from_secs(30);

/// How many files the process needs for itself: logs, the listener, threads, the cache.
const FILES_OF_THE_HOST: u64 = 64;

/// How many files a request may need: its connection, and in the dashboard's case an instance of each
/// backend with a database and its write-ahead log.
const FILES_OF_A_REQUEST: u64 = 5;

/// More connections than there can be instances would only wait inside.
const MAX_CONNECTIONS: u64 = 1_000;

/// What clients may take.
pub struct Limits {
    /// How many connections are served at once. Further ones wait in the system's queue: were they
    /// accepted, they would take the files that the requests of the others need.
    pub connections: usize,
    /// How long the head of a request may take.
    pub head_time: Duration,
}

impl Limits {
    /// Takes as many files as the system allows this process to ask for.
    pub fn of_this_process() -> Self {
        let files = getrlimit(Resource::RLIMIT_NOFILE).map_or(0, |(soft, hard)| {
            let wanted = hard.min(FILES_OF_THE_HOST + FILES_OF_A_REQUEST * MAX_CONNECTIONS);
            match wanted > soft && setrlimit(Resource::RLIMIT_NOFILE, wanted, hard).is_ok() {
                true => wanted,
                false => soft,
            }
        });
        let connections = files.saturating_sub(FILES_OF_THE_HOST) / FILES_OF_A_REQUEST;
        let connections = usize::try_from(connections.clamp(1, MAX_CONNECTIONS)).unwrap_or(1);
        Self { connections, head_time: HEAD_TIME }
    }
}

/// Serves until `stop` is ready, then finishes the requests in flight.
pub async fn serve<A, F, B>(listener: TcpListener, limits: Limits, stop: impl Future<Output = ()>, answer: A)
where
    A: Fn(Request<Incoming>, SocketAddr) -> F + Clone + Send + 'static,
    F: Future<Output = Response<B>> + Send + 'static,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(limits.head_time);
    let free = Arc::new(Semaphore::new(limits.connections));
    let connections = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = async {
            let place = free.clone().acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            accepted = accepted => accepted,
            () = &mut stop => break,
        };
        let (stream, client) = match accepted {
            Ok(accepted) => accepted,
            Err(err) => {
                report::warning(format_args!("failed to accept a connection: {err}"));
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        // Unlike Spin: the body then never waits until the client has acknowledged the head.
        let _ = stream.set_nodelay(true);
        let answer = answer.clone();
        let service = service_fn(move |request| {
            let answer = answer(request, client);
            async { Ok::<_, Infallible>(answer.await) }
        });
        let connection = server.serve_connection(TokioIo::new(stream), service);
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            // A client that goes away in the middle is its own business.
            let _ = connection.await;
            drop(place);
        });
    }
    drop(listener);
    connections.shutdown().await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::Full;
    use std::io::ErrorKind;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";

    /// Long enough for anything that is going to happen.
    const LONG: Duration = Duration::from_secs(3600);

    /// A server that answers `yes` to everything.
    async fn server(connections: usize, head_time: Duration) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let limits = Limits { connections, head_time };
        let answer = |_, _| async { Response::new(Full::new(Bytes::from_static(b"yes"))) };
        tokio::spawn(serve(listener, limits, std::future::pending(), answer));
        address
    }

    async fn ask(stream: &mut TcpStream) -> std::io::Result<usize> {
        stream.write_all(REQUEST).await?;
        stream.read(&mut [0; 1024]).await
    }

    #[tokio::test]
    async fn who_sends_a_head_slowly_is_cut_off() {
        let address = server(10, Duration::from_millis(50)).await;
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(&REQUEST[..10]).await.unwrap();
        let mut rest = Vec::new();
        // Nothing more is sent, so without a limit this would wait for ever.
        let end = tokio::time::timeout(Duration::from_secs(30), stream.read_to_end(&mut rest)).await;
        assert!(end.is_ok() && !rest.starts_with(b"HTTP/1.1 200"), "{end:?} {rest:?}");
    }

    #[tokio::test]
    async fn a_connection_too_many_waits_until_another_one_has_gone() {
        let address = server(2, LONG).await;
        let mut first = TcpStream::connect(address).await.unwrap();
        let mut second = TcpStream::connect(address).await.unwrap();
        assert!(ask(&mut first).await.unwrap() > 0 && ask(&mut second).await.unwrap() > 0);
        let mut third = TcpStream::connect(address).await.unwrap();
        third.write_all(REQUEST).await.unwrap();
        // The others are served all the while, and this one is not.
        for _ in 0..100 {
            assert!(ask(&mut first).await.unwrap() > 0);
        }
        assert_eq!(third.try_read(&mut [0; 1024]).unwrap_err().kind(), ErrorKind::WouldBlock);
        drop(second);
        assert!(third.read(&mut [0; 1024]).await.unwrap() > 0);
    }

    #[test]
    fn connections_leave_files_for_the_app() {
        let Limits { connections, head_time } = Limits::of_this_process();
        assert_eq!(head_time, HEAD_TIME);
        let (files, _) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
        assert!((1..=1_000).contains(&connections));
        assert!(connections as u64 * FILES_OF_A_REQUEST < files);
    }
}
