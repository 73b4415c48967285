//! The components of a running application, and requests to them.

use super::chaining::Components;
use super::instance::HostState;
use super::logs::ComponentLogs;
use super::permissions::Permissions;
use super::workers::Workers;
use crate::report;
use crate::routing::{RouteMatch, add_route_information, complete_uri};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty};
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Weak};
use wasmtime_wasi_http::WasiBody;
use wasmtime_wasi_http::handler::{ProxyHandler, TrapOrPanicError};
use wasmtime_wasi_http::p3::bindings::ServicePre;

/// The client address that a called component sees.
const CHAINED_CLIENT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

/// A component that can be run.
pub struct Loaded {
    pub id: String,
    pub pre: ServicePre<HostState>,
    pub logs: ComponentLogs,
    pub permissions: Permissions,
}

/// A running application: its components by id.
pub struct Application(HashMap<String, ProxyHandler<Workers>>);

impl Application {
    /// Each instance gets a way back to the application, for calls to the other components.
    pub fn new(loaded: Vec<Loaded>) -> Arc<Self> {
        Arc::new_cyclic(|application: &Weak<Self>| {
            let components = loaded.into_iter().map(|Loaded { id, pre, logs, permissions }| {
                let workers = Workers {
                    id: id.as_str().into(),
                    pre,
                    components: application.clone(),
                    logs,
                    permissions: Arc::new(permissions),
                };
                (id, ProxyHandler::new(workers))
            });
            Self(components.collect())
        })
    }

    /// Answers a request with an absolute URI. Whatever goes wrong in a component is a 500 without a body.
    pub async fn run(
        &self,
        matched: RouteMatch<'_>,
        mut request: Request<WasiBody>,
        client: SocketAddr,
    ) -> Response<WasiBody> {
        let id = matched.component;
        let failed = |err: &dyn std::fmt::Display| {
            report::note(format_args!("request to component `{id}` failed: {err:#}"));
        };
        let Some(component) = self.0.get(id) else {
            failed(&"there is no such component");
            return empty(StatusCode::INTERNAL_SERVER_ERROR);
        };
        if let Err(err) = add_route_information(&mut request, &matched, client) {
            failed(&err);
            return empty(StatusCode::INTERNAL_SERVER_ERROR);
        }
        component.handle((), request).await.unwrap_or_else(|err| {
            // The instance has said so itself if it trapped.
            if !err.is::<TrapOrPanicError>() {
                failed(&err);
            }
            empty(StatusCode::INTERNAL_SERVER_ERROR)
        })
    }
}

impl Components for Application {
    fn call<'a>(
        &'a self,
        component: &'a str,
        mut request: Request<WasiBody>,
    ) -> Pin<Box<dyn Future<Output = Response<WasiBody>> + Send + 'a>> {
        Box::pin(async move {
            let path = request.uri().path().to_owned();
            if let Err(err) = complete_uri(&mut request) {
                report::note(format_args!("call to component `{component}` failed: {err:#}"));
                return empty(StatusCode::INTERNAL_SERVER_ERROR);
            }
            self.run(RouteMatch::chained(component, &path), request, CHAINED_CLIENT).await
        })
    }
}

/// A response without a body.
pub fn empty(status: StatusCode) -> Response<WasiBody> {
    let body = Empty::new().map_err(|never| match never {}).boxed_unsync();
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
}
