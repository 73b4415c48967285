//! Everything that services share around their routes: requests and responses, errors, CORS, the log, variables,
//! timeouts, a circuit breaker, pagination, and one database connection per instance.

mod circuit_breaker;
mod cors;
pub mod database;
mod error;
mod log;
pub mod pagination;
pub mod parameter;
mod request;
pub mod request_id;
mod response;
mod service;
mod timeout;
mod variable;

pub use circuit_breaker::CircuitBreaker;
pub use error::Error;
pub use log::Log;
pub use request::Request;
pub use response::{Body, Response, json, ok};
pub use service::Service;
pub use timeout::timeout;
pub use variable::DurationVariable;
