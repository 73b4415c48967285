//! A stand-in for `spin up`: runs this application from its own `spin.toml` and
//! `.wasm` components on machines that have no Spin.
//!
//! The way of a request: [`server`] accepts it, [`routes`] finds its component,
//! [`headers`] completes it, and [`worker`] runs it in an instance whose imports
//! come from [`runtime`]: [`sqlite_host`], [`variables_host`], [`chaining`] and
//! WASI. Everything before the first request is in [`startup`].

#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test may panic"))]

mod allowed_hosts;
mod bindings;
mod builds;
mod chaining;
mod cli;
mod components;
mod databases;
mod headers;
mod ids;
mod locate;
mod logs;
mod manifest;
mod permissions;
mod place;
mod report;
mod routes;
mod runtime;
mod runtime_config;
mod server;
mod signals;
mod sqlite;
mod sqlite_host;
mod startup;
mod template;
mod variables;
mod variables_host;
mod worker;

use anyhow::{Context, Result};
use clap::Parser;
use std::process::ExitCode;
use tokio::net::TcpListener;

fn main() -> ExitCode {
    match run(&cli::Options::parse()) {
        // Requests that were still running have had their time.
        Ok(()) => std::process::exit(0),
        Err(err) => {
            report::error(&err);
            ExitCode::FAILURE
        }
    }
}

fn run(options: &cli::Options) -> Result<()> {
    let ready = startup::prepare(options)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("failed to start the server's threads")?;
    runtime.block_on(async {
        ready.listener.set_nonblocking(true)?;
        let listener = TcpListener::from_std(ready.listener)?;
        let stop = signals::stop_requested()?;
        let address = listener.local_addr()?;
        report::line(format_args!(""));
        report::step("Serving", format_args!("http://{address}"));
        report::line(format_args!("Available Routes:"));
        for route in &ready.routes {
            report::line(format_args!("{route}"));
        }
        server::serve(ready.app, listener, stop).await;
        Ok(())
    })
}
