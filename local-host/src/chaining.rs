//! Outbound HTTP: calls from one component to another inside the application.
//!
//! A call to `http://<component>.spin.internal` never leaves the process and
//! skips the router. Calls to anywhere else are what Spin is for.

use crate::allowed_hosts::chaining_target;
use crate::permissions::Permissions;
use crate::report;
use crate::runtime::HostState;
use crate::server::App;
use bytes::Bytes;
use http::header::HOST;
use http::{Request, Response, Uri};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::Sleep;
use url::Url;
use wasmtime::component::{Accessor, HasData, Resource};
use wasmtime::format_err;
use wasmtime_wasi::TrappableError;
use wasmtime_wasi_http::p3::bindings::http::{client, types};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttp, WasiHttpCtxView, WasiHttpHooks};

/// The client address that the called component sees.
const CHAINED_CLIENT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

/// How long a body may pause, unless the caller says otherwise.
const DEFAULT_BETWEEN_BYTES: Duration = Duration::from_secs(600);

/// What one instance needs to call other components.
pub struct OutboundHttp {
    app: Weak<App>,
    permissions: Arc<Permissions>,
    /// Set when a call has to end the calling instance.
    trap: Option<String>,
}

/// How sending a body ended.
pub type IoResult = Box<dyn Future<Output = Result<(), Error>> + Send>;
/// A response, and how sending the request ended.
pub type Sent = Result<(Response<WasiBody>, IoResult), Error>;

impl OutboundHttp {
    pub fn new(app: Weak<App>, permissions: Arc<Permissions>) -> Self {
        Self { app, permissions, trap: None }
    }

    /// Decides where a request goes: to a component, or nowhere.
    fn target(&mut self, uri: &Uri) -> Result<(Arc<App>, usize), Error> {
        let authority = uri.authority().map(|authority| authority.host());
        // A URL without an authority is a request of the application to itself.
        let to_self = matches!(authority, None | Some("" | "self.alt"));
        if to_self {
            if !self.permissions.hosts.allow_self() {
                self.explain_denial("https://self");
                return Err(Error::HttpRequestDenied);
            }
            return Err(self.explain_outside("its own application"));
        }
        let url = Url::parse(&uri.to_string()).map_err(|_| Error::HttpRequestDenied)?;
        if !self.permissions.hosts.allow(&url) {
            let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
            let host = url.host_str().unwrap_or_default();
            self.explain_denial(&format!("{}://{host}{port}", url.scheme()));
            return Err(Error::HttpRequestDenied);
        }
        let Some(id) = authority.and_then(chaining_target) else {
            return Err(self.explain_outside(&url.origin().ascii_serialization()));
        };
        let app = self.app.upgrade().ok_or(Error::ConnectionTerminated)?;
        match app.triggered(id) {
            Some(component) => Ok((app, component)),
            None => {
                self.trap = Some(format!("no trigger leads to a component `{id}`"));
                Err(Error::DestinationNotFound)
            }
        }
    }

    fn explain_denial(&self, destination: &str) {
        report::warning(format_args!(
            "A component tried to make an outbound network connection to disallowed destination '{destination}'."
        ));
        report::note(format_args!(
            "To allow this request, add 'allowed_outbound_hosts = [\"{destination}\"]' to the manifest section of component `{}`.",
            self.permissions.component
        ));
    }

    fn explain_outside(&self, destination: &str) -> Error {
        report::warning(format_args!(
            "Component `{}` tried to call {destination}; this host connects components to each other only, so start the app with `spin up` for that.",
            self.permissions.component
        ));
        Error::DestinationUnavailable
    }
}

impl WasiHttpHooks for OutboundHttp {
    fn send_request(
        &mut self,
        mut request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _: IoResult,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        let (app, component) = match self.target(request.uri()) {
            Ok(target) => target,
            Err(err) => return Box::new(std::future::ready(Err(err))),
        };
        request.headers_mut().remove(HOST);
        let between_bytes =
            options.and_then(|options| options.between_bytes_timeout).unwrap_or(DEFAULT_BETWEEN_BYTES);
        Box::new(async move {
            let response = app.call(component, request, CHAINED_CLIENT).await;
            let response = response.map(|body| TimedBody::new(body, between_bytes).boxed_unsync());
            let done: IoResult = Box::new(std::future::ready(Ok(())));
            Ok((response, done))
        })
    }
}

/// `wasi:http/client`, which can trap where the hook cannot.
pub struct Client;

impl HasData for Client {
    type Data<'a> = WasiHttpCtxView<'a>;
}

impl client::HostWithStore<HostState> for Client {
    async fn send(
        accessor: &Accessor<HostState, Self>,
        request: Resource<types::Request>,
    ) -> Result<Resource<types::Response>, TrappableError<types::ErrorCode>> {
        let inner = accessor.with_getter::<WasiHttp>(accessor.getter());
        let sent = <WasiHttp as client::HostWithStore<HostState>>::send(&inner, request).await;
        if sent.is_err()
            && let Some(reason) = accessor.with(|mut access| access.data_mut().outbound.trap.take())
        {
            return Err(TrappableError::trap(format_err!("{reason}")));
        }
        sent
    }
}

/// A response body that fails when it pauses for too long.
struct TimedBody {
    /// `None` after a timeout, so that the callee can stop early.
    body: Option<WasiBody>,
    timeout: Duration,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl TimedBody {
    fn new(body: WasiBody, timeout: Duration) -> Self {
        Self { body: Some(body), timeout, sleep: None }
    }
}

impl Body for TimedBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let Some(body) = &mut self.body else {
            return Poll::Ready(None);
        };
        if let Poll::Ready(frame) = Pin::new(body).poll_frame(cx) {
            self.sleep = None;
            return Poll::Ready(frame);
        }
        let timeout = self.timeout;
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep(timeout)));
        ready!(sleep.as_mut().poll(cx));
        self.body = None;
        Poll::Ready(Some(Err(Error::ConnectionReadTimeout)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map(Body::size_hint).unwrap_or_default()
    }
}
