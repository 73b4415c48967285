//! SIGINT and SIGTERM.

use anyhow::{Context, Result};
use std::time::Duration;
use tokio::sync::oneshot;

/// How long the requests in flight may take to finish.
const GRACE: Duration = Duration::from_secs(5);

/// Resolves when the process has been asked to stop. Five seconds later, or at
/// the next signal, it exits in any case.
///
/// The signals are watched on a thread of their own: a guest that computes
/// without end can keep every thread of the server busy.
///
/// # Errors
/// If the signals cannot be watched.
pub fn stop_requested() -> Result<impl Future<Output = ()>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut signals = {
        let _guard = runtime.enter();
        Signals::new().context("failed to watch for signals")?
    };
    let (requested, stop) = oneshot::channel();
    std::thread::spawn(move || {
        runtime.block_on(async {
            signals.next().await;
            let _ = requested.send(());
            let _ = tokio::time::timeout(GRACE, signals.next()).await;
        });
        std::process::exit(0);
    });
    Ok(async {
        // The sender lives as long as the process.
        let _ = stop.await;
    })
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
