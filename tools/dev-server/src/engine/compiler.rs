//! The WebAssembly engine: from a .wasm file to something that instances can be made of.

use super::instance::{HostState, link};
use crate::report;
use anyhow::{Context, Result, anyhow, bail};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;
use wasmtime::component::{Component, Linker};
use wasmtime::{
    Cache, CacheConfig, Config, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig,
};
use wasmtime_wasi_http::p3::bindings::ServicePre;

/// How many instances may live at once, as in Spin.
const MAX_INSTANCES: u32 = 1_000;

const MIB: usize = 1 << 20;

/// After how long a person wants to know what takes so long.
const PATIENCE: Duration = Duration::from_millis(1250);

/// Compiles and links components at once, or takes them from the cache; in the order of the files.
///
/// # Errors
/// If a file is no component, imports what this host does not offer, or does
/// not export an HTTP handler.
pub fn compile(files: &[(&str, PathBuf)]) -> Result<Vec<ServicePre<HostState>>> {
    let engine = engine()?;
    let mut linker = Linker::new(&engine);
    link(&mut linker)?;
    let linker = &linker;
    std::thread::scope(|scope| {
        let compiling = files.iter().map(|(id, file)| {
            scope.spawn(move || compile_one(linker, file).with_context(|| format!("component `{id}`")))
        });
        let compiling: Vec<_> = compiling.collect();
        let (done, waiting) = mpsc::channel::<()>();
        scope.spawn(move || {
            if waiting.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
                report::note(format_args!(
                    "Compiling the components to native code takes a few seconds; the next start will be faster"
                ));
            }
        });
        let compiled = compiling.into_iter().map(|thread| match thread.join() {
            Ok(compiled) => compiled,
            Err(_) => bail!("compiling a component failed"),
        });
        let compiled = compiled.collect();
        drop(done);
        compiled
    })
}

fn compile_one(linker: &Linker<HostState>, file: &Path) -> Result<ServicePre<HostState>> {
    let engine = linker.engine();
    let bytes = std::fs::read(file).with_context(|| format!("failed to read {}", file.display()))?;
    check_header(&bytes).with_context(|| file.display().to_string())?;
    let component = Component::new(engine, &bytes)
        .map_err(|err| anyhow!("{err:#}"))
        .with_context(|| format!("failed to compile {}", file.display()))?;
    let pre = linker.instantiate_pre(&component).map_err(|err| {
        let err = format!("{err:#}");
        let ty = component.component_type();
        let mut imports = ty.imports(engine).map(|(name, _)| format!("`{name}`"));
        let import = imports.find(|import| err.contains(import)).unwrap_or_default();
        anyhow!("it imports {import}, which this host leaves to Spin: start the app with `spin up` ({err})")
    })?;
    ServicePre::new(pre).map_err(|err| {
        anyhow!("it does not export what wasi:http/service@0.3.0 needs (build it with spin-sdk 7): {err:#}")
    })
}

/// Sets up the engine. Where the address space is too small for a pool of
/// instances, each one gets its memory when it needs it.
fn engine() -> Result<Engine> {
    let mut config = Config::new();
    config.wasm_component_model_async(true);
    if cfg!(debug_assertions) {
        // The compiler is not optimised either, and whoever uses it waits for the first answer.
        config.cranelift_opt_level(OptLevel::None);
    }
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
    Engine::new(&config).or_else(|_| {
        config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
        Ok(Engine::new(&config)?)
    })
}

/// Wasmtime's own cache in the user's cache directory. By default it compresses
/// once more, and as small as can be, what was used 256 times: that takes
/// seconds and 100 MiB beside the requests of an app that has just started.
fn usable_cache() -> Result<Cache> {
    let mut config = CacheConfig::from_file(None)?;
    config.with_optimized_compression_level(config.baseline_compression_level());
    let cache = Cache::new(config)?;
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
    fn what_is_in_the_cache_is_not_compressed_once_more() {
        let cache = usable_cache().expect("there is a cache directory");
        assert_eq!(cache.optimized_compression_level(), cache.baseline_compression_level());
    }
}
