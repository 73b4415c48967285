//! Compiles and links components.

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

/// The time after which a note explains a slow start.
const SLOW_START: Duration = Duration::from_millis(1250);

/// Compiles and links components concurrently, or takes them from the cache; in the order of the files.
///
/// # Errors
/// If a file is no component, imports an interface that the development server does not support, or exports no HTTP
/// handler.
pub fn compile(files: &[(&str, PathBuf)]) -> Result<Vec<ServicePre<HostState>>> {
    let mut linker = Linker::new(&engine()?);
    link(&mut linker)?;
    let linker = &linker;
    std::thread::scope(|scope| {
        let compile = |(id, file): &'_ (&str, PathBuf)| {
            let (id, file) = (id.to_string(), file.clone());
            scope.spawn(move || compile_one(linker, &file).with_context(|| format!("component `{id}`")))
        };
        let threads: Vec<_> = files.iter().map(compile).collect();
        let (done, waiting) = mpsc::channel::<()>();
        scope.spawn(move || {
            if waiting.recv_timeout(SLOW_START) == Err(mpsc::RecvTimeoutError::Timeout) {
                report::note(format_args!(
                    "Compiling the components to native code takes a few seconds; the next start will be faster"
                ));
            }
        });
        let compiled = threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| bail!("compiling a component failed")))
            .collect();
        drop(done);
        compiled
    })
}

fn compile_one(linker: &Linker<HostState>, file: &Path) -> Result<ServicePre<HostState>> {
    let bytes = std::fs::read(file).with_context(|| format!("failed to read {}", file.display()))?;
    let component = Component::new(linker.engine(), &bytes)
        .map_err(|error| anyhow!("{} is no component for wasm32-wasip2: {error:#}", file.display()))?;
    let pre = linker.instantiate_pre(&component).map_err(|error| {
        anyhow!("an import is not supported by the development server; use Spin: {error:#}")
    })?;
    ServicePre::new(pre).map_err(|error| {
        anyhow!("it does not export wasi:http/handler@0.3.0, as components of spin-sdk 7 do: {error:#}")
    })
}

fn engine() -> Result<Engine> {
    let mut config = Config::new();
    config.wasm_component_model_async(true);
    if cfg!(debug_assertions) {
        // The compiler is not optimised either, and the first answer waits for it.
        config.cranelift_opt_level(OptLevel::None);
    }
    match cache() {
        Ok(cache) => {
            config.cache(Some(cache));
        }
        Err(error) => report::warning(format_args!("compiled components are not cached: {error:#}")),
    }
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool()));
    Engine::new(&config).or_else(|_| {
        // The address space may be limited.
        config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
        Ok(Engine::new(&config)?)
    })
}

/// Wasmtime's cache in the user's cache directory. By default it recompresses an entry at the highest level
/// after 256 uses, which takes seconds and 100 MiB.
fn cache() -> Result<Cache> {
    let mut config = CacheConfig::from_file(None)?;
    config.with_optimized_compression_level(config.baseline_compression_level());
    let cache = Cache::new(config)?;
    let directory = cache.directory();
    let probe = directory.join(format!(".probe-{}", std::process::id()));
    std::fs::write(&probe, b"").with_context(|| format!("cannot write to {}", directory.display()))?;
    std::fs::remove_file(&probe)?;
    Ok(cache)
}

/// Room for as many instances as in Spin, each of several core instances.
fn pool() -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(MAX_INSTANCES)
        .total_memories(MAX_INSTANCES)
        .total_stacks(MAX_INSTANCES)
        .total_tables(2 * MAX_INSTANCES)
        .total_core_instances(4 * MAX_INSTANCES)
        .table_elements(100_000)
        .max_component_instance_size(10 * MIB)
        .max_core_instance_size(10 * MIB)
        .linear_memory_keep_resident(2 * MIB)
        .table_keep_resident(MIB / 2);
    pool
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cached_components_are_compressed_once() {
        let cache = cache().expect("there is a cache directory");
        assert_eq!(cache.optimized_compression_level(), cache.baseline_compression_level());
    }
}
