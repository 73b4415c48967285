//! The state of one instance, and its imports.

use super::logs::ComponentLogs;
use super::outbound_http::{IoResult, OutboundHttp, Sent};
use crate::key_value::{KeyValue, KeyValueView};
use crate::sqlite::{Sqlite, SqliteView};
use crate::variables::{Variables, VariablesOfComponent};
use crate::wit::spin::{key_value, sqlite, variables};
use http::{HeaderName, Request};
use std::sync::Arc;
use wasmtime::component::{Linker, ResourceTable};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{
    Error, ForbiddenHeaderFilter, RequestOptions, WasiBody, WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks,
    WasiHttpView, p3,
};

/// The state of one instance.
pub struct HostState {
    table: ResourceTable,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    outbound: OutboundHttp,
    incoming: IncomingHttp,
    /// How many database connections are open.
    connections: usize,
}

impl HostState {
    /// WASI's context starts without environment, arguments, directories and network.
    pub fn new(outbound: OutboundHttp, logs: &ComponentLogs) -> Self {
        let wasi = WasiCtx::builder()
            .envs(&outbound.permissions.environment)
            .stdout(logs.stdout.clone())
            .stderr(logs.stderr.clone())
            .build();
        Self {
            table: ResourceTable::new(),
            wasi,
            http: WasiHttpCtx::new(),
            outbound,
            incoming: IncomingHttp,
            connections: 0,
        }
    }

    /// The view for incoming requests; outgoing ones use that of [`WasiHttpView`].
    pub fn incoming(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { hooks: &mut self.incoming, table: &mut self.table, ctx: &mut self.http }
    }

    fn sqlite(&mut self) -> SqliteView<'_> {
        let granted = &self.outbound.permissions.databases;
        SqliteView { granted, open: &mut self.connections, table: &mut self.table }
    }

    fn key_value(&mut self) -> KeyValueView<'_> {
        KeyValueView { granted: &self.outbound.permissions.stores, table: &mut self.table }
    }

    fn variables(&mut self) -> &Variables {
        &self.outbound.permissions.variables
    }
}

impl WasiView for HostState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for HostState {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { hooks: &mut self.outbound, table: &mut self.table, ctx: &mut self.http }
    }
}

/// Links everything that an instance may import.
///
/// # Errors
/// If two of these interfaces have the same name.
pub fn link(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    wasmtime_wasi::p2::add_to_linker_async(linker)?;
    wasmtime_wasi::p3::add_to_linker(linker)?;
    p3::add_to_linker(linker)?;
    sqlite::sqlite::add_to_linker::<_, Sqlite>(linker, HostState::sqlite)?;
    key_value::key_value::add_to_linker::<_, KeyValue>(linker, HostState::key_value)?;
    variables::variables::add_to_linker::<_, VariablesOfComponent>(linker, HostState::variables)
}

/// Passes every header of an incoming request to the guest, as Spin does. By default Wasmtime removes `Host`
/// and others.
struct IncomingHttp;

impl WasiHttpHooks for IncomingHttp {
    fn is_forbidden_header(&mut self, _: &HeaderName) -> bool {
        false
    }

    fn forbidden_header_filter(&mut self) -> ForbiddenHeaderFilter {
        Arc::new(|_| false)
    }

    fn send_request(
        &mut self,
        _: Request<WasiBody>,
        _: Option<RequestOptions>,
        _: IoResult,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        Box::new(std::future::ready(Err(Error::HttpRequestDenied)))
    }
}
