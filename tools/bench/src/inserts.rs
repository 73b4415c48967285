//! The cost of the summaries when incidents are inserted in one transaction.

use std::time::{Duration, Instant};

use anyhow::Result;
use rusqlite::types::Value;
use rusqlite::{Connection, params};

use crate::Effort;
use crate::data::{DataSets, drop_triggers, insert_incidents};
use crate::report::{Goal, Section, duration, ratio};
use crate::rounds::median;

const INCIDENTS: u64 = 100_000;
const CUSTOMERS: u64 = 10_000;

enum Way {
    OneStatement,
    RowByRow,
    RowByRowInMemory,
}

/// Each way to insert, and how many times as long it may take with summaries as without.
const WAYS: [(Way, &str, f64); 3] = [
    (Way::OneStatement, "INSERT … SELECT", 2.0),
    (Way::RowByRowInMemory, "row by row, PRAGMA temp_store = MEMORY", 3.0),
    (Way::RowByRow, "row by row", 4.0),
];

pub fn measure(data: &DataSets, effort: &Effort) -> Result<Section> {
    eprintln!("Measuring inserts");
    let mut times = WAYS.map(|_| (Vec::new(), Vec::new()));
    for _ in 0..effort.long_rounds {
        for ((way, ..), (with, without)) in WAYS.iter().zip(&mut times) {
            with.push(insert(data.scratch()?, way)?);
            let bare = data.scratch()?;
            drop_triggers(&bare)?;
            without.push(insert(bare, way)?);
        }
    }
    let title = "Inserting 100,000 incidents in one transaction";
    let mut section = Section::new(
        title,
        &["how", "with summaries", "without", "ratio", "incidents/s with summaries"],
        Vec::new(),
    );
    for ((_, what, limit), (with, without)) in WAYS.iter().zip(times) {
        let (with, without) = (median(with), median(without));
        section.row([
            (*what).to_owned(),
            duration(with),
            duration(without),
            ratio(with.as_secs_f64(), without.as_secs_f64()),
            format!("{:.0}", INCIDENTS as f64 / with.as_secs_f64()),
        ]);
        let what = format!("inserts with summaries to without, {what}");
        section.goals.push(Goal::at_most(*limit, what, with.div_duration_f64(without)));
    }
    Ok(section)
}

fn insert(mut connection: Connection, way: &Way) -> Result<Duration> {
    const INSERT: &str = "INSERT INTO Incidents (Id, Amount, CustomerName, Category)";
    connection.execute_batch(
        "ATTACH ':memory:' AS Source; CREATE TABLE Source.Rows (Id, Amount, CustomerName, Category)",
    )?;
    insert_incidents(&connection, "Source.Rows", INCIDENTS, CUSTOMERS)?;
    if let Way::RowByRowInMemory = way {
        connection.execute_batch("PRAGMA temp_store = MEMORY")?;
    }
    if let Way::OneStatement = way {
        let begun = Instant::now();
        connection.execute(&format!("{INSERT} SELECT * FROM Source.Rows"), ())?;
        return Ok(begun.elapsed());
    }
    let rows: Vec<[Value; 4]> = connection
        .prepare("SELECT * FROM Source.Rows")?
        .query_map((), |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?]))?
        .collect::<Result<_, _>>()?;
    let begun = Instant::now();
    let transaction = connection.transaction()?;
    {
        let mut insert = transaction.prepare(&format!("{INSERT} VALUES (?1, ?2, ?3, ?4)"))?;
        for [id, amount, customer_name, category] in &rows {
            insert.execute(params![id, amount, customer_name, category])?;
        }
    }
    transaction.commit()?;
    Ok(begun.elapsed())
}
