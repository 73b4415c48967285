//! Talks HTTP to the running app and holds it to the contract, a module a subject.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod attackers;
mod clients;
mod customers;
mod dashboard;
mod data;
mod database;
mod deploy;
mod documents;
mod dropped_connections;
mod faults;
mod host;
mod host_limits;
mod host_permissions;
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
