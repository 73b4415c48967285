//! The HTTP server: from a connection to a component and back.

use crate::headers;
use crate::report;
use crate::routes::{RouteMatch, Router, WELL_KNOWN};
use crate::worker::Workers;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use wasmtime_wasi_http::handler::{ProxyHandler, TrapOrPanicError};
use wasmtime_wasi_http::{Error, WasiBody};

/// How long to wait when a connection cannot be accepted, for example because
/// too many files are open.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A running application.
pub struct App {
    router: Router,
    components: Vec<ProxyHandler<Workers>>,
    /// The answer to `/.well-known/spin/info`.
    info: Bytes,
}

impl App {
    /// The indices in the router's routes are those of the components.
    pub fn new(router: Router, components: Vec<Workers>, info: String) -> Self {
        Self {
            router,
            components: components.into_iter().map(ProxyHandler::new).collect(),
            info: info.into(),
        }
    }

    /// The index of a component to which some trigger leads.
    pub fn triggered(&self, id: &str) -> Option<usize> {
        let mut components = self.components.iter();
        components.position(|component| component.state().id() == id)
    }

    /// Answers a request from the network.
    ///
    /// # Errors
    /// If the request names no authority; the connection is then closed.
    async fn handle(
        &self,
        mut request: Request<Incoming>,
        client: SocketAddr,
    ) -> anyhow::Result<Response<WasiBody>> {
        headers::strip(request.headers_mut());
        let uri = request.uri().clone();
        if let Some(name) = uri.path().strip_prefix(WELL_KNOWN) {
            return Ok(self.well_known(name));
        }
        let Some((component, matched)) = self.router.find(uri.path()) else {
            return Ok(empty(StatusCode::NOT_FOUND));
        };
        headers::complete_uri(&mut request)?;
        let request = request.map(|body| body.map_err(Error::from).boxed_unsync());
        Ok(self.run(component, &matched, request, client).await)
    }

    /// Answers a request from another component.
    pub async fn call(
        &self,
        component: usize,
        mut request: Request<WasiBody>,
        client: SocketAddr,
    ) -> Response<WasiBody> {
        let uri = request.uri().clone();
        if let Err(err) = headers::complete_uri(&mut request) {
            report::note(format_args!("chained request to {uri} failed: {err:#}"));
            return empty(StatusCode::INTERNAL_SERVER_ERROR);
        }
        let matched = RouteMatch::Chained { path: uri.path() };
        self.run(component, &matched, request, client).await
    }

    /// Whatever goes wrong in a component is a 500 without a body.
    async fn run(
        &self,
        component: usize,
        matched: &RouteMatch<'_>,
        mut request: Request<WasiBody>,
        client: SocketAddr,
    ) -> Response<WasiBody> {
        let component = &self.components[component];
        let id = component.state().id();
        if let Err(err) = headers::add_route_information(&mut request, matched, client) {
            report::note(format_args!("request to component `{id}` failed: {err:#}"));
            return empty(StatusCode::INTERNAL_SERVER_ERROR);
        }
        match component.handle((), request).await {
            Ok(response) => response,
            Err(err) => {
                // The instance has said so itself if it trapped.
                if !err.is::<TrapOrPanicError>() {
                    report::note(format_args!("request to component `{id}` failed: {err:#}"));
                }
                empty(StatusCode::INTERNAL_SERVER_ERROR)
            }
        }
    }

    fn well_known(&self, name: &str) -> Response<WasiBody> {
        match name {
            "health" => Response::new(full(Bytes::from_static(b"OK"))),
            "info" => {
                let mut response = Response::new(full(self.info.clone()));
                let json = HeaderValue::from_static("application/json");
                response.headers_mut().insert(CONTENT_TYPE, json);
                response
            }
            _ => empty(StatusCode::NOT_FOUND),
        }
    }
}

fn full(bytes: Bytes) -> WasiBody {
    Full::new(bytes).map_err(|never| match never {}).boxed_unsync()
}

fn empty(status: StatusCode) -> Response<WasiBody> {
    let body = Empty::new().map_err(|never| match never {}).boxed_unsync();
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
}

/// Serves until `stop` is ready, then finishes the requests in flight.
pub async fn serve(app: Arc<App>, listener: TcpListener, stop: impl Future<Output = ()>) {
    let connections = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
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
        let app = app.clone();
        let service = service_fn(move |request| {
            let app = app.clone();
            async move { app.handle(request, client).await }
        });
        let watcher = connections.watcher();
        tokio::spawn(async move {
            let builder = Builder::new(TokioExecutor::new());
            let connection = builder.serve_connection(TokioIo::new(stream), service);
            // A client that goes away in the middle is its own business.
            let _ = watcher.watch(connection).await;
        });
    }
    drop(listener);
    connections.shutdown().await;
}
