//! Starts the subjects of the measurements. The only user of the tests' harness.

use std::any::Any;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, anyhow};
use harness::{App, LibsqlServer, Manifest, Options, Runtime, Server};
use rusqlite::Connection;

/// Serves HTTP until this is dropped.
pub struct Running {
    /// `127.0.0.1:<port>`
    pub address: String,
    pub processes: Vec<u32>,
    _process: Box<dyn Any>,
}

fn running<T: 'static>(process: T, server: impl Fn(&T) -> &Server) -> Running {
    let address = server(&process).base().trim_start_matches("http://").to_owned();
    let processes = server(&process).processes();
    Running { address, processes, _process: Box::new(process) }
}

/// The name of the runtime that `APP_RUNTIME` chooses.
pub fn runtime() -> &'static str {
    Runtime::chosen().name()
}

/// The app on the database of a state directory.
pub fn app(state: &Path, variables: &[(&str, &str)]) -> Running {
    let options = Options::default().state(state.to_owned());
    let options = variables.iter().fold(options, |options, (name, value)| options.variable(name, value));
    running(options.start(), App::server)
}

pub fn hello() -> Running {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("hello-service");
    running(Options::default().manifest(|_| Manifest::of(&directory)).start(), App::server)
}

/// This program as a server (`native.rs`).
pub fn native(argument: &str, database: &Path) -> Result<Running> {
    let server = Server::start(Command::new(std::env::current_exe()?).arg(argument).arg(database));
    let server = server.map_err(|ended| anyhow!("the native peer ended:\n{}", ended.output))?;
    Ok(running(server, |server| server))
}

/// The app with the sample rows, on a database that can be made to hang: libSQL's server if the app runs on Spin and
/// the server is installed, otherwise a file, which a lock makes hang.
pub struct HangingApp {
    app: App,
    lock: Connection,
    on_server: bool,
}

impl HangingApp {
    pub fn start() -> Self {
        let options = Options::default().migrated();
        let server = (Runtime::chosen() == Runtime::Spin).then(LibsqlServer::start).flatten();
        let on_server = server.is_some();
        let options = match server {
            Some(server) => options.state(server),
            None => options,
        };
        let app = options.start();
        let lock = app.database();
        Self { app, lock, on_server }
    }

    pub fn database(&self) -> &'static str {
        if self.on_server { "libSQL's server" } else { "a file" }
    }

    pub fn address(&self) -> &str {
        self.app.address()
    }

    pub fn processes(&self) -> Vec<u32> {
        self.app.server().processes()
    }

    pub fn hang(&mut self) -> Result<()> {
        match self.on_server {
            true => self.app.libsql().hang(),
            false => self.lock.execute_batch("BEGIN EXCLUSIVE")?,
        }
        Ok(())
    }

    pub fn resume(&mut self) -> Result<()> {
        match self.on_server {
            true => self.app.libsql().resume(),
            false => self.lock.execute_batch("ROLLBACK")?,
        }
        Ok(())
    }
}
