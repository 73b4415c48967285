//! From the command line to an application that is ready to serve.

use crate::builds;
use crate::cli::Options;
use crate::components;
use crate::databases::{self, Databases};
use crate::ids::KebabId;
use crate::locate;
use crate::logs::ComponentLogs;
use crate::manifest::{Component, Manifest, Route};
use crate::permissions::Permissions;
use crate::report;
use crate::routes::{Router, WELL_KNOWN};
use crate::runtime::Runtime;
use crate::runtime_config;
use crate::server::App;
use crate::variables::{self, AppVariables};
use crate::worker::{Reuse, Workers};
use anyhow::{Context, Result, anyhow};
use std::collections::HashMap;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};

/// An application that can be served.
pub struct Ready {
    pub app: Arc<App>,
    pub listener: TcpListener,
    /// The start-up text: one line a route, and the descriptions of components.
    pub routes: Vec<String>,
}

/// Does everything that comes before the first request. Whatever can be checked
/// is checked before anything is written.
///
/// # Errors
/// If anything about the application, its files or the options is wrong.
pub fn prepare(options: &Options) -> Result<Ready> {
    let working_dir = std::env::current_dir().context("failed to find the current directory")?;
    let file = locate::manifest(options.from.as_deref(), &working_dir)?;
    let app_dir = file.parent().unwrap_or(Path::new(""));
    let manifest = Manifest::load(&file, options.profile.as_deref())?;
    let files = components::files(&manifest, app_dir)?;
    if options.build {
        builds::run(&manifest, app_dir)?;
    }
    components::ensure_built(&files)?;
    let listener = bind(options.listen)?;

    let directories = Directories::new(options, app_dir)?;
    let configured = match &options.runtime_config_file {
        Some(file) => runtime_config::load(file, &working_dir)?,
        None => HashMap::new(),
    };
    let mut databases = Databases::new(configured, directories.state.as_deref());
    if let Some(queries) = options.drop_connections_after {
        databases = databases.drop_connections_after(queries);
    }
    let permissions = permissions(&manifest, &databases, &app_variables(options, &manifest)?)?;
    let triggered = components::triggered(&manifest);
    let router = router(&manifest, &triggered)?;
    let runtime = Runtime::new()?;
    let loaded = components::load(&runtime, &triggered, &files)?;

    directories.create_logs()?;
    databases.prepare(&options.sqlite)?;
    describe_default_database(&manifest, &databases)?;

    let address = listener.local_addr()?;
    let routes = describe_routes(&router, &triggered, &format!("http://{address}"));
    let mut workers = Vec::new();
    for ((id, _), pre) in triggered.iter().zip(loaded) {
        let id = id.as_str();
        workers.push(Workers {
            pre,
            app: Weak::new(),
            logs: ComponentLogs::open(directories.logs.as_deref(), id, options.quiet)?,
            permissions: permissions[id].clone(),
            reuse: Reuse {
                requests: options.max_instance_reuse_count,
                concurrent: options.max_instance_concurrent_reuse_count,
                idle_nanos: options.idle_instance_timeout,
            },
        });
    }
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

    fn create_logs(&self) -> Result<()> {
        if let Some(logs) = &self.logs {
            std::fs::create_dir_all(logs)
                .with_context(|| format!("failed to create the directory {}", logs.display()))?;
            report::note(format_args!("Logging component stdio to \"{}\"", logs.join("").display()));
        }
        Ok(())
    }
}

fn bind(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).map_err(|err| match err.kind() {
        ErrorKind::AddrInUse => anyhow!(
            "{address} is already in use: choose another port with --listen, or any free one with --listen {}",
            SocketAddr::new(address.ip(), 0)
        ),
        _ => anyhow!("unable to listen on {address}: {err}"),
    })
}

fn app_variables(options: &Options, manifest: &Manifest) -> Result<AppVariables> {
    let declared = manifest.variables.iter();
    let declared = declared.map(|(name, variable)| (name.as_str(), variable));
    let given = variables::collect(&options.variable)?;
    AppVariables::resolve(declared, &given, |name| std::env::var(name))
}

fn permissions<'a>(
    manifest: &'a Manifest,
    databases: &Databases,
    variables: &AppVariables,
) -> Result<HashMap<&'a str, Arc<Permissions>>> {
    let mut all = HashMap::new();
    for (id, component) in &manifest.components {
        let id = id.as_str();
        let permissions = Permissions::resolve(id, component, manifest, databases, variables)?;
        if permissions.hosts.reach_outside() {
            report::warning(format_args!(
                "Component `{id}` may call hosts outside this application; this host connects components to each other only, so those calls will fail here and work with `spin up`."
            ));
        }
        all.insert(id, Arc::new(permissions));
    }
    Ok(all)
}

fn describe_default_database(manifest: &Manifest, databases: &Databases) -> Result<()> {
    let mut labels = manifest.components.values().flat_map(|c| &c.sqlite_databases);
    if labels.any(|label| label.as_str() == databases::DEFAULT) {
        let database = databases.get(databases::DEFAULT)?;
        report::note(format_args!("Storing default SQLite data to {}.", database.summary()));
    }
    Ok(())
}

fn router(manifest: &Manifest, triggered: &[(&KebabId, &Component)]) -> Result<Router> {
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

fn describe_routes(router: &Router, triggered: &[(&KebabId, &Component)], base: &str) -> Vec<String> {
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

/// The answer to `/.well-known/spin/info`.
fn info(manifest: &Manifest) -> Result<String> {
    let application = &manifest.application;
    let mut info = serde_json::Map::new();
    info.insert("name".to_owned(), application.name.clone().into());
    if !application.version.is_empty() {
        info.insert("version".to_owned(), application.version.clone().into());
    }
    Ok(serde_json::to_string_pretty(&info)?)
}
