//! Starts the app on a runtime and sends HTTP requests to it, for the tests and the benchmark.
//!
//! The runtime is the development server, or the `spin` on the PATH if `APP_RUNTIME=spin` is set. With Spin
//! and `APP_DATABASE=libsql` the database is on libSQL's server. Every [`App`] has its own port, state
//! directory and data, so tests run in parallel.
//!
//! An [`App`] is a [`Manifest`] in a state directory, served by a [`Server`] process. Components are built at
//! their first use. A response is a [`Reply`]. [`backends`] is the table of backends. An error
//! is a panic with the output of the process, since no test can continue without an app.

mod app;
mod artifacts;
mod hrana;
mod http_client;
mod libsql_server;
mod manifest;
mod process;
mod programs;
mod redis;
mod runtime;
mod server;
mod services;
pub mod usage;

use std::thread;
use std::time::{Duration, Instant};

pub use app::{App, Options, State, Stopped};
pub use artifacts::{program, root};
pub use hrana::{Answer, Hrana};
pub use http_client::{PATIENCE, Reply, agent, get};
pub use libsql_server::LibsqlServer;
pub use manifest::Manifest;
pub use process::Process;
pub use programs::{needs, needs_spin, not_run};
pub use redis::{Redis, free_port};
pub use runtime::Runtime;
pub use server::{Ended, Server};
pub use services::{AGGREGATES, Backend, Section, backends, callees, dashboard_of, services};
pub use usage::assert_growth_below;

/// Polls until `holds` returns true, for a minute at most.
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < Duration::from_secs(60), "not within 60 s: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}
