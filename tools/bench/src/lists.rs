//! The long lists, each read once in a round: by way of the application, the native services, and SQLite
//! alone.

use std::path::Path;

use anyhow::{Result, ensure};
use harness::{Server, usage};

use crate::load::{Latencies, Load};
use crate::raw_query::{RawQuery, RawResult};
use crate::report::{Row, Section};
use crate::rounds::{Collected, Measured, Subject};
use crate::routes::{CUSTOMER_ITEMS, INCIDENT_ITEMS, INCIDENTS_GROUPED};
use crate::servers::Servers;
use crate::worker::Task;

/// What became of [`INCIDENT_ITEMS`].
pub struct IncidentItems {
    pub app: Measured,
    pub raw: Measured,
    /// How much more memory the application's processes took than when they had answered one dashboard.
    pub growth: Option<u64>,
}

/// # Errors
/// If an answer is wrong, or differs between those who give it.
pub fn measure(servers: &Servers, rounds: usize) -> Result<(Section, IncidentItems)> {
    // Its memory has not grown by anything else that was measured.
    let app = servers.fresh();
    app.dashboard();
    let before = usage::memory(&app.server().processes());
    let (data, _) = servers.largest();
    let database = data.database();
    let list = |path, query, native| list(app.server(), path, query, native, &database, rounds);

    let native = &servers.native;
    let (mut rows, items, raw) = list(INCIDENT_ITEMS, RawQuery::IncidentItems, Some(&native.incidents))?;
    let growth = items.peak.zip(before).map(|(peak, before)| peak.saturating_sub(before.now));
    let items = IncidentItems { app: items, raw, growth };
    rows.extend(list(INCIDENTS_GROUPED, RawQuery::IncidentsGrouped, None)?.0);
    rows.extend(list(CUSTOMER_ITEMS, RawQuery::CustomerItems, Some(&native.customers))?.0);
    let size = data.size.label();
    let title = format!("Long lists at {size} incidents, read once, 1 connection");
    Ok((Section { title, once: true, rows }, items))
}

type Measurements = (Vec<Row>, Measured, Measured);

fn list(
    app: &Server,
    path: &str,
    query: RawQuery,
    native: Option<&Server>,
    database: &Path,
    rounds: usize,
) -> Result<Measurements> {
    let mut subjects = vec![Subject::new(path, app, path)?];
    if let Some(native) = native {
        subjects.push(Subject::new(format!("native: {path}"), native, path)?);
    }
    let mut collected: Vec<Collected> =
        subjects.iter().map(|subject| Collected::new(&subject.what)).collect();
    let mut raw = Collected::new(&format!("raw query: {path}"));
    let task = Task::Raw { query, database: database.to_owned() };
    for _ in 0..rounds {
        for (subject, collected) in subjects.iter().zip(&mut collected) {
            collected.round(subject, Load::once(subject.url.clone(), subject.body.length))?;
        }
        let result: RawResult = task.result()?;
        for Subject { what, body, .. } in &subjects {
            ensure!(*body == result.body, "{what} is not what the raw query gives");
        }
        let time = u64::try_from(result.time.as_nanos())?;
        let per_second = 1.0 / result.time.as_secs_f64();
        raw.add(
            Latencies { p50: time, p99: time, head: time, per_second, answers: 1, others: 0 },
            result.peak,
        );
    }

    let raw = raw.measured();
    let measured: Vec<Measured> = collected.into_iter().map(Collected::measured).collect();
    let mut rows: Vec<Row> = measured.iter().map(|list| Row::against(list, &raw, "raw")).collect();
    rows.push(Row::alone(&raw));
    Ok((rows, measured[0].clone(), raw))
}
