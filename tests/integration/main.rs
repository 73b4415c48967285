//! Talks HTTP to the running app and holds it to the contract, a module a subject.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod customers;
mod incidents;
mod requests;
