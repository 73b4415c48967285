//! What the measurements are to come to. A missed goal is reported, never an error.

use std::fmt;

use crate::rounds::{CONNECTIONS, Measured};

/// The target of a goal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    AtMost(f64),
    AtLeast(f64),
    Below(f64),
    /// Of something that has a unit.
    UnitsAtMost(f64, &'static str),
}

impl Limit {
    pub fn format(self, measured: f64) -> String {
        match self {
            Self::UnitsAtMost(_, unit) if measured >= 10.0 => format!("{measured:.0} {unit}"),
            Self::UnitsAtMost(_, unit) => format!("{measured:.2} {unit}"),
            _ => format!("{measured:.2}"),
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(limit) => write!(f, "{limit:?} at most"),
            Self::AtLeast(limit) => write!(f, "{limit:?} at least"),
            Self::Below(limit) => write!(f, "below {limit:?}"),
            Self::UnitsAtMost(limit, unit) => write!(f, "{limit} {unit} at most"),
        }
    }
}

/// One line of the table of goals.
#[derive(Clone, Debug)]
pub struct Goal {
    pub what: String,
    pub limit: Limit,
    /// `None` if this run could not measure it.
    pub measured: Option<f64>,
}

impl Goal {
    pub fn new(what: impl Into<String>, limit: Limit, measured: impl Into<Option<f64>>) -> Self {
        Self { what: what.into(), limit, measured: measured.into() }
    }

    pub fn is_met(&self) -> Option<bool> {
        let measured = self.measured?;
        Some(match self.limit {
            Limit::AtMost(limit) | Limit::UnitsAtMost(limit, _) => measured <= limit,
            Limit::AtLeast(limit) => measured >= limit,
            Limit::Below(limit) => measured < limit,
        })
    }
}

/// The worst tail of what is measured at [`CONNECTIONS`].
pub fn tail<'a>(measured: impl Iterator<Item = &'a Measured>) -> Goal {
    let tail = |measured: &Measured| measured.latencies.p99 as f64 / measured.latencies.p50 as f64;
    let worst = measured.max_by(|one, other| tail(one).total_cmp(&tail(other)));
    let of = worst.map_or("the bounded routes", |worst| &worst.what);
    let what = format!("p99 to p50 at {CONNECTIONS} connections, of the worst bounded route ({of})");
    Goal::new(what, Limit::Below(4.0), worst.map(tail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_its_unit() {
        let row = |limit: Limit, measured| (limit.to_string(), limit.format(measured));
        let expected = |target: &str, measured: &str| (target.to_owned(), measured.to_owned());
        assert_eq!(row(Limit::AtLeast(0.75), 0.7), expected("0.75 at least", "0.70"));
        assert_eq!(row(Limit::UnitsAtMost(3.0, "s"), 2.04), expected("3 s at most", "2.04 s"));
        assert_eq!(row(Limit::UnitsAtMost(64.0, "MiB"), 12.1), expected("64 MiB at most", "12 MiB"));
    }

    #[test]
    fn a_goal_is_met_at_its_limit_but_not_beyond() {
        let is_met = |limit, measured| Goal::new("", limit, measured).is_met();
        assert_eq!(is_met(Limit::AtMost(2.0), 2.0), Some(true));
        assert_eq!(is_met(Limit::AtMost(2.0), 2.1), Some(false));
        assert_eq!(is_met(Limit::AtLeast(0.5), 0.4), Some(false));
        assert_eq!(is_met(Limit::Below(4.0), 4.0), Some(false));
        assert_eq!(Goal::new("", Limit::AtMost(1.0), None).is_met(), None);
    }
}
