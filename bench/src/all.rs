//! The whole measurement: everything side by side, and what it means for the goals.

use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::data::{Cache, grouped};
use crate::goals::{Goal, Limit};
use crate::inserts::{self, Inserted, Tables, Way};
use crate::lists;
use crate::load::Load;
use crate::process::{Background, Server};
use crate::report::{Row, Section};
use crate::rounds::{Collected, Effort, Measured, Subject, in_turns};
use crate::routes::{self, CUSTOMERS_SUMMARY, DASHBOARD, INCIDENT_ITEMS, INCIDENTS_SUMMARY};
use crate::runtime::Runtime;
use crate::slow_readers::SlowReaders;
use crate::started::Started;
use crate::task::Task;

/// How many connections make a load.
pub const CONNECTIONS: usize = 8;

const READERS: usize = 8;

/// Bytes a second, about what a phone gets.
const READING_PACE: u64 = 1024 * 1024;

/// Until then the kernel's buffers are full, and the readers are as slow as they should be.
const READERS_SETTLE: Duration = Duration::from_secs(1);

const MIB: f64 = 1024.0 * 1024.0;

/// What a run gives.
pub struct Report {
    pub sections: Vec<Section>,
    pub inserted: Vec<Inserted>,
    pub goals: Vec<Goal>,
}

/// # Errors
/// If something does not start, or gives a wrong answer.
pub fn measure(runtime: Runtime, root: &Path, effort: Effort) -> Result<Report> {
    let cache = Cache::new(root)?;
    let started = Started::new(runtime, root, &cache)?;
    eprintln!("Measuring the dashboard");
    let one = Dashboards::measure(&started, 1, effort)?;
    let many = Dashboards::measure(&started, CONNECTIONS, effort)?;
    eprintln!("Measuring the other bounded routes");
    let bounded = bounded_routes(&started, effort)?;
    eprintln!("Measuring the long lists");
    let (lists, items) = lists::measure(&started, effort.long_rounds)?;
    eprintln!("Measuring beside slow readers");
    let (reading, with_readers) = beside_readers(&started, effort)?;
    drop(started);
    eprintln!("Measuring insertions");
    let inserted = inserts::measure(&cache, effort.long_rounds)?;

    let mut goals = vec![
        Goal::new(
            "dashboard p50, 1,000,000 incidents to 100, 1 connection",
            Limit::AtMost(1.2),
            one.flatness(),
        ),
        Goal::new(
            format!("dashboard p50, 1,000,000 incidents to 100, {CONNECTIONS} connections"),
            Limit::AtMost(1.2),
            many.flatness(),
        ),
        Goal::new(
            format!("dashboard requests/s to the native peer's, {CONNECTIONS} connections"),
            Limit::AtLeast(0.5),
            many.to_native(),
        ),
        Goal::new("dashboard p50 to three times hello's, 1 connection", Limit::AtMost(1.5), one.to_hello()),
        Goal::new(
            format!("{INCIDENT_ITEMS} at 1,000,000 to the raw query"),
            Limit::AtMost(2.0),
            ratio(&items.app, &items.raw),
        ),
        Goal::new(
            "memory of the processes while they serve that, more than after one dashboard",
            Limit::MebibytesAtMost(64.0),
            items.growth.map(|growth| growth as f64 / MIB),
        ),
        Goal::new(
            format!("dashboard p50 beside {READERS} slow readers of {INCIDENT_ITEMS} to that without"),
            Limit::AtMost(2.0),
            with_readers,
        ),
    ];
    goals.extend(Way::ALL.map(|way| insertion_goal(&inserted, way)));
    goals.push(tail_goal(many.rows.iter().skip(Dashboards::FIRST_APP).chain(&bounded.rows)));
    let sections = vec![one.section(1), many.section(CONNECTIONS), bounded, lists, reading];
    Ok(Report { sections, inserted, goals })
}

fn ratio(measured: &Measured, peer: &Measured) -> f64 {
    measured.latencies.p50 as f64 / peer.latencies.p50 as f64
}

/// The dashboard on every data set, the native one on the largest, and hello.
struct Dashboards {
    rows: Vec<Row>,
}

impl Dashboards {
    const HELLO: usize = 0;
    const NATIVE: usize = 1;
    const FIRST_APP: usize = 2;

    fn measure(started: &Started, connections: usize, effort: Effort) -> Result<Self> {
        let hello = &started.hello;
        let native = &started.native;
        let native_target = native.aggregates.target(DASHBOARD);
        let mut subjects = vec![
            Subject::new("hello", hello.target("/hello"), hello.processes())?,
            Subject::new("native: dashboard, 1,000,000 incidents", native_target, native.processes())?,
        ];
        for app in &started.apps {
            let what = format!("dashboard, {} incidents", app.data.size.label());
            subjects.push(Subject::new(what, app.server.target(DASHBOARD), app.server.processes())?);
        }
        ensure!(
            subjects[Self::NATIVE].body == subjects[subjects.len() - 1].body,
            "the native dashboard is not the application's"
        );
        let measured = in_turns(&subjects, connections, effort)?;
        let mut rows: Vec<Row> = measured[..Self::FIRST_APP].iter().map(Row::alone).collect();
        let native = &measured[Self::NATIVE];
        rows.extend(measured[Self::FIRST_APP..].iter().map(|app| Row::against(app, native, "native")));
        Ok(Self { rows })
    }

    fn largest(&self) -> &Measured {
        &self.rows[self.rows.len() - 1].measured
    }

    fn flatness(&self) -> f64 {
        ratio(self.largest(), &self.rows[Self::FIRST_APP].measured)
    }

    fn to_native(&self) -> f64 {
        self.largest().latencies.per_second / self.rows[Self::NATIVE].measured.latencies.per_second
    }

    fn to_hello(&self) -> f64 {
        ratio(self.largest(), &self.rows[Self::HELLO].measured) / 3.0
    }

    fn section(self, connections: usize) -> Section {
        let plural = if connections == 1 { "" } else { "s" };
        let title = format!("Dashboard, {connections} connection{plural}");
        Section { title, once: false, rows: self.rows }
    }
}

fn bounded_routes(started: &Started, effort: Effort) -> Result<Section> {
    let app = &started.largest().server;
    let native = &started.native;
    let mut subjects = Vec::new();
    for path in routes::bounded(&app.authority)?.iter().filter(|path| *path != DASHBOARD) {
        subjects.push(Subject::new(routes::label(path), app.target(path), app.processes())?);
    }
    let small = &started.smallest().server;
    let name = format!("{INCIDENT_ITEMS}, 100 incidents");
    subjects.push(Subject::new(name, small.target(INCIDENT_ITEMS), small.processes())?);
    let of_app = subjects.len();
    for (path, server) in [(CUSTOMERS_SUMMARY, &native.customers), (INCIDENTS_SUMMARY, &native.incidents)] {
        let native = Subject::new(format!("native: {path}"), server.target(path), server.processes())?;
        let same = subjects.iter().any(|app| app.what == path && app.body == native.body);
        ensure!(same, "the native {path} is not the application's");
        subjects.push(native);
    }
    let measured = in_turns(&subjects, CONNECTIONS, effort)?;
    let (of_app, of_native) = measured.split_at(of_app);
    let row = |measured: &Measured| {
        let peer = of_native.iter().find(|peer| peer.what.ends_with(&measured.what));
        peer.map_or_else(|| Row::alone(measured), |peer| Row::against(measured, peer, "native"))
    };
    let size = started.largest().data.size.label();
    Ok(Section {
        title: format!("Bounded routes at {size} incidents, {CONNECTIONS} connections"),
        once: false,
        rows: of_app.iter().map(row).chain(of_native.iter().map(Row::alone)).collect(),
    })
}

/// The dashboard without slow readers and with them, in turns.
fn beside_readers(started: &Started, effort: Effort) -> Result<(Section, f64)> {
    let app: &Server = &started.largest().server;
    let subject = Subject::new("dashboard, nobody reading", app.target(DASHBOARD), app.processes())?;
    let load = Load {
        target: subject.target.clone(),
        connections: 1,
        warm_up: effort.warm_up,
        measure: effort.measure,
        length: subject.body.length,
    };
    let readers = Task::SlowReaders(SlowReaders {
        target: app.target(INCIDENT_ITEMS),
        readers: READERS,
        pace: READING_PACE,
    });
    let mut without = Collected::new(&subject.what);
    let mut with = Collected::new(&format!("dashboard, {READERS} readers of {INCIDENT_ITEMS}"));
    for _ in 0..effort.long_rounds {
        without.round(&subject, load.clone())?;
        let readers = Background::start(&readers)?;
        thread::sleep(READERS_SETTLE);
        with.round(&subject, load.clone())?;
        readers.stop()?;
    }
    let (without, with) = (without.measured(), with.measured());
    let ratio = ratio(&with, &without);
    let rows = vec![Row::alone(&without), Row::against(&with, &without, "without")];
    let title = format!(
        "Dashboard beside {READERS} readers of 1 MiB/s each, {} incidents, 1 connection",
        started.largest().data.size.label()
    );
    Ok((Section { title, once: false, rows }, ratio))
}

fn insertion_goal(inserted: &[Inserted], way: Way) -> Goal {
    let time = |tables| {
        let found = inserted.iter().find(|inserted| inserted.way == way && inserted.tables == tables);
        found.map(|inserted| inserted.time.as_secs_f64())
    };
    let ratio =
        time(Tables::WithSummaries).zip(time(Tables::WithoutSummaries)).map(|(with, without)| with / without);
    let number = grouped(inserts::INCIDENTS);
    let what = format!("inserting {number} incidents {way}, with summaries to without");
    Goal::new(what, Limit::AtMost(4.0), ratio)
}

/// The worst tail of all bounded routes.
pub fn tail_goal<'a>(rows: impl Iterator<Item = &'a Row>) -> Goal {
    let tail = |measured: &Measured| measured.latencies.p99 as f64 / measured.latencies.p50 as f64;
    let worst = rows
        .map(|row| &row.measured)
        .filter(|measured| !measured.what.starts_with("native"))
        .max_by(|one, other| tail(one).total_cmp(&tail(other)));
    let what = match worst {
        None => "p99 to p50 of the bounded routes".to_owned(),
        Some(worst) => {
            format!("p99 to p50 at {CONNECTIONS} connections, of the worst bounded route ({})", worst.what)
        }
    };
    Goal::new(what, Limit::Below(4.0), worst.map(tail))
}
