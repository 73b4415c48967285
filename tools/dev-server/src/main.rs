//! The development server: runs this application from its own `spin.toml` and `.wasm` components, as
//! `spin up` does, on machines without Spin.
//!
//! A request passes these modules:
//!
//! 1. [`server`] accepts its connection,
//! 2. [`router`] finds its component, and [`headers`] adds Spin's headers,
//! 3. [`engine`] runs it in an instance of the component, whose calls to other components start at 2,
//! 4. [`sqlite`], [`key_value`] and [`variables`] are the instance's imports.
//!
//! Everything before the first request is in [`startup`]: it reads the [`cli`], the [`manifest`] and the
//! [`runtime_config`], and runs the [`builds`].

#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test may panic"))]

mod builds;
mod cli;
mod engine;
mod headers;
mod key_value;
mod manifest;
mod report;
mod router;
mod runtime_config;
mod server;
mod signals;
mod sqlite;
mod startup;
mod stream;
mod variables;
mod wit;

use anyhow::{Context, Result};
use clap::Parser;
use std::process::ExitCode;
use tokio::net::TcpListener;

fn main() -> ExitCode {
    match run(&cli::Options::parse()) {
        // Without waiting for threads that run queries.
        Ok(()) => std::process::exit(0),
        Err(error) => {
            report::error(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(options: &cli::Options) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("failed to start the server's threads")?;
    let startup::Ready { public, listener, routes } = startup::prepare(options, runtime.handle())?;
    runtime.block_on(async {
        let listener = TcpListener::from_std(listener)?;
        let stop = signals::stop_requested()?;
        report::line(format_args!(""));
        report::step("Serving", format_args!("http://{}", listener.local_addr()?));
        report::line(format_args!("Available Routes:\n{routes}"));
        server::serve(listener, public, stop).await;
        Ok(())
    })
}
