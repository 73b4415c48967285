//! The components of a running application, and requests to them.

use super::instance::HostState;
use super::logs::ComponentLogs;
use super::permissions::Permissions;
use super::workers::Workers;
use crate::headers::{add_route_information, complete_uri};
use crate::report;
use crate::router::RouteMatch;
use anyhow::{Context, Result};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty};
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
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
    pub fn new(loaded: Vec<Loaded>) -> Arc<Self> {
        Arc::new_cyclic(|application: &Weak<Self>| {
            let components = loaded.into_iter().map(|Loaded { id, pre, logs, permissions }| {
                let workers = Workers {
                    id: id.as_str().into(),
                    pre,
                    application: application.clone(),
                    logs,
                    permissions: Arc::new(permissions),
                };
                (id, ProxyHandler::new(workers))
            });
            Self(components.collect())
        })
    }

    /// Answers a request with an absolute URI. Every failure of a component is a 500 without a body.
    pub async fn run(
        &self,
        matched: RouteMatch<'_>,
        request: Request<WasiBody>,
        client: SocketAddr,
    ) -> Response<WasiBody> {
        self.try_run(&matched, request, client).await.unwrap_or_else(|error| {
            // A trap is reported with its instance.
            if !error.is::<TrapOrPanicError>() {
                report::note(format_args!("request to component `{}` failed: {error:#}", matched.component));
            }
            empty(StatusCode::INTERNAL_SERVER_ERROR)
        })
    }

    async fn try_run(
        &self,
        matched: &RouteMatch<'_>,
        mut request: Request<WasiBody>,
        client: SocketAddr,
    ) -> Result<Response<WasiBody>> {
        let component = self.0.get(matched.component).context("there is no such component")?;
        add_route_information(&mut request, matched, client)?;
        Ok(component.handle((), request).await?)
    }

    /// Answers a request of another component.
    pub async fn call(&self, component: &str, mut request: Request<WasiBody>) -> Response<WasiBody> {
        let path = request.uri().path().to_owned();
        if complete_uri(&mut request).is_err() {
            return empty(StatusCode::INTERNAL_SERVER_ERROR);
        }
        self.run(RouteMatch::chained(component, &path), request, CHAINED_CLIENT).await
    }
}

/// A response without a body.
pub fn empty(status: StatusCode) -> Response<WasiBody> {
    let body = Empty::new().map_err(|never| match never {}).boxed_unsync();
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
}
