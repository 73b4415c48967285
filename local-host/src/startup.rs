//! From the command line to an application that is ready to serve.

use crate::allowed_hosts::AllowedHosts;
use crate::builds;
use crate::cli::Options;
use crate::databases::{self, Databases};
use crate::ids::KebabId;
use crate::locate;
use crate::logs::ComponentLogs;
use crate::manifest::{Component, Manifest, Route, Source};
use crate::report;
use crate::routes::{Router, WELL_KNOWN};
use crate::runtime::{HostState, Runtime};
use crate::runtime_config;
use crate::server::App;
use crate::variables::{self, AppVariables, ComponentVariables};
use crate::worker::{Reuse, Workers};
use anyhow::{Context, Result, bail, ensure};
use std::collections::HashMap;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak, mpsc};
use std::time::Duration;
use wasmtime_wasi_http::p3::bindings::ServicePre;

/// After how long a person wants to know what takes so long.
const PATIENCE: Duration = Duration::from_millis(1250);

/// An application that can be served.
pub struct Ready {
    pub app: Arc<App>,
    pub listener: TcpListener,
    /// The start-up text: one line a route, and the descriptions of components.
    pub routes: Vec<String>,
}

/// The components that some trigger leads to, in the order of the triggers.
type Triggered<'a> = Vec<(&'a KebabId, &'a Component)>;

/// Does everything that comes before the first request.
///
/// # Errors
/// If anything about the application, its files or the options is wrong.
pub fn prepare(options: &Options) -> Result<Ready> {
    let working_dir = std::env::current_dir().context("failed to find the current directory")?;
    let file = locate::manifest(options.from.as_deref(), &working_dir)?;
    let app_dir = file.parent().unwrap_or(Path::new(""));
    let manifest = Manifest::load(&file, options.profile.as_deref())?;
    let files = source_files(&manifest, app_dir)?;
    if options.build {
        builds::run(&manifest, app_dir)?;
    }
    ensure_built(&files)?;
    let listener = bind(options)?;

    let directories = Directories::new(options, app_dir)?;
    let configured = match &options.runtime_config_file {
        Some(file) => runtime_config::load(file, &working_dir)?,
        None => HashMap::new(),
    };
    let databases = Databases::new(configured, directories.state.as_deref())?;
    ensure_databases_exist(&manifest, &databases)?;
    if let Some(logs) = &directories.logs {
        std::fs::create_dir_all(logs)
            .with_context(|| format!("failed to create the directory {}", logs.display()))?;
        report::note(format_args!("Logging component stdio to \"{}\"", logs.join("").display()));
    }
    databases.prepare(&options.sqlite)?;
    describe_default_database(&manifest, &databases);

    let declared = manifest.variables.iter();
    let declared = declared.map(|(name, variable)| (name.as_str(), variable));
    let given = variables::collect(&options.variable)?;
    let variables = AppVariables::resolve(declared, &given, |name| std::env::var(name))?;

    let triggered = triggered(&manifest);
    let router = router(&manifest, &triggered)?;
    let runtime = Runtime::new()?;
    let pres = load_all(&runtime, &triggered, &files)?;
    let ids: Vec<_> = manifest.components.keys().map(KebabId::as_str).collect();
    let mut workers = Vec::new();
    for ((id, component), pre) in triggered.iter().zip(pres) {
        let id = id.as_str();
        let hosts = AllowedHosts::parse(&component.allowed_outbound_hosts, &variables, &ids)
            .with_context(|| format!("component `{id}`, allowed_outbound_hosts"))?;
        if hosts.reach_outside() {
            report::warning(format_args!(
                "Component `{id}` may call hosts outside this application; this host connects components to each other only, so those calls will fail here and work with `spin up`."
            ));
        }
        let granted = component.sqlite_databases.iter().filter_map(|label| {
            let database = databases.get(label.as_str())?;
            Some((label.as_str().to_owned(), database.clone()))
        });
        workers.push(Workers {
            id: id.into(),
            pre,
            app: Weak::new(),
            logs: ComponentLogs::open(directories.logs.as_deref(), id, options.quiet)?,
            environment: component.environment.clone().into_iter().collect(),
            allowed: Arc::new(hosts),
            databases: Arc::new(granted.collect()),
            variables: Arc::new(ComponentVariables::resolve(id, component, &variables)?),
            reuse: Reuse {
                requests: options.max_instance_reuse_count,
                concurrent: options.max_instance_concurrent_reuse_count,
                idle_nanos: options.idle_instance_timeout,
            },
        });
    }
    let address = listener.local_addr()?;
    let routes = describe_routes(&router, &triggered, &format!("http://{address}"));
    let info = info(&manifest)?;
    let app = Arc::new_cyclic(|app: &Weak<App>| {
        for worker in &mut workers {
            worker.app = app.clone();
        }
        App::new(router, workers, info)
    });
    Ok(Ready { app, listener, routes })
}

/// Where state and logs go; `None` for nowhere.
struct Directories {
    state: Option<PathBuf>,
    logs: Option<PathBuf>,
}

impl Directories {
    fn new(options: &Options, app_dir: &Path) -> Result<Self> {
        let given = |path: &PathBuf| match path.as_os_str().is_empty() {
            true => Ok(None),
            false => std::path::absolute(path).map(Some),
        };
        let state = match &options.state_dir {
            Some(path) => given(path)?,
            None => Some(app_dir.join(".spin")),
        };
        let logs = match &options.log_dir {
            Some(path) => given(path)?,
            None => state.as_ref().map(|state| state.join("logs")),
        };
        Ok(Self { state, logs })
    }
}

/// The .wasm file of each component, by its id.
fn source_files(manifest: &Manifest, app_dir: &Path) -> Result<HashMap<String, PathBuf>> {
    let mut files = HashMap::new();
    for (id, component) in &manifest.components {
        let path = match &component.source {
            Source::Path(path) => path,
            Source::Remote(place) => {
                let place: Vec<_> = place.values().map(String::as_str).collect();
                bail!(
                    "component `{id}` has to be fetched ({}), which this host leaves to Spin: start the app with `spin up`",
                    place.join(", ")
                );
            }
        };
        files.insert(id.as_str().to_owned(), app_dir.join(path));
    }
    Ok(files)
}

fn ensure_built(files: &HashMap<String, PathBuf>) -> Result<()> {
    let mut missing: Vec<_> = files.iter().filter(|(_, file)| !file.is_file()).collect();
    missing.sort();
    if let Some((id, file)) = missing.first() {
        bail!("component `{id}`: there is no file {}; build it first with --build", file.display());
    }
    Ok(())
}

fn bind(options: &Options) -> Result<TcpListener> {
    let address = options.listen;
    TcpListener::bind(address).map_err(|err| match err.kind() {
        ErrorKind::AddrInUse => anyhow::anyhow!(
            "{address} is already in use: choose another port with --listen, or any free one with --listen {}:0",
            address.ip()
        ),
        _ => anyhow::anyhow!("unable to listen on {address}: {err}"),
    })
}

fn ensure_databases_exist(manifest: &Manifest, databases: &Databases) -> Result<()> {
    for (id, component) in &manifest.components {
        for label in &component.sqlite_databases {
            let label = label.as_str();
            ensure!(
                databases.get(label).is_some(),
                "component `{id}` uses the database `{label}`, which is not defined: check the spelling, or define it in a --runtime-config-file"
            );
        }
    }
    Ok(())
}

fn describe_default_database(manifest: &Manifest, databases: &Databases) {
    let mut labels = manifest.components.values().flat_map(|c| &c.sqlite_databases);
    let used = labels.any(|label| label.as_str() == databases::DEFAULT);
    if used && let Some(database) = databases.get(databases::DEFAULT) {
        report::note(format_args!("Storing default SQLite data to {}.", database.summary()));
    }
}

fn triggered(manifest: &Manifest) -> Triggered<'_> {
    let mut triggered = Triggered::new();
    for trigger in &manifest.triggers.http {
        let id = trigger.component.get_ref().as_str();
        let known = triggered.iter().any(|(known, _)| known.as_str() == id);
        if !known && let Some(found) = manifest.components.get_key_value(id) {
            triggered.push(found);
        }
    }
    triggered
}

fn router(manifest: &Manifest, triggered: &Triggered<'_>) -> Result<Router> {
    let routes = manifest.triggers.http.iter().filter_map(|trigger| {
        let Route::Pattern(route) = trigger.route.get_ref() else {
            return None;
        };
        let id = trigger.component.get_ref();
        let component = triggered.iter().position(|(known, _)| known.as_str() == id)?;
        Some((route.as_str(), component))
    });
    let (router, duplicates) = Router::build(routes)?;
    for duplicate in duplicates {
        report::warning(format_args!(
            "the route {} of component `{}` will never be used, since component `{}` has it too",
            duplicate.route, triggered[duplicate.unused].0, triggered[duplicate.effective].0
        ));
    }
    if router.has_reserved() {
        report::warning(format_args!("routes under {WELL_KNOWN} will never be reached"));
    }
    Ok(router)
}

/// Loads all components at once.
fn load_all(
    runtime: &Runtime,
    triggered: &Triggered<'_>,
    files: &HashMap<String, PathBuf>,
) -> Result<Vec<ServicePre<HostState>>> {
    std::thread::scope(|scope| {
        let loading: Vec<_> = triggered
            .iter()
            .map(|(id, _)| {
                let id = id.as_str();
                scope.spawn(move || runtime.load(id, &files[id]))
            })
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

fn describe_routes(router: &Router, triggered: &Triggered<'_>, base: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for (component, route) in router.list() {
        let (id, component) = triggered[component];
        lines.push(format!("  {id}: {base}{route}"));
        if !component.description.is_empty() {
            lines.push(format!("    {}", component.description));
        }
    }
    lines
}

fn info(manifest: &Manifest) -> Result<String> {
    let application = &manifest.application;
    let mut info = serde_json::Map::new();
    info.insert("name".to_owned(), application.name.clone().into());
    if !application.version.is_empty() {
        info.insert("version".to_owned(), application.version.clone().into());
    }
    Ok(serde_json::to_string_pretty(&info)?)
}
