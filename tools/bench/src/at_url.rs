//! An application that runs already, wherever it is: its routes, without peers.

use anyhow::Result;

use crate::goals;
use crate::report::{Report, Row, Section};
use crate::rounds::{CONNECTIONS, Effort, Subject, in_turns, once_each};
use crate::routes::{self, CUSTOMER_ITEMS, INCIDENT_ITEMS, INCIDENTS_GROUPED};

/// Measures what is served at `base`.
///
/// # Errors
/// If something gives a wrong answer, or another one than at first.
pub fn measure(base: &str, effort: Effort) -> Result<Report> {
    let subject = |path: &str| Subject::of(routes::label(path), format!("{base}{path}"), Vec::new());
    let bounded = routes::bounded(base)?;
    let bounded = bounded.iter().map(|path| subject(path)).collect::<Result<Vec<_>>>()?;
    let mut sections = Vec::new();
    for connections in [1, CONNECTIONS] {
        let measured = in_turns(&bounded, connections, effort)?;
        let title = format!("Bounded routes at {base}, connections: {connections}");
        sections.push(Section { title, once: false, rows: measured.iter().map(Row::alone).collect() });
    }
    let goals = vec![goals::tail(sections[1].rows.iter().map(|row| &row.measured))];

    let lists = [INCIDENT_ITEMS, INCIDENTS_GROUPED, CUSTOMER_ITEMS];
    let lists = lists.into_iter().map(subject).collect::<Result<Vec<_>>>()?;
    let measured = once_each(&lists, effort.long_rounds)?;
    let title = format!("Lists at {base}, read once, 1 connection");
    sections.push(Section { title, once: true, rows: measured.iter().map(Row::alone).collect() });
    Ok(Report { sections, inserted: Vec::new(), goals })
}
