//! The dashboard for many clients while the database hangs, and how soon it recovers.

use std::time::{Duration, Instant};

use anyhow::Result;
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::apps::HangingApp;
use crate::report::{Goal, Section, duration, megabytes, optional};
use crate::rounds::percentile;
use crate::{Effort, load, processes};

const DASHBOARD: &str = "/aggregates/dashboard";
const CLIENTS: usize = 300;

/// The app has recovered when it returns so many complete dashboards in a row.
const IN_A_ROW: usize = 100;

/// After this time the app counts as not recovered.
const RECOVERY_LIMIT: Duration = Duration::from_secs(60);

pub fn measure(effort: &Effort) -> Result<Section> {
    eprintln!("Measuring {CLIENTS} clients while the database hangs");
    // An app has more files open than most shells allow, and inherits this limit.
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, most, most)?;

    let mut app = HangingApp::start();
    let complete = load::get_ok(app.address(), DASHBOARD)?;
    let title =
        format!("{CLIENTS} clients for {} s, 100 incidents on {}", effort.hang.as_secs(), app.database());
    let columns = ["database", "p50", "p99", "responses/s", "complete", "memory"];
    let mut section = Section::new(title, &columns, Vec::new());
    let mut load = |what: &str, app: &HangingApp| -> Result<()> {
        processes::reset_peak(&app.processes());
        let responses = load::run(app.address(), DASHBOARD, CLIENTS, effort.hang)?;
        let is_complete =
            |response: &&load::Response| response.status == 200 && response.length == complete.len();
        let complete = responses.iter().filter(is_complete).count();
        let times: Vec<Duration> = responses.iter().map(|response| response.whole).collect();
        section.row([
            what.to_owned(),
            duration(percentile(times.clone(), 50)),
            duration(percentile(times, 99)),
            format!("{:.0}", responses.len() as f64 / effort.hang.as_secs_f64()),
            format!("{} %", 100 * complete / responses.len()),
            optional(processes::peak_memory(&app.processes()), megabytes),
        ]);
        Ok(())
    };
    load("answers", &app)?;
    app.hang()?;
    load("hangs", &app)?;
    app.resume()?;
    let recovery = recovery_time(&app, &complete)?;
    section.goals.push(Goal::at_most(
        3.0,
        "seconds until all dashboards are complete after a hang",
        recovery.as_secs_f64(),
    ));
    Ok(section)
}

fn recovery_time(app: &HangingApp, complete: &[u8]) -> Result<Duration> {
    let begun = Instant::now();
    let (mut recovery, mut in_a_row) = (Duration::ZERO, 0);
    while in_a_row < IN_A_ROW && recovery < RECOVERY_LIMIT {
        in_a_row += 1;
        if load::get(app.address(), DASHBOARD)?.1 != complete {
            (recovery, in_a_row) = (begun.elapsed(), 0);
        }
    }
    Ok(recovery)
}
