//! WebAssembly: components are compiled and linked to the host at start-up, and instances of them answer
//! requests, of clients and of each other. The server comes in with a request and the component it is for.

mod application;
mod chaining;
mod compiler;
mod instance;
mod logs;
mod permissions;
mod workers;

pub use application::{Application, Loaded, empty};
pub use compiler::compile;
pub use logs::ComponentLogs;
pub use permissions::Permissions;
