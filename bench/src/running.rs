//! An application that runs already, wherever it is: its routes, without peers.

use anyhow::Result;

use crate::all::{CONNECTIONS, Report, tail_goal};
use crate::client::Target;
use crate::report::{Row, Section};
use crate::rounds::{Effort, Subject, in_turns, once_each};
use crate::routes::{self, CUSTOMER_ITEMS, INCIDENT_ITEMS, INCIDENTS_GROUPED};

/// Measures what is served at `authority`.
///
/// # Errors
/// If something gives a wrong answer, or another one than at first.
pub fn measure(authority: &str, effort: Effort) -> Result<Report> {
    let subject = |path: &str| {
        let target = Target { authority: authority.to_owned(), path: path.to_owned() };
        Subject::new(routes::label(path), target, Vec::new())
    };
    let bounded = routes::bounded(authority)?;
    let bounded = bounded.iter().map(|path| subject(path)).collect::<Result<Vec<_>>>()?;
    let mut sections = Vec::new();
    for connections in [1, CONNECTIONS] {
        let measured = in_turns(&bounded, connections, effort)?;
        let title = format!("Bounded routes at {authority}, connections: {connections}");
        sections.push(Section { title, once: false, rows: measured.iter().map(Row::alone).collect() });
    }
    let goals = vec![tail_goal(sections.iter().skip(1).flat_map(|section| &section.rows))];

    let lists = [INCIDENT_ITEMS, INCIDENTS_GROUPED, CUSTOMER_ITEMS];
    let lists = lists.into_iter().map(subject).collect::<Result<Vec<_>>>()?;
    let measured = once_each(&lists, effort.long_rounds)?;
    let title = format!("Lists at {authority}, read once, 1 connection");
    sections.push(Section { title, once: true, rows: measured.iter().map(Row::alone).collect() });
    Ok(Report { sections, inserted: Vec::new(), goals })
}
