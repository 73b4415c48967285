//! What HTTP has to say beside the dashboard itself: which form of it a request asks for, what caches may do
//! with it, and how long it took.

pub mod caching;
pub mod negotiation;
mod query;
pub mod server_timing;

pub use query::Query;
