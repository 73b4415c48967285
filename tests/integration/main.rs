//! Sends HTTP requests to the running app and compares it with the contract, one module per subject.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod capabilities;
mod clients;
mod customers;
mod dashboard;
mod data;
mod database;
mod deploy;
mod dev_server;
mod documents;
mod dropped_connections;
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
mod python;
mod random_data;
mod readme;
mod recipes;
mod registry;
mod requests;
mod routes;
mod security;
mod soak;
mod streaming;
