//! The clients of the backends, one module each. They share [`client`].

mod call;
pub mod client;
pub mod customers;
pub mod incidents;
pub mod stale_cache;
