//! SQLite databases with Spin's behaviour. Start-up prepares them, and an instance opens connections to those
//! that the manifest grants to its component.

mod connection;
mod databases;
mod host;

pub use databases::{DEFAULT, Database, Databases};
pub use host::{Sqlite, SqliteView};
