//! What each backend has to tell on the page, or why it has nothing to tell.

use std::time::{Duration, SystemTime};

use serde_json::Number;

use super::chart::{Chart, Quantity};
use super::minute::Minute;
use crate::outcome::{Content, Part};
use crate::upstream::Reason;

/// What one backend has to tell.
pub struct Panel<'a> {
    pub title: &'static str,
    pub service: &'static str,
    /// What there is to tell, in words.
    pub subject: &'static str,
    /// Why the service has not told it, in words that follow its name.
    pub failure: Option<&'static str>,
    /// From when it is, where it is not from now.
    pub stale: Option<Stale>,
    pub totals: Vec<Quantity>,
    pub charts: Vec<Chart<'a>>,
}

/// When a service has last told what is shown.
pub struct Stale {
    pub since: Minute,
    /// Such as `42 seconds`.
    pub age: String,
}

impl<'a> Panel<'a> {
    pub fn of(part: &'a dyn Part, now: SystemTime) -> Self {
        let mut panel = Self {
            title: part.title(),
            service: part.service(),
            subject: part.subject(),
            failure: part.failure().map(in_words),
            stale: part
                .age()
                .map(|age| Stale { since: Minute::of(super::before(now, age)), age: readable(age) }),
            totals: Vec::new(),
            charts: Vec::new(),
        };
        for (key, content) in part.sections() {
            match content {
                Content::Total(total) => {
                    panel.totals.extend(total.map(|total| Quantity::from(Number::from(total))));
                }
                Content::Ranking(entries, heading) => {
                    panel.charts.push(Chart::new(key, heading, entries.unwrap_or_default()));
                }
            }
        }
        panel
    }

    /// Why there is nothing to tell, in words that follow the name of the service.
    pub fn missing(&self) -> Option<&'static str> {
        self.failure.filter(|_| self.stale.is_none())
    }
}

/// A time in the largest unit of which it has two or more.
fn readable(age: Duration) -> String {
    let seconds = age.as_secs();
    match seconds {
        1 => "1 second".to_owned(),
        ..120 => format!("{seconds} seconds"),
        120..7200 => format!("{} minutes", seconds / 60),
        _ => format!("{} hours", seconds / 3600),
    }
}

fn in_words(reason: Reason) -> &'static str {
    match reason {
        Reason::Timeout => "timed out: its whole answer did not come in time",
        Reason::Unreachable => "is unreachable: the call to it failed",
        Reason::ErrorStatus => "answered with an error status",
        Reason::InvalidResponse => "gave an invalid response: not the data that it was asked for",
        Reason::TooLarge => "gave a response that is too large: more than 1 MiB",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_readable() {
        for (seconds, expected) in [
            (0, "0 seconds"),
            (1, "1 second"),
            (119, "119 seconds"),
            (120, "2 minutes"),
            (7199, "119 minutes"),
            (7200, "2 hours"),
            (86_400, "24 hours"),
        ] {
            assert_eq!(readable(Duration::from_secs(seconds)), expected);
        }
    }
}
