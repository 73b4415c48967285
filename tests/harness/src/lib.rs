//! Starts the app on a runtime and talks HTTP to it, for the tests and for the benchmark.
//!
//! The runtime is the local host, or the Spin on the PATH where `APP_RUNTIME=spin` is set, and with Spin the
//! database is on libSQL's server where `APP_DATABASE=libsql` is set; no test can tell which. Every [`App`] has its own port, state directory and data, so tests run side by side.
//!
//! From the top: an [`App`] is a [`Manifest`] in a state directory, served by a [`Server`] process; what it
//! needs is built at its first use; an answer is a [`Reply`]. Whatever goes wrong is a panic that says all
//! there is to say: nobody goes on without an app.

mod app;
mod artifacts;
mod hrana;
mod http_client;
mod libsql_server;
mod manifest;
mod output;
mod programs;
mod redis;
mod reply;
mod runtime;
mod server;
pub mod usage;

pub use app::{App, Options, State, Stopped};
pub use artifacts::{program, root};
pub use hrana::{Answer, Hrana};
pub use http_client::{PATIENCE, agent, get};
pub use libsql_server::LibsqlServer;
pub use manifest::Manifest;
pub use programs::{needs, needs_spin, not_run};
pub use redis::{Redis, free_port};
pub use reply::Reply;
pub use runtime::{Runtime, dev_server};
pub use server::{Ended, Server};
pub use ureq::Agent;
pub use usage::assert_growth_below;
