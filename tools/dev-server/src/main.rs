//! A stand-in for `spin up`: runs this application from its own `spin.toml` and
//! `.wasm` components on machines that have no Spin. What it does not do it
//! names, and leaves it to Spin.
//!
//! The way of a request, from room to room:
//!
//! 1. [`http`] accepts its connection and takes it,
//! 2. [`routing`] finds its component and completes its headers,
//! 3. [`engine`] runs it in an instance of the component, whose calls to other
//!    components come back to 2 without passing 1,
//! 4. [`sqlite`], [`key_value`] and [`variables`] are what the instance may ask for.
//!
//! Everything before the first request is in [`startup`]: it reads the
//! [`cli`], the [`manifest`] and the [`runtime_config`], and runs the
//! [`builds`]. A file imports from its own room and from those below it.

#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test may panic"))]

mod builds;
mod cli;
mod engine;
mod http;
mod key_value;
mod manifest;
mod report;
mod routing;
mod runtime_config;
mod signals;
mod sqlite;
mod startup;
mod streams;
mod text_file;
mod variables;
mod wit;

use crate::http::{Limits, serve};
use anyhow::{Context, Result};
use clap::Parser;
use std::process::ExitCode;
use std::sync::Arc;
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
        let public = Arc::new(public);
        let answer = move |request, client| {
            let public = public.clone();
            async move { public.answer(request, client).await }
        };
        serve(listener, Limits::of_this_process(), stop, answer).await;
        Ok(())
    })
}
