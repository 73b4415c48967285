//! Sends HTTP requests to the running app and compares it with the contract, one module per subject.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod capabilities;
mod circuit_breaker;
mod conditional_requests;
mod content_negotiation;
mod cors;
mod customers;
mod dashboard;
mod data;
mod database;
mod deploy;
mod dev_server;
mod diagnostics;
mod dropped_connections;
mod fan_out;
mod faults;
mod http_server;
mod incidents;
mod key_value;
mod libsql_server;
mod openapi;
mod page;
mod partial_response;
mod proxies;
mod readme;
mod registry;
mod requests;
mod response_cache;
mod routes;
mod stale_if_error;
mod streaming;
