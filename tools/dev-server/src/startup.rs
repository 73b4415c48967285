//! From the command line to an application that is ready to serve.

use crate::builds;
use crate::cli::Options;
use crate::engine::{Application, ComponentLogs, Loaded, Permissions, compile};
use crate::http::Public;
use crate::key_value::{self, Stores};
use crate::manifest::{self, Manifest};
use crate::report;
use crate::routing::Router;
use crate::runtime_config::{self, Configured};
use crate::sqlite::{self, Databases};
use crate::variables;
use anyhow::{Context, Result, anyhow, ensure};
use std::fmt::Write;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use tokio::runtime::Handle;

/// An application that can be served.
pub struct Ready {
    pub public: Public,
    pub listener: TcpListener,
    /// The start-up text: one line a route, and the descriptions of components.
    pub routes: String,
}

/// Does everything that comes before the first request. Whatever can be checked
/// is checked before anything is written.
///
/// # Errors
/// If anything about the application, its files or the options is wrong.
pub fn prepare(options: &Options, runtime: &Handle) -> Result<Ready> {
    let file = manifest::locate(&options.from)?;
    let app_dir = file.parent().unwrap_or(Path::new(""));
    let manifest = Manifest::load(&file)?;
    if options.build {
        builds::run(&manifest, app_dir)?;
    }
    let files = built(&manifest, app_dir)?;
    let listener = bind(options.listen)?;

    let state = match &options.state_dir {
        Some(directory) => std::path::absolute(directory)?,
        None => app_dir.join(".spin"),
    };
    let configured = match &options.runtime_config_file {
        Some(file) => runtime_config::load(file)?,
        None => Configured::default(),
    };
    let databases = Databases::new(configured.databases, &state);
    let stores = Stores::new(configured.stores, &state);
    let variables = variables::of_application(&manifest, &options.variable)?;
    let permissions = |id: &str| {
        Permissions::of(&manifest.components[id], &databases, &stores, &variables)
            .with_context(|| format!("component `{id}`"))
    };
    let permissions: Vec<_> = files.iter().map(|(id, _)| permissions(id)).collect::<Result<_>>()?;
    let compiled = compile(&files)?;

    if let Some(file) = &options.runtime_config_file
        && !configured.summary.is_empty()
    {
        let summary = configured.summary.join(", ");
        report::note(format_args!("Using runtime config {summary} from \"{}\"", file.display()));
    }
    let logs = create_logs(&state)?;
    databases.prepare(&options.sqlite)?;
    runtime.block_on(stores.prepare(&options.key_value))?;
    let mut components = manifest.components.values();
    if components.any(|component| component.sqlite_databases.iter().any(|label| label == sqlite::DEFAULT)) {
        report::note(format_args!("Storing default SQLite data to {}.", databases.get(sqlite::DEFAULT)?));
    }
    let mut components = manifest.components.values();
    if components.any(|component| component.key_value_stores.iter().any(|label| label == key_value::DEFAULT))
    {
        report::note(format_args!("Storing default key-value data to {}.", stores.get(key_value::DEFAULT)?));
    }

    let loaded = files.iter().zip(compiled).zip(permissions).map(|(((id, _), pre), permissions)| {
        let logs = ComponentLogs::open(&logs, id, options.quiet)?;
        Ok(Loaded { id: (*id).to_owned(), pre, logs, permissions })
    });
    let application = Application::new(loaded.collect::<Result<_>>()?);
    let triggers = manifest.trigger.http.iter();
    let router = Router::new(triggers.map(|trigger| (&*trigger.route, trigger.component.get_ref().as_str())));
    let routes = describe(&router, &manifest, listener.local_addr()?);
    listener.set_nonblocking(true)?;
    Ok(Ready { public: Public { router, application }, listener, routes })
}

/// The id and the .wasm file of each component that some trigger leads to.
fn built<'a>(manifest: &'a Manifest, app_dir: &Path) -> Result<Vec<(&'a str, PathBuf)>> {
    let ids = manifest.triggered().into_iter();
    let built = ids.map(|id| {
        let file = app_dir.join(&manifest.components[id].source);
        ensure!(
            file.is_file(),
            "component `{id}`: there is no file {}; build it first with --build",
            file.display()
        );
        Ok((id, file))
    });
    built.collect()
}

fn create_logs(state: &Path) -> Result<PathBuf> {
    let logs = state.join("logs");
    std::fs::create_dir_all(&logs)
        .with_context(|| format!("failed to create the directory {}", logs.display()))?;
    report::note(format_args!("Logging component stdio to \"{}\"", logs.join("").display()));
    Ok(logs)
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

fn describe(router: &Router, manifest: &Manifest, address: SocketAddr) -> String {
    let mut text = String::new();
    for (id, route) in router.list() {
        let _ = writeln!(text, "  {id}: http://{address}{route}");
        let description = &manifest.components[id].description;
        if !description.is_empty() {
            let _ = writeln!(text, "    {description}");
        }
    }
    text.trim_end().to_owned()
}
