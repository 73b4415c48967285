//! The HTTP/1.1 server.

use crate::engine::{Application, empty};
use crate::headers::{complete_uri, strip};
use crate::report;
use crate::router::Router;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use wasmtime_wasi_http::{Error, WasiBody};

/// How long to wait when a connection cannot be accepted.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Paths that Spin keeps for itself.
const WELL_KNOWN: &str = "/.well-known/spin/";

/// An application that clients can call.
pub struct Public {
    pub router: Router,
    pub application: Arc<Application>,
}

impl Public {
    /// Answers a request. Where Spin closes the connection because of the `Host` header, this is a 400.
    async fn answer(&self, mut request: Request<Incoming>, client: SocketAddr) -> Response<WasiBody> {
        strip(request.headers_mut());
        let path = request.uri().path().to_owned();
        match path.strip_prefix(WELL_KNOWN) {
            Some("health") => {
                return Response::new(Full::from("OK").map_err(|never| match never {}).boxed_unsync());
            }
            Some(_) => return empty(StatusCode::NOT_FOUND),
            None => {}
        }
        let Some(matched) = self.router.find(&path) else { return empty(StatusCode::NOT_FOUND) };
        if complete_uri(&mut request).is_err() {
            return empty(StatusCode::BAD_REQUEST);
        }
        let request = request.map(|body| body.map_err(Error::from).boxed_unsync());
        self.application.run(matched, request, client).await
    }
}

/// Serves until `stop` is ready, then finishes the requests in flight.
pub async fn serve(listener: TcpListener, public: Public, stop: impl Future<Output = ()>) {
    let public = Arc::new(public);
    let mut server = http1::Builder::new();
    // With a timer, hyper closes a connection that sends no whole head within 30 seconds.
    server.timer(TokioTimer::new());
    let connections = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        let (stream, client) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                report::warning(format_args!("failed to accept a connection: {error}"));
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        // Unlike Spin. Otherwise a body waits until the client has acknowledged the head.
        let _ = stream.set_nodelay(true);
        let public = public.clone();
        let service = service_fn(move |request| {
            let public = public.clone();
            async move { Ok::<_, Infallible>(public.answer(request, client).await) }
        });
        let connection = connections.watch(server.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            // An error here is a client that went away.
            let _ = connection.await;
        });
    }
    drop(listener);
    connections.shutdown().await;
}
