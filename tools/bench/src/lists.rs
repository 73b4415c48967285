//! The long lists beside one query that makes the whole JSON. A list is streamed, so it needs little memory.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use rusqlite::Connection;

use crate::data::{DataSets, database};
use crate::report::{Goal, MIB, Section, duration, megabytes, optional, ratio};
use crate::rounds::median;
use crate::{Effort, apps, load, processes};

/// Each list, and its query.
const LISTS: [(&str, &str); 3] = [
    (
        "/customers/items",
        "SELECT json_group_array(json_object('id', Id, 'name', Name, 'country', Country, 'scoring', Scoring))
         FROM (SELECT * FROM Customers ORDER BY Name, Id)",
    ),
    (
        "/incidents/items",
        "SELECT json_group_array(json_object('id', Id, 'amount', Amount, 'customerName', CustomerName))
         FROM (SELECT * FROM Incidents ORDER BY rowid)",
    ),
    (
        "/incidents/grouped-by-customer",
        "SELECT json_group_object(CustomerName, json(Incidents))
         FROM (
             SELECT CustomerName, json_group_array(
                 json_object('id', Id, 'amount', Amount, 'customerName', CustomerName)
             ) AS Incidents
             FROM (SELECT * FROM Incidents ORDER BY CustomerName, rowid)
             GROUP BY CustomerName
         )",
    ),
];

pub fn measure(data: &DataSets, effort: &Effort) -> Result<Section> {
    eprintln!("Measuring the long lists");
    let large = data.large()?;
    let connection = Connection::open(database(&large))?;
    let app = apps::app(&large, &[]);
    load::get_ok(&app.address, "/aggregates/dashboard")?;
    let before = processes::memory(&app.processes);
    let mut section = Section::new(
        "Long lists, 1,000,000 incidents",
        &["what", "first byte", "whole", "to the raw query", "memory"],
        Vec::new(),
    );
    let mut growth = before.map(|_| 0);
    for (path, sql) in LISTS {
        let length = {
            let (list, raw) = (load::get_ok(&app.address, path)?, query(&connection, sql)?.1);
            ensure!(list == raw, "{path} is not what the raw query returns");
            raw.len()
        };
        let (mut first_bytes, mut whole, mut raw) = (Vec::new(), Vec::new(), Vec::new());
        processes::reset_peak(&app.processes);
        for _ in 0..effort.long_rounds {
            // One request, since it takes longer than no time.
            for response in load::run(&app.address, path, 1, Duration::ZERO)? {
                ensure!(response.status == 200 && response.length == length, "{path}: {response:?}");
                first_bytes.push(response.first_byte);
                whole.push(response.whole);
            }
            raw.push(query(&connection, sql)?.0);
        }
        let (whole, raw) = (median(whole), median(raw));
        let peak = processes::peak_memory(&app.processes);
        growth = growth.max(peak.zip(before).map(|(peak, before)| peak.saturating_sub(before)));
        section.row([
            path.to_owned(),
            duration(median(first_bytes)),
            duration(whole),
            ratio(whole.as_secs_f64(), raw.as_secs_f64()),
            optional(peak, megabytes),
        ]);
        section.row(["raw query", "", &duration(raw), "", ""].map(str::to_owned));
        section.goals.push(Goal::at_most(
            1.4,
            format!("{path} to the raw query"),
            whole.div_duration_f64(raw),
        ));
    }
    if let Some(growth) = growth {
        let goal =
            Goal::at_most(64.0, "memory of a long list above that of a dashboard, MiB", growth as f64 / MIB);
        section.goals.push(goal);
    }
    let time = data.migration_time(&large)?.as_secs_f64();
    section.goals.push(Goal::at_most(2.0, "seconds of migrations.sql, 1,000,000 incidents", time));
    Ok(section)
}

/// The time that SQLite takes for the JSON, without copying it.
fn query(connection: &Connection, sql: &str) -> Result<(Duration, Vec<u8>)> {
    let mut statement = connection.prepare(sql)?;
    let begun = Instant::now();
    let result = statement.query_row((), |row| {
        let json = row.get_ref(0)?.as_bytes()?;
        Ok((begun.elapsed(), json.to_owned()))
    });
    Ok(result?)
}
