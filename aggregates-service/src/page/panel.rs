//! What each backend has to tell on the page, or why it has nothing to tell.

use serde_json::Number;

use super::chart::{Chart, Quantity};
use crate::backends::{Content, Outcome};
use crate::upstream::Reason;

/// What one backend has to tell.
pub struct Panel<'a> {
    pub title: &'static str,
    pub service: &'static str,
    /// What there is to tell, in words.
    pub subject: &'static str,
    /// Why there is nothing to tell, in words that follow the name of the service.
    pub missing: Option<&'static str>,
    pub totals: Vec<Quantity>,
    pub charts: Vec<Chart<'a>>,
}

impl<'a> Panel<'a> {
    pub fn of(outcome: &'a dyn Outcome) -> Self {
        let mut panel = Self {
            title: outcome.title(),
            service: outcome.service(),
            subject: outcome.subject(),
            missing: outcome.failure().map(in_words),
            totals: Vec::new(),
            charts: Vec::new(),
        };
        for (key, content) in outcome.sections() {
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
