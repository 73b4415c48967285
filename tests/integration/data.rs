//! The "Data" part of the contract: `migrations.sql` and the statements of the services, each on SQLite and on
//! libSQL's server, if this machine has one.

use harness::{Answer, Hrana, LibsqlServer};
use rusqlite::config::DbConfig;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

mod changes;
mod migration;
mod random;
mod rules;
mod statements;
mod upgrades;

pub const MIGRATIONS: &str = include_str!("../../migrations.sql");

/// A UUID from a number.
pub fn id(number: usize) -> String {
    format!("{number:08x}-0000-4000-8000-000000000000")
}

/// A database on either engine.
enum Database {
    Sqlite(Connection),
    Libsql { client: Hrana, _server: LibsqlServer },
}

impl Database {
    /// An empty database of each engine.
    fn all() -> Vec<Self> {
        let libsql =
            LibsqlServer::start().map(|server| Self::Libsql { client: server.client(), _server: server });
        [Self::sqlite()].into_iter().chain(libsql).collect()
    }

    /// The same, after `migrations.sql`.
    fn all_migrated() -> Vec<Self> {
        let databases = Self::all();
        databases.iter().for_each(|database| database.script(MIGRATIONS));
        databases
    }

    /// The same, without the sample rows.
    fn all_without_rows() -> Vec<Self> {
        let databases = Self::all_migrated();
        databases.iter().for_each(Self::delete_rows);
        databases
    }

    fn sqlite() -> Self {
        let connection = Connection::open_in_memory().unwrap();
        // Some builds take double quotes only for names.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false).unwrap();
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false).unwrap();
        Self::Sqlite(connection)
    }

    fn delete_rows(&self) {
        harness::backends().iter().for_each(|backend| self.script(&format!("DELETE FROM {}", backend.table)));
    }

    /// Inserts a row with this value at this place, such as `Incidents.Amount`.
    fn insert(&self, number: usize, place: &str, value: &str) {
        self.script(&rules::insert(number, place, value));
    }

    fn try_script(&self, sql: &str) -> Result<(), String> {
        match self {
            Self::Sqlite(connection) => connection.execute_batch(sql).map_err(|error| error.to_string()),
            Self::Libsql { client, .. } => client.script(sql),
        }
    }

    fn script(&self, sql: &str) {
        self.try_script(sql).unwrap_or_else(|error| panic!("{error}: {sql}"));
    }

    fn query(&self, sql: &str, parameters: &[Value]) -> Answer {
        match self {
            Self::Libsql { client, .. } => client.statement(sql, parameters),
            Self::Sqlite(connection) => {
                let rows = || -> rusqlite::Result<Vec<Vec<Value>>> {
                    let mut statement = connection.prepare_cached(sql)?;
                    let columns = statement.column_count();
                    let rows = statement.query_map(params_from_iter(parameters), |row| {
                        (0..columns).map(|column| row.get(column)).collect()
                    });
                    rows?.collect()
                };
                rows().map_err(|error| error.to_string())
            }
        }
    }

    fn rows(&self, sql: &str) -> Vec<Vec<Value>> {
        self.query(sql, &[]).unwrap_or_else(|error| panic!("{error}: {sql}"))
    }

    fn count(&self, table: &str) -> i64 {
        match self.rows(&format!("SELECT count(*) FROM {table}"))[0][0] {
            Value::Integer(count) => count,
            ref other => panic!("{other:?}: {table}"),
        }
    }

    fn texts(&self, sql: &str) -> Vec<String> {
        let text = |row: Vec<Value>| match row.into_iter().next() {
            Some(Value::Text(text)) => text,
            other => panic!("{other:?}: {sql}"),
        };
        self.rows(sql).into_iter().map(text).collect()
    }

    fn tables(&self) -> Vec<String> {
        self.texts("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    }

    /// The schema and all rows.
    fn dump(&self) -> Vec<Vec<Value>> {
        let mut dump = self.rows("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name");
        for table in self.tables() {
            dump.extend(self.rows(&format!("SELECT * FROM {table}")));
        }
        dump
    }

    /// Asserts that the summaries equal counts and sums over the tables.
    fn assert_summaries(&self, after: &str) {
        let summaries =
            self.rows("SELECT '', Count, 0 FROM CustomerCount UNION ALL SELECT * FROM IncidentTotals");
        let recomputed = self.rows(
            "SELECT '', count(*), 0 FROM Customers UNION ALL SELECT * FROM (
                SELECT CustomerName, count(*), sum(CAST(round(Amount * 10000) AS INTEGER)) FROM Incidents
                GROUP BY CustomerName ORDER BY CustomerName
            )",
        );
        assert_eq!(summaries, recomputed, "after {after}");
    }
}
