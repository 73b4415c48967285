//! What a crowd gets of the dashboard while the database hangs, and how soon it is whole again.
//!
//! With Spin the database is on libSQL's server, where there is one, and the server is stopped. Otherwise it is
//! a file that is kept locked.

use std::time::{Duration, Instant};

use anyhow::Result;
use harness::{App, LibsqlServer, Options, Runtime, usage};

use crate::goals::{Goal, Limit};
use crate::load::Load;
use crate::report::{Row, Section};
use crate::rounds::{Collected, Measured, Subject};
use crate::routes::DASHBOARD;

const CLIENTS: usize = 300;

/// So many dashboards in a row make sure: one alone may come from an instance that has not noticed anything.
const IN_A_ROW: usize = 100;

/// A database that has not come back by then has not outlived it.
const HEALING_LIMIT: Duration = Duration::from_secs(30);

/// # Errors
/// If the app is not well to begin with, or an answer does not come.
pub fn measure(time: Duration) -> Result<(Section, Vec<Goal>)> {
    let mut app = Options::default().migrated().start();
    let well = Subject::new("all well, on a file", app.server(), DASHBOARD)?;
    let well = crowd(&well, time)?;
    let server = (Runtime::chosen() == Runtime::Spin).then(LibsqlServer::start).flatten();
    let on_server = server.is_some();
    if let Some(server) = server {
        app = Options::default().migrated().state(server).start();
    }
    let hung = Subject::new("the database hangs", app.server(), DASHBOARD)?;
    let lock = app.database();
    match on_server {
        true => app.libsql().hang(),
        false => lock.execute_batch("BEGIN EXCLUSIVE")?,
    }
    let hung = crowd(&hung, time)?;
    let files = usage::open_files(&app.server().processes());
    match on_server {
        true => app.libsql().go_on(),
        false => lock.execute_batch("ROLLBACK")?,
    }
    let healed = healing_time(&app);
    // All that was waited for in vain is answered now, which takes more than the waiting.
    let peak = usage::memory(&app.server().processes()).map(|memory| memory.peak);
    let memory = peak.zip(well.peak).map(|(peak, well)| peak as f64 / well as f64);
    let of_hung = |what: &str, limit, measured: Option<f64>| {
        Goal::new(format!("{what}, {CLIENTS} clients, the database hangs"), limit, measured)
    };
    let goals = vec![
        of_hung("answers/s to those when all is well", Limit::AtLeast(0.75), Some(hung.rate_to(&well))),
        of_hung("peak memory, also afterwards, to that when all is well", Limit::AtMost(2.65), memory),
        of_hung("open files", Limit::UnitsAtMost(4500.0, "files"), files.map(|files| files as f64)),
        of_hung("until all is whole when it goes on", Limit::UnitsAtMost(3.0, "s"), healed),
    ];
    let title = format!("Dashboard, {CLIENTS} clients for {} s", time.as_secs());
    Ok((
        Section { title, once: false, rows: vec![Row::alone(&well), Row::against(&hung, &well, "well")] },
        goals,
    ))
}

fn crowd(subject: &Subject, time: Duration) -> Result<Measured> {
    let load = Load {
        url: subject.url.clone(),
        connections: CLIENTS,
        warm_up: Duration::ZERO,
        measure: time,
        length: subject.body.length,
        others: true,
    };
    let mut collected = Collected::new(&subject.what);
    collected.round(subject, load)?;
    let mut measured = collected.measured();
    let complete = measured.latencies.answers - measured.latencies.others;
    measured.what += &format!(", {} % complete", 100 * complete / measured.latencies.answers);
    Ok(measured)
}

/// How long it takes, in seconds, until one complete dashboard follows the other.
fn healing_time(app: &App) -> Option<f64> {
    let begun = Instant::now();
    let (mut healed, mut in_a_row) = (Duration::ZERO, 0);
    while in_a_row < IN_A_ROW && healed < HEALING_LIMIT {
        in_a_row += 1;
        if app.dashboard().header("x-aggregate-complete") != Some("true") {
            (healed, in_a_row) = (begun.elapsed(), 0);
        }
    }
    (in_a_row == IN_A_ROW).then_some(healed.as_secs_f64())
}
