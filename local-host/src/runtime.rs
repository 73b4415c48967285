//! The WebAssembly engine, and what it lets a component import.

use crate::bindings::spin::{sqlite, variables};
use crate::chaining::{Client, OutboundHttp};
use crate::headers::IncomingHttp;
use crate::permissions::Permissions;
use crate::report;
use crate::sqlite_host::{Sqlite, SqliteView};
use crate::variables::ComponentVariables;
use crate::variables_host::Variables;
use anyhow::{Context, Result, anyhow, bail};
use std::path::Path;
use std::sync::Arc;
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Cache, Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::p3::bindings::ServicePre;
use wasmtime_wasi_http::p3::bindings::http::{client, types};
use wasmtime_wasi_http::{WasiHttp, WasiHttpCtx, WasiHttpCtxView};

/// How many instances may live at once, as in Spin.
const MAX_INSTANCES: u32 = 1_000;

const MIB: usize = 1 << 20;

/// What the host keeps for one instance of a component.
pub struct HostState {
    pub table: ResourceTable,
    pub wasi: WasiCtx,
    pub http: WasiHttpCtx,
    pub outbound: OutboundHttp,
    pub incoming: IncomingHttp,
    /// How many database connections are open.
    pub connections: usize,
    pub permissions: Arc<Permissions>,
}

impl WasiView for HostState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl HostState {
    /// The view for requests and responses that the guest makes.
    pub fn http_view(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { hooks: &mut self.outbound, table: &mut self.table, ctx: &mut self.http }
    }

    /// The view for requests that come in.
    pub fn incoming_view(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { hooks: &mut self.incoming, table: &mut self.table, ctx: &mut self.http }
    }

    fn sqlite_view(&mut self) -> SqliteView<'_> {
        SqliteView {
            granted: &self.permissions.databases,
            open: &mut self.connections,
            table: &mut self.table,
        }
    }

    fn variables_view(&mut self) -> &ComponentVariables {
        &self.permissions.variables
    }
}

/// Compiles components and links them to the host.
pub struct Runtime {
    engine: Engine,
    linker: Linker<HostState>,
}

impl Runtime {
    /// Sets up the engine. Where the address space is too small for a pool of
    /// instances, each one gets its memory when it needs it.
    pub fn new() -> Result<Self> {
        let mut config = Config::new();
        config.wasm_component_model_async(true);
        match usable_cache() {
            Ok(cache) => {
                config.cache(Some(cache));
            }
            Err(err) => report::warning(format_args!(
                "compiled components are not kept for the next start: {}",
                report::one_line(format_args!("{err:#}"))
            )),
        }
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool()));
        let engine = match Engine::new(&config) {
            Ok(engine) => engine,
            Err(_) => {
                config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
                Engine::new(&config)?
            }
        };
        let mut linker = Linker::new(&engine);
        link(&mut linker)?;
        Ok(Self { engine, linker })
    }

    /// Compiles a component, or takes it from the cache, and links it.
    ///
    /// # Errors
    /// If the file is no component, imports what this host does not offer, or
    /// does not export an HTTP handler.
    pub fn load(&self, id: &str, file: &Path) -> Result<ServicePre<HostState>> {
        let bytes = std::fs::read(file)
            .with_context(|| format!("component `{id}`: failed to read {}", file.display()))?;
        check_header(&bytes).with_context(|| format!("component `{id}`: {}", file.display()))?;
        let component = Component::new(&self.engine, &bytes)
            .map_err(|err| anyhow!("{err:#}"))
            .with_context(|| format!("component `{id}`: failed to compile {}", file.display()))?;
        let pre = self.linker.instantiate_pre(&component).map_err(|err| {
            let err = format!("{err:#}");
            let ty = component.component_type();
            let mut imports = ty.imports(&self.engine).map(|(name, _)| format!("`{name}`"));
            let import = imports.find(|import| err.contains(import)).unwrap_or_default();
            anyhow!(
                "component `{id}` imports {import}, which this host leaves to Spin: start the app with `spin up` ({err})"
            )
        })?;
        ServicePre::new(pre).map_err(|err| {
            anyhow!("component `{id}` does not export what wasi:http/service@0.3.0 needs (build it with spin-sdk 7): {err:#}")
        })
    }
}

/// Wasmtime's own cache in the user's cache directory.
fn usable_cache() -> Result<Cache> {
    let cache = Cache::from_file(None)?;
    let directory = cache.directory();
    let probe = directory.join(format!(".probe-{}", std::process::id()));
    std::fs::write(&probe, b"")
        .and_then(|()| std::fs::remove_file(&probe))
        .with_context(|| format!("cannot write to {}", directory.display()))?;
    Ok(cache)
}

/// Spin's limits.
fn pool() -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(MAX_INSTANCES)
        .total_memories(MAX_INSTANCES)
        .total_tables(2 * MAX_INSTANCES)
        .total_stacks(MAX_INSTANCES)
        .total_core_instances(4 * MAX_INSTANCES)
        .table_elements(100_000)
        .max_component_instance_size(10 * MIB)
        .max_core_instance_size(10 * MIB)
        .max_core_instances_per_component(200)
        .max_tables_per_component(64)
        .max_memories_per_component(32)
        .max_tables_per_module(2)
        .max_memories_per_module(2)
        .max_memory_size(4096 * MIB)
        .linear_memory_keep_resident(2 * MIB)
        .table_keep_resident(MIB / 2);
    pool
}

fn link(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    wasmtime_wasi::p2::add_to_linker_async(linker)?;
    wasmtime_wasi::p3::add_to_linker(linker)?;
    types::add_to_linker::<_, WasiHttp>(linker, HostState::http_view)?;
    client::add_to_linker::<_, Client>(linker, HostState::http_view)?;
    sqlite::sqlite::add_to_linker::<_, Sqlite>(linker, HostState::sqlite_view)?;
    variables::variables::add_to_linker::<_, Variables>(linker, HostState::variables_view)
}

/// Tells apart components, core modules and other files by their first bytes.
fn check_header(bytes: &[u8]) -> Result<()> {
    match bytes.get(..8) {
        Some([0, b'a', b's', b'm', _, _, 1, 0]) => Ok(()),
        Some([0, b'a', b's', b'm', ..]) => {
            bail!("this is a core module and no component: build it for wasm32-wasip2")
        }
        _ => bail!("this is no WebAssembly component"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_components_pass() {
        assert!(check_header(b"\0asm\x0d\0\x01\0rest").is_ok());
        let module = check_header(b"\0asm\x01\0\0\0").unwrap_err();
        assert!(module.to_string().contains("core module"));
        let other = check_header(b"hello").unwrap_err();
        assert!(other.to_string().contains("no WebAssembly component"));
    }
}
