//! Outbound HTTP. A call to `http://<component>.spin.internal` stays in the process and skips the router.
//! Calls to anywhere else are denied.

use super::application::Application;
use super::permissions::Permissions;
use crate::headers::chaining_target;
use crate::report;
use http::header::HOST;
use http::uri::Scheme;
use http::{Request, Response, Uri};
use std::sync::{Arc, Weak};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

/// How sending a body ended.
pub type IoResult = Box<dyn Future<Output = Result<(), Error>> + Send>;
/// A response, and how sending the request ended.
pub type Sent = Result<(Response<WasiBody>, IoResult), Error>;

/// The calls of one instance to other components.
pub struct OutboundHttp {
    pub component: Arc<str>,
    pub application: Weak<Application>,
    pub permissions: Arc<Permissions>,
}

impl OutboundHttp {
    /// The component that a request goes to.
    fn callee(&self, uri: &Uri) -> Result<String, Error> {
        let host = uri.host().unwrap_or_default();
        let callee = chaining_target(host).filter(|callee| {
            uri.scheme() == Some(&Scheme::HTTP)
                && matches!(uri.port_u16(), None | Some(80))
                && self.permissions.callees.iter().any(|allowed| allowed == callee)
        });
        callee.map(str::to_owned).ok_or_else(|| {
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
        let application = self.application.upgrade().ok_or(Error::ConnectionTerminated);
        request.headers_mut().remove(HOST);
        Box::new(async move {
            let response = application?.call(&callee?, request).await;
            let done: IoResult = Box::new(std::future::ready(Ok(())));
            Ok((response, done))
        })
    }
}
