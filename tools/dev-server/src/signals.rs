//! SIGINT and SIGTERM.

use anyhow::{Context, Result};
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

/// How long the requests in flight may take to finish.
const GRACE: Duration = Duration::from_secs(5);

/// Resolves at the first signal. The process exits five seconds later or at the next signal in any case. A
/// separate thread watches: a guest in an endless loop can keep every thread of the server busy.
///
/// # Errors
/// If the signals cannot be watched.
pub fn stop_requested() -> Result<impl Future<Output = ()>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (mut interrupt, mut terminate) = {
        let _guard = runtime.enter();
        let watch = |kind| signal(kind).context("failed to watch for signals");
        (watch(SignalKind::interrupt())?, watch(SignalKind::terminate())?)
    };
    let (requested, stop) = oneshot::channel();
    std::thread::spawn(move || {
        let mut next = async || {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        };
        runtime.block_on(async {
            next().await;
            let _ = requested.send(());
            let _ = tokio::time::timeout(GRACE, next()).await;
        });
        std::process::exit(0);
    });
    Ok(async {
        let _ = stop.await;
    })
}
