//! Starts the app on a runtime and talks HTTP to it.
//!
//! The runtime is the local host, or the Spin on the PATH where `APP_RUNTIME=spin` is set; no test can
//! tell which. Every [`App`] has its own port, state directory and data, so tests run side by side.

mod app;
mod artifacts;
mod manifest;
mod memory;
mod reply;
mod runtime;

pub use app::{App, Options, Stopped};
pub use artifacts::{program, root};
pub use manifest::Manifest;
pub use memory::assert_growth_below;
pub use reply::Reply;
pub use runtime::{Runtime, local_host};
