//! SQLite databases with Spin's behaviour, the awkward parts included. Start-up makes them ready, and an
//! instance opens connections to those that its component was granted.

mod connection;
mod database;
mod host;
mod prepare;
mod short;
mod statement;

pub use database::Database;
pub use host::{Sqlite, SqliteView};
pub use prepare::{DEFAULT, Databases};
