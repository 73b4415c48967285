//! From a request to a component: which one, and what the request says of that in its headers. The server
//! comes in with public requests, the engine with those from one component to another.

mod headers;
mod routes;

pub use headers::{add_route_information, chaining_target, complete_uri, strip};
pub use routes::{RouteMatch, Router};
