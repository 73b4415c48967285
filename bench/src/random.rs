//! Rows that look like an application's, and are the same in every run.

/// SplitMix64: small, fast, and good enough for rows.
pub struct Random(u64);

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
    pub amount: Amount,
    pub customer_name: String,
    pub category: &'static str,
}

/// SQLite stores whole amounts as integers and others as binary fractions.
pub enum Amount {
    Whole(i64),
    Fractional(f64),
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
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }

    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize]
    }

    fn uuid(&mut self) -> String {
        let (high, low) = (self.next(), self.next());
        format!(
            "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            low >> 52,
            low & 0xffff_ffff_ffff
        )
    }

    pub fn customer(&mut self, number: u64) -> Customer {
        let (city, country) = self.pick(&PLACES);
        let scoring = 1 + self.below(10) as i64;
        Customer { id: self.uuid(), name: customer_name(number), city, country, scoring }
    }

    /// An incident of one of `customers`: a few have many, most have a few, some belong to nobody.
    pub fn incident(&mut self, customers: u64) -> Incident {
        let customer_name = if self.below(INCIDENTS_PER_UNKNOWN_CUSTOMER) == 0 {
            format!("Unknown {}", self.below(customers / 10))
        } else {
            let uniform = self.next() as f64 / u64::MAX as f64;
            customer_name((uniform.powi(3) * customers as f64) as u64 % customers)
        };
        let amount = match self.below(10) {
            0..6 => Amount::Whole(10 + self.below(9_990) as i64),
            6..8 => Amount::Fractional((10 + self.below(9_990)) as f64 + 0.5),
            _ => Amount::Fractional((1_000 + self.below(999_000)) as f64 / 100.0),
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
