//! Outbound HTTP: calls from one component to another inside the application.
//!
//! A call to `http://<component>.spin.internal` never leaves the process and
//! skips the router. Calls to anywhere else are what Spin is for.

use super::permissions::Permissions;
use crate::report;
use crate::routing::chaining_target;
use http::header::HOST;
use http::uri::Scheme;
use http::{Request, Response, Uri};
use std::pin::Pin;
use std::sync::{Arc, Weak};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

/// The components of the application, as one that calls another sees them.
pub trait Components: Send + Sync {
    /// Answers a request to the component with this id.
    fn call<'a>(
        &'a self,
        component: &'a str,
        request: Request<WasiBody>,
    ) -> Pin<Box<dyn Future<Output = Response<WasiBody>> + Send + 'a>>;
}

/// What one instance needs to call other components.
pub struct OutboundHttp {
    pub component: Arc<str>,
    pub components: Weak<dyn Components>,
    pub permissions: Arc<Permissions>,
}

/// How sending a body ended.
pub type IoResult = Box<dyn Future<Output = Result<(), Error>> + Send>;
/// A response, and how sending the request ended.
pub type Sent = Result<(Response<WasiBody>, IoResult), Error>;

impl OutboundHttp {
    /// The component that a request goes to. That each one in the manifest exists was found at start-up.
    fn callee(&self, uri: &Uri) -> Result<String, Error> {
        let host = uri.host().unwrap_or_default();
        let called = chaining_target(host).filter(|callee| {
            uri.scheme() == Some(&Scheme::HTTP)
                && matches!(uri.port_u16(), None | Some(80))
                && self.permissions.callees.iter().any(|allowed| allowed == callee)
        });
        called.map(str::to_owned).ok_or_else(|| {
            let destination = format!("{}://{host}", uri.scheme_str().unwrap_or("http"));
            report::warning(format_args!(
                "A component tried to make an outbound network connection to disallowed destination '{destination}'."
            ));
            report::note(format_args!(
                "To allow this request, add 'allowed_outbound_hosts = [\"{destination}\"]' to the manifest section of component `{}`.",
                self.component
            ));
            Error::HttpRequestDenied
        })
    }
}

impl WasiHttpHooks for OutboundHttp {
    fn send_request(
        &mut self,
        mut request: Request<WasiBody>,
        _: Option<RequestOptions>,
        _: IoResult,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        let callee = self.callee(request.uri());
        let components = self.components.upgrade().ok_or(Error::ConnectionTerminated);
        request.headers_mut().remove(HOST);
        Box::new(async move {
            let response = components?.call(&callee?, request).await;
            let done: IoResult = Box::new(std::future::ready(Ok(())));
            Ok((response, done))
        })
    }
}
