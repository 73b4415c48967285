//! WebAssembly: components are compiled and linked at start-up, and their instances answer requests, of
//! clients and of each other.

mod application;
mod compiler;
mod instance;
mod logs;
mod outbound_http;
mod permissions;
mod workers;

pub use application::{Application, Loaded, empty};
pub use compiler::compile;
pub use logs::ComponentLogs;
pub use permissions::Permissions;
