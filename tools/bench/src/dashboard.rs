//! The dashboard, from the smallest database to the largest, beside a hello component and the native peer.

use anyhow::{Result, ensure};

use crate::data::{DataSets, database};
use crate::report::{Goal, Section, duration, megabytes, optional, ratio};
use crate::rounds::{Measured, Subject, in_turns};
use crate::{Effort, apps, load, native};

const DASHBOARD: &str = "/aggregates/dashboard";

/// How many clients make a load.
const CLIENTS: usize = 8;

// The order of the subjects.
const HELLO: usize = 0;
const NATIVE: usize = 1;
const SMALL: usize = 2;
const LARGE: usize = 3;
const CACHED: usize = 4;

pub fn measure(data: &DataSets, effort: &Effort) -> Result<Section> {
    let (sample, large) = (data.sample()?, data.large()?);
    eprintln!("Building and starting the app");
    let hello = apps::hello();
    let native = apps::native(native::ARGUMENT, &database(&large))?;
    let app_small = apps::app(&sample, &[]);
    let app_large = apps::app(&large, &[]);
    let app_cached = apps::app(&large, &[("cache_max_age_s", "2")]);
    let right = load::get_ok(&app_large.address, DASHBOARD)?;
    ensure!(load::get_ok(&native.address, DASHBOARD)? == right, "the native dashboard is not the app's");
    let subjects = [
        Subject::new("hello", &hello, "/hello")?,
        Subject::new("native peer, 1,000,000 incidents", &native, DASHBOARD)?,
        Subject::new("dashboard, 100 incidents", &app_small, DASHBOARD)?,
        Subject::new("dashboard, 1,000,000 incidents", &app_large, DASHBOARD)?,
        Subject::new("dashboard, cache_max_age_s=2", &app_cached, DASHBOARD)?,
        Subject::new("/customers/count, 1,000,000 incidents", &app_large, "/customers/count")?,
    ];
    eprintln!("Measuring the dashboard");
    let one = in_turns(&subjects, 1, effort)?;
    let many = in_turns(&subjects, CLIENTS, effort)?;

    let slower = |measured: &[Measured]| measured[LARGE].p50.div_duration_f64(measured[SMALL].p50);
    let of_hello =
        |measured: &[Measured], index: usize| measured[index].per_second / measured[HELLO].per_second;
    let goals = vec![
        Goal::at_most(1.2, "p50 of a dashboard at 1,000,000 incidents to 100, 1 connection", slower(&one)),
        Goal::at_most(1.2, "p50 of a dashboard at 1,000,000 incidents to 100, 8 connections", slower(&many)),
        Goal::at_least(0.35, "dashboards/s to a third of hello's, 1 connection", 3.0 * of_hello(&one, LARGE)),
        Goal::at_least(
            0.35,
            "dashboards/s to a third of hello's, 8 connections",
            3.0 * of_hello(&many, LARGE),
        ),
        Goal::at_least(0.6, "cached dashboards/s to hello's, 8 connections", of_hello(&many, CACHED)),
        Goal::at_most(
            4.0,
            "p99 to p50 of a dashboard, 8 connections",
            many[LARGE].p99.div_duration_f64(many[LARGE].p50),
        ),
    ];
    let mut section = Section::new(
        "Requests",
        &[
            "what",
            "connections",
            "p50",
            "p99",
            "requests/s",
            "of hello",
            "of native",
            "CPU/request",
            "memory",
        ],
        goals,
    );
    for (connections, measured) in [(1, &one), (CLIENTS, &many)] {
        for row in measured {
            section.row([
                row.what.clone(),
                connections.to_string(),
                duration(row.p50),
                duration(row.p99),
                format!("{:.0}", row.per_second),
                ratio(row.per_second, measured[HELLO].per_second),
                ratio(row.per_second, measured[NATIVE].per_second),
                optional(row.cpu_per_request, duration),
                optional(row.peak_memory, megabytes),
            ]);
        }
    }
    Ok(section)
}
