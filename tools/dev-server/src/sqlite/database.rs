//! Where a database is.

use rusqlite::Connection;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use std::fmt;
use std::path::PathBuf;

/// A database that components can open: a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Database(pub PathBuf);

impl Database {
    /// Opens a connection of its own. As in Spin, no pragma is set, and no further file can be attached.
    ///
    /// # Errors
    /// If SQLite cannot open the file.
    pub fn open(&self) -> rusqlite::Result<Connection> {
        let connection = Connection::open(&self.0)?;
        connection.authorizer(Some(deny_attaching_files));
        Ok(connection)
    }
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.display())
    }
}

fn deny_attaching_files(context: AuthContext<'_>) -> Authorization {
    match context.action {
        AuthAction::Attach { filename } if !matches!(filename, "" | ":memory:") => Authorization::Deny,
        _ => Authorization::Allow,
    }
}
