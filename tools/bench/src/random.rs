//! Rows that look like an application's, and are the same in every run.

use std::ops::Range;

use fastrand::Rng;
use rusqlite::types::Value;

pub struct Random(Rng);

/// A row of `Customers`.
pub struct Customer {
    pub id: String,
    pub name: String,
    pub city: &'static str,
    pub country: &'static str,
    pub scoring: i64,
}

/// A row of `Incidents`.
pub struct Incident {
    pub id: String,
    /// SQLite stores whole amounts as integers and others as binary fractions.
    pub amount: Value,
    pub customer_name: String,
    pub category: &'static str,
}

const FIRST_WORDS: [&str; 16] = [
    "Amber", "Blue", "Café", "Dunmore", "Évora", "Fjord", "Gläsern", "Hokkai", "İzmir", "Kestrel", "Łódź",
    "Mistral", "O'Malley", "Señor", "Tatra", "日本",
];
const SECOND_WORDS: [&str; 12] = [
    "Airlines",
    "Brewery",
    "Ceramics",
    "Dairy",
    "Energy",
    "Freight",
    "Genève",
    "Insurance",
    "Logistics",
    "Möbel",
    "Optics",
    "Textiles",
];
const PLACES: [(&str, &str); 8] = [
    ("Rotterdam", "Netherlands"),
    ("Gdańsk", "Poland"),
    ("Kōbe", "Japan"),
    ("São Paulo", "Brazil"),
    ("Leeds", "United Kingdom"),
    ("Zürich", "Switzerland"),
    ("Nairobi", "Kenya"),
    ("Perth", "Australia"),
];
const CATEGORIES: [&str; 8] =
    ["Billing", "Damaged goods", "Data loss", "Fire", "Late delivery", "Outage", "Theft", "Water damage"];

/// Of so many incidents, one names a customer that does not exist.
const INCIDENTS_PER_UNKNOWN_CUSTOMER: u64 = 200;

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(Rng::with_seed(seed))
    }

    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.0.usize(..choices.len())]
    }

    fn uuid(&mut self) -> String {
        let digits = format!("{:032x}", self.0.u128(..));
        let [one, two, three, four, five] =
            [0..8, 8..12, 13..16, 17..20, 20..32].map(|part: Range<usize>| &digits[part]);
        format!("{one}-{two}-4{three}-a{four}-{five}")
    }

    pub fn customer(&mut self, number: u64) -> Customer {
        let (city, country) = self.pick(&PLACES);
        let scoring = self.0.i64(1..=10);
        Customer { id: self.uuid(), name: customer_name(number), city, country, scoring }
    }

    /// An incident of one of `customers`: a few have many, most have a few, some belong to nobody.
    pub fn incident(&mut self, customers: u64) -> Incident {
        let customer_name = if self.0.u64(..INCIDENTS_PER_UNKNOWN_CUSTOMER) == 0 {
            format!("Unknown {}", self.0.u64(..=customers / 10))
        } else {
            customer_name((self.0.f64().powi(3) * customers as f64) as u64)
        };
        let amount = match self.0.u8(..10) {
            0..6 => Value::Integer(self.0.i64(10..10_000)),
            6..8 => Value::Real(f64::from(self.0.u32(10..10_000)) + 0.5),
            _ => Value::Real(f64::from(self.0.u32(1_000..1_000_000)) / 100.0),
        };
        Incident { id: self.uuid(), amount, customer_name, category: self.pick(&CATEGORIES) }
    }
}

/// The name of the customer with this number.
fn customer_name(number: u64) -> String {
    let first = FIRST_WORDS[number as usize % FIRST_WORDS.len()];
    let second = SECOND_WORDS[(number as usize / FIRST_WORDS.len()) % SECOND_WORDS.len()];
    format!("{first} {second} {number}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_the_same_in_every_run_and_differ_from_each_other() {
        let (mut one, mut same) = (Random::new(7), Random::new(7));
        let ids: Vec<String> = (0..100).map(|_| one.incident(10).id).collect();
        assert!(ids.iter().all(|id| *id == same.incident(10).id));
        let distinct: std::collections::HashSet<_> = ids.iter().collect();
        assert_eq!(distinct.len(), ids.len());
        assert!(ids.iter().all(|id| id.split('-').map(str::len).eq([8, 4, 4, 4, 12])), "{ids:?}");
    }

    #[test]
    fn a_few_customers_have_many_incidents() {
        let mut random = Random::new(1);
        let first = customer_name(0);
        let of_first = (0..10_000).filter(|_| random.incident(1_000).customer_name == first).count();
        assert!((700..1_300).contains(&of_first), "{of_first}");
    }
}
