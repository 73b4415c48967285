//! The backends, a module each: what one is asked, and the sections that its answer makes of the dashboard.

use serde::de::{Deserialize, DeserializeOwned};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Number;

mod customers;
mod incidents;

pub use customers::Customers;
pub use incidents::Incidents;

/// A service that a part of the dashboard is made from, by the type of its answer.
pub trait Backend: DeserializeOwned + 'static {
    /// The name of its component in `spin.toml`.
    const SERVICE: &'static str;

    /// What stands above its panel on the page.
    const TITLE: &'static str;

    /// What its sections tell, in words that go on after "Missing are".
    const SUBJECT: &'static str;

    /// Its sections, in their order on the dashboard.
    const SECTIONS: &'static [Section<Self>];

    /// What it is asked for, once for each dashboard.
    fn path() -> String;
}

/// A part of the dashboard: its key in the JSON, and what the answer `B` has for it.
pub enum Section<B> {
    /// A number, which the page shows in the head of the panel.
    Total { key: &'static str, value: fn(&B) -> u64 },
    /// A ranking, which the page shows as a chart.
    Ranking { key: &'static str, heading: Heading, entries: fn(&B) -> Vec<Entry<'_>> },
}

/// What a chart says about itself.
pub struct Heading {
    pub title: &'static str,
    pub caption: &'static str,
    /// What stands above the numbers.
    pub measure: &'static str,
}

/// A customer's place in a ranking.
pub struct Entry<'a> {
    pub customer_name: &'a str,
    /// The key of the value in the JSON.
    pub key: &'static str,
    pub value: Number,
}

impl Serialize for Entry<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut entry = serializer.serialize_map(Some(2))?;
        entry.serialize_entry("customerName", self.customer_name)?;
        entry.serialize_entry(self.key, &self.value)?;
        entry.end()
    }
}

/// How many entries a ranking has at most.
pub const RANKING_LENGTH: usize = 5;

/// A list of no more entries than were asked for, in the order that its owner gives.
#[derive(Debug, serde::Deserialize)]
#[serde(try_from = "Vec<T>", bound(deserialize = "T: Deserialize<'de>"))]
pub struct Ranking<T>(Vec<T>);

impl<T> TryFrom<Vec<T>> for Ranking<T> {
    type Error = String;

    fn try_from(entries: Vec<T>) -> Result<Self, Self::Error> {
        match entries.len() {
            ..=RANKING_LENGTH => Ok(Self(entries)),
            length => Err(format!("{length} entries where {RANKING_LENGTH} were asked for")),
        }
    }
}

impl<T> Ranking<T> {
    fn entries<'a>(&'a self, entry: impl Fn(&'a T) -> Entry<'a>) -> Vec<Entry<'a>> {
        self.0.iter().map(entry).collect()
    }
}
