//! What came of asking a backend, and the parts that it makes of the dashboard.

use std::time::Duration;

use serde::ser::{Serialize, Serializer};

use crate::backends::{Backend, Entry, Heading, Section};
use crate::last_good::LastGood;
use crate::upstream::Reason;

/// What came of asking a backend: this `Result`, and nothing beside it says what is missing.
pub struct Outcome<B> {
    pub answer: Result<B, Failed<B>>,
    /// How long the call took.
    pub took: Duration,
}

/// A call that failed.
pub struct Failed<B> {
    pub reason: Reason,
    /// What stands in for the answer.
    pub last_good: Option<LastGood<B>>,
}

/// An outcome whatever the type of the answer is.
pub trait Part {
    fn service(&self) -> &'static str;
    fn title(&self) -> &'static str;
    fn subject(&self) -> &'static str;
    fn took(&self) -> Duration;

    /// Why the call failed.
    fn failure(&self) -> Option<Reason>;

    /// How old the answer is that stands in for that of a call that failed.
    fn age(&self) -> Option<Duration>;

    /// The sections with their keys, whether they are there or not.
    fn sections(&self) -> Vec<(&'static str, Content<'_>)>;

    /// Whether there is nothing for the sections, not even from a while ago.
    fn is_missing(&self) -> bool {
        self.failure().is_some() && self.age().is_none()
    }
}

/// What a section holds, `None` where it is missing.
pub enum Content<'a> {
    Total(Option<u64>),
    Ranking(Option<Vec<Entry<'a>>>, &'static Heading),
}

impl Serialize for Content<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Total(total) => total.serialize(serializer),
            Self::Ranking(entries, _) => entries.serialize(serializer),
        }
    }
}

impl<B> Outcome<B> {
    fn last_good(&self) -> Option<&LastGood<B>> {
        self.answer.as_ref().err()?.last_good.as_ref()
    }
}

impl<B: Backend> Part for Outcome<B> {
    fn service(&self) -> &'static str {
        B::SERVICE
    }

    fn title(&self) -> &'static str {
        B::TITLE
    }

    fn subject(&self) -> &'static str {
        B::SUBJECT
    }

    fn took(&self) -> Duration {
        self.took
    }

    fn failure(&self) -> Option<Reason> {
        Some(self.answer.as_ref().err()?.reason)
    }

    fn age(&self) -> Option<Duration> {
        Some(self.last_good()?.age)
    }

    fn sections(&self) -> Vec<(&'static str, Content<'_>)> {
        let answer = self.answer.as_ref().ok().or_else(|| Some(&self.last_good()?.answer));
        let sections = B::SECTIONS.iter().map(|section| match section {
            Section::Total { key, value } => (*key, Content::Total(answer.map(value))),
            Section::Ranking { key, heading, entries } => {
                (*key, Content::Ranking(answer.map(entries), heading))
            }
        });
        sections.collect()
    }
}
