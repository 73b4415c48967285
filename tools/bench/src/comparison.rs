//! The whole measurement: everything side by side, and what it means for the goals.

use std::thread;
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::crowd;
use crate::data::{Cache, grouped};
use crate::goals::{self, Goal, Limit};
use crate::inserts::{self, Inserted, Tables, Way};
use crate::lists;
use crate::load::Load;
use crate::report::{Report, Row, Section};
use crate::rounds::{CONNECTIONS, Collected, Effort, Measured, Subject, in_turns};
use crate::routes::{self, CUSTOMERS_SUMMARY, DASHBOARD, INCIDENT_ITEMS, INCIDENTS_SUMMARY};
use crate::servers::Servers;
use crate::slow_readers::SlowReaders;
use crate::worker::{Background, Task};

const READERS: usize = 8;

/// Bytes a second, about what a phone gets.
const READING_PACE: u64 = 1024 * 1024;

/// Until then the kernel's buffers are full, and the readers are as slow as they should be.
const READERS_SETTLE: Duration = Duration::from_secs(1);

const MIB: f64 = 1024.0 * 1024.0;

/// # Errors
/// If something does not start, or gives a wrong answer.
pub fn measure(effort: Effort) -> Result<Report> {
    let cache = Cache::new(harness::root())?;
    let servers = Servers::start(&cache)?;
    eprintln!("Measuring the dashboard");
    let one = Dashboards::measure(&servers, 1, effort)?;
    let many = Dashboards::measure(&servers, CONNECTIONS, effort)?;
    eprintln!("Measuring the other bounded routes");
    let bounded = bounded_routes(&servers, effort)?;
    eprintln!("Measuring the long lists");
    let (lists, items) = lists::measure(&servers, effort.long_rounds)?;
    eprintln!("Measuring beside slow readers");
    let (reading, with_readers) = beside_readers(&servers, effort)?;
    drop(servers);
    eprintln!("Measuring a crowd");
    let (crowded, of_crowd) = crowd::measure(effort.crowd)?;
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
        Goal::new(
            "dashboard p50 to three times hello's, 1 connection",
            Limit::AtMost(1.5),
            one.largest().time_to(one.hello()) / 3.0,
        ),
        Goal::new(
            "dashboards to a third of hello's requests/s, 1 connection",
            Limit::AtLeast(0.75),
            3.0 * one.largest().rate_to(one.hello()),
        ),
        Goal::new(
            format!("dashboards to a third of hello's requests/s, {CONNECTIONS} connections"),
            Limit::AtLeast(0.75),
            3.0 * many.largest().rate_to(many.hello()),
        ),
        Goal::new(
            format!("dashboards with cache_max_age_s=2 to hello's requests/s, {CONNECTIONS} connections"),
            Limit::AtLeast(0.8),
            many.rows[Dashboards::CACHING].measured.rate_to(many.hello()),
        ),
        Goal::new(
            format!("{INCIDENT_ITEMS} at 1,000,000 to the raw query"),
            Limit::AtMost(2.0),
            items.app.time_to(&items.raw),
        ),
        Goal::new(
            "memory of the processes while they serve that, more than after one dashboard",
            Limit::UnitsAtMost(64.0, "MiB"),
            items.growth.map(|growth| growth as f64 / MIB),
        ),
        Goal::new(
            format!("dashboard p50 beside {READERS} slow readers of {INCIDENT_ITEMS} to that without"),
            Limit::AtMost(2.0),
            with_readers,
        ),
    ];
    goals.extend(of_crowd);
    goals.extend(Way::ALL.map(|way| insertion_goal(&inserted, way)));
    let loaded = many.rows[Dashboards::FIRST_APP..].iter().chain(&bounded.rows).map(|row| &row.measured);
    goals.push(goals::tail(loaded.filter(|measured| !measured.what.starts_with("native"))));
    let sections = vec![one.section(1), many.section(CONNECTIONS), bounded, lists, reading, crowded];
    Ok(Report { sections, inserted, goals })
}

/// The dashboard on every data set, the native one and that from memory on the largest, and hello.
struct Dashboards {
    rows: Vec<Row>,
}

impl Dashboards {
    const HELLO: usize = 0;
    const NATIVE: usize = 1;
    const CACHING: usize = 2;
    const FIRST_APP: usize = 3;

    fn measure(servers: &Servers, connections: usize, effort: Effort) -> Result<Self> {
        let native = &servers.native;
        let native_url = format!("{}{DASHBOARD}", native.aggregates.base());
        let mut subjects = vec![
            Subject::new("hello", servers.hello.server(), "/hello")?,
            Subject::of("native: dashboard, 1,000,000 incidents", native_url, native.processes())?,
            Subject::new("dashboard, cache_max_age_s=2", servers.caching.server(), DASHBOARD)?,
        ];
        for (data, app) in &servers.apps {
            let what = format!("dashboard, {} incidents", data.size.label());
            subjects.push(Subject::new(what, app.server(), DASHBOARD)?);
        }
        ensure!(
            subjects[Self::NATIVE].body == subjects[subjects.len() - 1].body,
            "the native dashboard is not the application's"
        );
        let measured = in_turns(&subjects, connections, effort)?;
        let mut rows: Vec<Row> = measured[..Self::CACHING].iter().map(Row::alone).collect();
        rows.push(Row::against(&measured[Self::CACHING], &measured[Self::HELLO], "hello"));
        let native = &measured[Self::NATIVE];
        rows.extend(measured[Self::FIRST_APP..].iter().map(|app| Row::against(app, native, "native")));
        Ok(Self { rows })
    }

    fn largest(&self) -> &Measured {
        &self.rows[self.rows.len() - 1].measured
    }

    fn flatness(&self) -> f64 {
        self.largest().time_to(&self.rows[Self::FIRST_APP].measured)
    }

    fn to_native(&self) -> f64 {
        self.largest().rate_to(&self.rows[Self::NATIVE].measured)
    }

    fn hello(&self) -> &Measured {
        &self.rows[Self::HELLO].measured
    }

    fn section(self, connections: usize) -> Section {
        let plural = if connections == 1 { "" } else { "s" };
        let title = format!("Dashboard, {connections} connection{plural}");
        Section { title, once: false, rows: self.rows }
    }
}

fn bounded_routes(servers: &Servers, effort: Effort) -> Result<Section> {
    let (data, app) = servers.largest();
    let native = &servers.native;
    let mut subjects = Vec::new();
    for path in routes::bounded(app.base())?.iter().filter(|path| *path != DASHBOARD) {
        subjects.push(Subject::new(routes::label(path), app.server(), path)?);
    }
    let name = format!("{INCIDENT_ITEMS}, 100 incidents");
    subjects.push(Subject::new(name, servers.smallest().1.server(), INCIDENT_ITEMS)?);
    let of_app = subjects.len();
    for (path, server) in [(CUSTOMERS_SUMMARY, &native.customers), (INCIDENTS_SUMMARY, &native.incidents)] {
        let native = Subject::new(format!("native: {path}"), server, path)?;
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
    Ok(Section {
        title: format!("Bounded routes at {} incidents, {CONNECTIONS} connections", data.size.label()),
        once: false,
        rows: of_app.iter().map(row).chain(of_native.iter().map(Row::alone)).collect(),
    })
}

/// The dashboard without slow readers and with them, in turns.
fn beside_readers(servers: &Servers, effort: Effort) -> Result<(Section, f64)> {
    let (data, app) = servers.largest();
    let subject = Subject::new("dashboard, nobody reading", app.server(), DASHBOARD)?;
    let load = Load {
        url: subject.url.clone(),
        connections: 1,
        warm_up: effort.warm_up,
        measure: effort.measure,
        length: subject.body.length,
        others: false,
    };
    let readers = Task::SlowReaders(SlowReaders {
        url: format!("{}{INCIDENT_ITEMS}", app.base()),
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
    let ratio = with.time_to(&without);
    let rows = vec![Row::alone(&without), Row::against(&with, &without, "without")];
    let title = format!(
        "Dashboard beside {READERS} readers of 1 MiB/s each, {} incidents, 1 connection",
        data.size.label()
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
