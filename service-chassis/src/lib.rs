//! What the three services stand on, and all that they share: a table of routes, answers in JSON with a
//! known length, errors with a status and a line in the log, long lists in pages, calls to other services,
//! and the one database connection that an instance keeps. What a service is about is its own.
//!
//! WASI HTTP is spoken here alone. `spin_sdk::http` reads and copies more of each message than a service
//! looks at, which took a tenth of the time of a dashboard.

mod answer;
pub mod call;
pub mod database;
mod error;
mod limit;
mod log;
pub mod pages;
mod parameter;
mod pause;
mod request;
mod request_id;
mod response;
pub mod routes;
pub mod service;
mod variable;

pub use answer::{Answer, ok};
pub use error::Error;
pub use limit::within;
pub use log::Log;
pub use pause::Pause;
pub use request::Request;
pub use response::{Body, json_response};
pub use service::Service;
pub use variable::TimeVariable;
