//! Sends HTTP requests to the running app and compares it with the contract, one module per subject.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod attackers;
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
mod diagnostics;
mod dropped_connections;
mod exact;
mod fan_out;
mod faults;
mod host;
mod host_limits;
mod host_permissions;
mod incidents;
mod key_value;
mod libsql_server;
mod openapi;
mod operate;
mod page;
mod partial_response;
mod random_data;
mod readme;
mod registry;
mod requests;
mod response_cache;
mod routes;
mod stale_if_error;
mod streaming;
