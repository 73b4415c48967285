//! Talks HTTP to the running app and holds it to the contract, a module a subject.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod capabilities;
mod customers;
mod dashboard;
mod data;
mod database;
mod deploy;
mod dev_server;
mod documents;
mod dropped_connections;
mod exact;
mod faults;
mod hostile_clients;
mod http_server;
mod incidents;
mod key_value;
mod last_good;
mod libsql_server;
mod openapi;
mod operate;
mod page;
mod random_data;
mod readme;
mod registry;
mod requests;
mod routes;
mod security;
mod soak;
mod streaming;
