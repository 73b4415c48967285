//! What HTTP has to say beside the dashboard itself: which form of it a request asks for, and what caches
//! may do with it.

pub mod caching;
pub mod negotiation;
mod query;

pub use query::Query;
