//! Everything from the command line to an application that is ready to serve.

use crate::builds;
use crate::cli::Options;
use crate::engine::{Application, ComponentLogs, Loaded, Permissions, compile};
use crate::key_value::{self, Stores};
use crate::manifest::{self, Manifest};
use crate::report;
use crate::router::Router;
use crate::runtime_config::RuntimeConfig;
use crate::server::Public;
use crate::sqlite::{self, Databases};
use crate::variables;
use anyhow::{Context, Result, ensure};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use tokio::runtime::Handle;

/// An application that can be served.
pub struct Ready {
    pub public: Public,
    pub listener: TcpListener,
    /// The start-up text: the routes, and the descriptions of components.
    pub routes: String,
}

/// Does everything that comes before the first request. It checks as much as possible before it writes
/// anything.
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
    let listener = TcpListener::bind(options.listen)
        .with_context(|| format!("unable to listen on {}: choose another --listen", options.listen))?;
    allow_many_files();

    let state = match &options.state_dir {
        Some(directory) => std::path::absolute(directory)?,
        None => app_dir.join(".spin"),
    };
    let config = options.runtime_config_file.as_deref().map(RuntimeConfig::load);
    let RuntimeConfig { databases, stores, summary } = config.transpose()?.unwrap_or_default();
    let databases = Databases::new(databases, &state);
    let stores = Stores::new(stores, &state);
    let variables = variables::of_application(&manifest, &options.variable, |name| std::env::var_os(name))?;
    let permissions = |id: &str| {
        Permissions::of(&manifest.components[id], &databases, &stores, &variables)
            .with_context(|| format!("component `{id}`"))
    };
    let permissions: Vec<_> = files.iter().map(|(id, _)| permissions(id)).collect::<Result<_>>()?;
    let compiled = compile(&files)?;

    if let (Some(file), [_, ..]) = (&options.runtime_config_file, &*summary) {
        let summary = summary.join(", ");
        report::note(format_args!("Using runtime config {summary} from \"{}\"", file.display()));
    }
    let logs = state.join("logs");
    std::fs::create_dir_all(&logs)
        .with_context(|| format!("failed to create the directory {}", logs.display()))?;
    report::note(format_args!("Logging component stdio to \"{}\"", logs.join("").display()));
    databases.prepare(&options.sqlite)?;
    runtime.block_on(stores.prepare(&options.key_value))?;
    if permissions.iter().any(|granted| granted.databases.contains_key(sqlite::DEFAULT)) {
        report::note(format_args!("Storing default SQLite data to {}.", databases.get(sqlite::DEFAULT)?));
    }
    if permissions.iter().any(|granted| granted.stores.contains_key(key_value::DEFAULT)) {
        report::note(format_args!("Storing default key-value data to {}.", stores.get(key_value::DEFAULT)?));
    }

    let loaded = files.iter().zip(compiled).zip(permissions).map(|(((id, _), pre), permissions)| {
        let logs = ComponentLogs::open(&logs, id, options.quiet)?;
        Ok(Loaded { id: (*id).to_owned(), pre, logs, permissions })
    });
    let application = Application::new(loaded.collect::<Result<_>>()?);
    let triggers = manifest.trigger.http.iter();
    let router = Router::new(triggers.map(|trigger| (&*trigger.route, &*trigger.component)));
    let routes = describe(&router, &manifest, listener.local_addr()?);
    listener.set_nonblocking(true)?;
    Ok(Ready { public: Public { router, application }, listener, routes })
}

/// The id and the .wasm file of each component with a trigger. A file below `target/` is read from Cargo's
/// target directory, never from another one of that name.
fn built<'a>(manifest: &'a Manifest, app_dir: &Path) -> Result<Vec<(&'a str, PathBuf)>> {
    let target = builds::target_directory(app_dir)?;
    let ids = manifest.triggered().into_iter();
    let built = ids.map(|id| {
        let source = &manifest.components[id].source;
        let file = match (&target, source.strip_prefix("target")) {
            (Some(target), Ok(below_target)) => target.join(below_target),
            _ => app_dir.join(source),
        };
        let name = file.display();
        ensure!(file.is_file(), "component `{id}`: there is no file {name}; build it first with --build");
        Ok((id, file))
    });
    built.collect()
}

/// A dashboard opens several files, and many systems allow a process only 1024 by default.
fn allow_many_files() {
    if let Ok((_, hard)) = getrlimit(Resource::RLIMIT_NOFILE) {
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    }
}

fn describe(router: &Router, manifest: &Manifest, address: SocketAddr) -> String {
    let lines = router.list().map(|(id, route)| match &*manifest.components[id].description {
        "" => format!("  {id}: http://{address}{route}"),
        description => format!("  {id}: http://{address}{route}\n    {description}"),
    });
    lines.collect::<Vec<_>>().join("\n")
}
