//! The clients of the backends, one module each, and [`client`], which is what all calls share.

mod call;
pub mod client;
pub mod customers;
pub mod incidents;
pub mod stale_cache;
