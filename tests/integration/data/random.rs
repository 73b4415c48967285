//! Random statements, from a seed.

use std::time::{SystemTime, UNIX_EPOCH};

use super::{Database, MIGRATIONS, id};

const FIXED_SEED: u64 = 2;

/// Statements of every kind that changes rows. `?1` and `?2` are ids, `?3` and `?4` names, `?5` and `?6` amounts,
/// `?7` and `?8` rowids; ` OR` stands for any conflict clause.
const STATEMENTS: [&str; 23] = [
    "INSERT OR INTO Incidents VALUES (?1, ?5, ?3, 'x'), (?2, ?6, ?4, 'x'), (?1, ?6, ?3, 'y')",
    "INSERT OR INTO Incidents (rowid, Id, Amount, CustomerName, Category) VALUES (?7, ?1, ?5, ?3, 'x')",
    "INSERT OR INTO Incidents (rowid, Id, Amount, CustomerName, Category) VALUES (?7, ?1, ?5, ?3, 'x'), (?8, ?2, ?6, ?4, 'x'), (NULL, ?1, ?6, ?4, 'x')",
    "INSERT OR INTO Incidents (rowid, Id, Amount, CustomerName, Category) SELECT rowid + 1, Id, Amount, CustomerName, Category FROM Incidents",
    "INSERT OR INTO Incidents (rowid, Id, Amount, CustomerName, Category) SELECT ?7, ?2, Amount, CustomerName, Category FROM Incidents WHERE Id = ?1",
    "INSERT INTO Incidents VALUES (?1, ?5, ?3, 'x') ON CONFLICT (Id) DO UPDATE SET Amount = excluded.Amount, CustomerName = ?4",
    "INSERT OR INTO Incidents (rowid, Id, Amount, CustomerName, Category) VALUES (?7, ?1, ?5, ?3, 'x') ON CONFLICT (Id) DO UPDATE SET Amount = ?6, rowid = ?8",
    "INSERT INTO Incidents VALUES (?1, ?5, ?3, 'x'), (?2, ?6, ?4, 'x') ON CONFLICT DO NOTHING",
    "UPDATE OR Incidents SET Amount = round(Amount / 3 + ?5, 2), CustomerName = ?3 WHERE Id IN (?1, ?2)",
    "UPDATE OR Incidents SET Category = 'z', CustomerName = upper(CustomerName) WHERE Id = ?1",
    "UPDATE OR Incidents SET Id = ?1, Amount = ?5 WHERE CustomerName = ?3",
    "UPDATE OR Incidents SET rowid = ?7 WHERE Id IN (?1, ?2)",
    "UPDATE OR Incidents SET rowid = rowid + 1",
    "UPDATE OR Incidents SET rowid = ?7, Id = ?2, CustomerName = ?4 WHERE Id = ?1",
    "DELETE FROM Incidents WHERE Id IN (?1, ?2) OR (CustomerName = ?3 AND Amount < ?5)",
    "DELETE FROM Incidents",
    "INSERT OR INTO Customers VALUES (?1, ?3, 'x', 'y', 1), (?2, ?4, 'x', 'y', 2), (?1, ?4, 'x', 'y', 3)",
    "INSERT OR INTO Customers (rowid, Id, Name, City, Country, Scoring) VALUES (?7, ?1, ?3, 'x', 'y', 1), (?8, ?2, ?4, 'x', 'y', 2)",
    "INSERT INTO Customers VALUES (?1, ?3, 'x', 'y', 1) ON CONFLICT (Id) DO UPDATE SET Id = ?2",
    "UPDATE OR Customers SET Id = ?1 WHERE Id = ?2 OR Name = ?3",
    "UPDATE OR Customers SET rowid = ?7 WHERE Id IN (?1, ?2)",
    "UPDATE OR Customers SET rowid = rowid + 1",
    "DELETE FROM Customers WHERE Id = ?1 OR Name = ?3",
];

const HALVED: &str = "CREATE TRIGGER Halved AFTER INSERT ON Incidents BEGIN
    UPDATE Incidents SET Amount = Amount / 2, CustomerName = 'halved' WHERE rowid = NEW.rowid;
END";

pub const CONFLICTS: [&str; 6] = ["", " OR ABORT", " OR FAIL", " OR IGNORE", " OR REPLACE", " OR ROLLBACK"];

/// The linear congruential generator of Knuth's MMIX.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        (self.0 >> 33) % end
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[usize::try_from(self.below(from.len() as u64)).unwrap()]
    }

    /// One in ten breaks the rule.
    fn amount(&mut self) -> String {
        let extremes = ["0.1", "-0.0001", "99999999999.9999", "-99999999999.9999", "1e11", "0.00001"];
        match self.below(3) {
            0 => (self.below(2000).cast_signed() - 1000).to_string(),
            1 => (self.below(10_000_000) as f64 / 10_000.0).to_string(),
            _ => self.pick(&extremes).to_owned(),
        }
    }

    fn statement(&mut self) -> String {
        let conflict = self.pick(&CONFLICTS);
        let mut sql = self.pick(&STATEMENTS).to_owned();
        for table in [" OR INTO", " OR Incidents", " OR Customers"] {
            sql = sql.replace(table, &table.replace(" OR", conflict));
        }
        let rowids = ["-2", "-1", "0", "1", "2", "3", "7", "-9223372036854775808", "9223372036854775807"];
        for parameter in 1..=8 {
            let value = match parameter {
                1 | 2 => id(0).replace('0', self.pick(&["a", "b", "c", "d", "e", "A"])),
                3 | 4 => self.pick(&["x", "y", "z", "é", ""]).to_owned(),
                5 | 6 => self.amount(),
                _ => self.pick(&rowids).to_owned(),
            };
            let value = if parameter < 5 { format!("'{value}'") } else { value };
            sql = sql.replace(&format!("?{parameter}"), &value);
        }
        sql
    }
}

fn run(databases: &[Database], seed: u64, rounds: u64, statements: usize) {
    println!("seed {seed}");
    let mut random = Random(seed);
    for round in 0..rounds {
        for database in databases {
            // Triggers of the user, created before or after those of the app.
            database.script("DROP TRIGGER IF EXISTS Halved");
            database.script(if round % 3 > 0 { HALVED } else { "" });
            database.script(if round % 3 > 1 { MIGRATIONS } else { "" });
            database.delete_rows();
            // libSQL's server has no such setting.
            let setting = format!("PRAGMA recursive_triggers = {}", round % 2);
            assert!(database.try_script(&setting).is_ok() || matches!(database, Database::Libsql { .. }));
        }
        for _ in 0..statements {
            let sql = random.statement();
            for database in databases {
                // A statement may be rejected.
                let outcome = database.try_script(&sql);
                database.assert_summaries(&format!("{sql}: {outcome:?}, seed {seed}"));
            }
        }
    }
}

#[test]
fn no_statement_makes_a_count_or_a_sum_wrong() {
    let databases = Database::all_without_rows();
    let clock = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    for seed in [FIXED_SEED, clock] {
        run(&databases[..1], seed, 60, 200);
    }
    run(&databases[1..], FIXED_SEED, 4, 100);
}
