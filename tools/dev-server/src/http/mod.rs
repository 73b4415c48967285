//! HTTP: connections are accepted here, and each request of a client leaves for its component.

mod answer;
mod server;

pub use answer::Public;
pub use server::{Limits, serve};
