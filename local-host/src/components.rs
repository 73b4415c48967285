//! The components of an application: where their code is, and how it is loaded.

use crate::ids::KebabId;
use crate::manifest::{Component, Manifest, Source};
use crate::report;
use crate::runtime::{HostState, Runtime};
use anyhow::{Result, bail};
use indexmap::IndexMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;
use wasmtime_wasi_http::p3::bindings::ServicePre;

/// After how long a person wants to know what takes so long.
const PATIENCE: Duration = Duration::from_millis(1250);

/// The .wasm file of each component, by its id.
///
/// # Errors
/// If a component would have to be fetched from somewhere.
pub fn files<'a>(manifest: &'a Manifest, app_dir: &Path) -> Result<IndexMap<&'a str, PathBuf>> {
    let mut files = IndexMap::new();
    for (id, component) in &manifest.components {
        match &component.source {
            Source::Path(path) => {
                files.insert(id.as_str(), app_dir.join(path));
            }
            Source::Remote(place) => {
                let place: Vec<_> = place.values().map(String::as_str).collect();
                bail!(
                    "component `{id}` has to be fetched ({}), which this host leaves to Spin: start the app with `spin up`",
                    place.join(", ")
                );
            }
        }
    }
    Ok(files)
}

/// Makes sure that all the files are there.
///
/// # Errors
/// With the first component that has not been built.
pub fn ensure_built(files: &IndexMap<&str, PathBuf>) -> Result<()> {
    if let Some((id, file)) = files.iter().find(|(_, file)| !file.is_file()) {
        let file = file.display();
        bail!("component `{id}`: there is no file {file}; build it first with --build");
    }
    Ok(())
}

/// The components that some trigger leads to, in the order of the triggers.
pub fn triggered(manifest: &Manifest) -> Vec<(&KebabId, &Component)> {
    let mut triggered: Vec<(&KebabId, &Component)> = Vec::new();
    for trigger in &manifest.triggers.http {
        let id = trigger.component.get_ref().as_str();
        let known = triggered.iter().any(|(known, _)| known.as_str() == id);
        if !known && let Some(found) = manifest.components.get_key_value(id) {
            triggered.push(found);
        }
    }
    triggered
}

/// Compiles and links all these components at once, in their order.
///
/// # Errors
/// If one of them cannot run here.
pub fn load(
    runtime: &Runtime,
    triggered: &[(&KebabId, &Component)],
    files: &IndexMap<&str, PathBuf>,
) -> Result<Vec<ServicePre<HostState>>> {
    std::thread::scope(|scope| {
        let loading: Vec<_> = triggered
            .iter()
            .map(|(id, _)| scope.spawn(move || runtime.load(id.as_str(), &files[id.as_str()])))
            .collect();
        let (done, waiting) = mpsc::channel::<()>();
        scope.spawn(move || {
            if waiting.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
                report::note(format_args!(
                    "Compiling the components to native code takes a few seconds; the next start will be faster"
                ));
            }
        });
        let loaded = loading.into_iter().map(|thread| match thread.join() {
            Ok(loaded) => loaded,
            Err(_) => bail!("compiling a component failed"),
        });
        let loaded = loaded.collect();
        drop(done);
        loaded
    })
}
