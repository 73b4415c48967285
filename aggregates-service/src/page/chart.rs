//! A ranking as a table whose rows carry bars.

use serde_json::Number;

use super::number;
use crate::backends::{Entry, Heading};

/// One ranking and what it says about itself.
pub struct Chart<'a> {
    /// The key of this ranking in the JSON, which names its element on the page as well.
    pub key: &'static str,
    pub heading: &'static Heading,
    pub rows: Vec<Row<'a>>,
}

impl<'a> Chart<'a> {
    pub fn new(key: &'static str, heading: &'static Heading, entries: Vec<Entry<'a>>) -> Self {
        let values: Vec<f64> = entries.iter().map(|entry| entry.value.as_f64().unwrap_or(0.0)).collect();
        let rows = entries.into_iter().zip(bars(&values)).map(|(entry, bar)| Row {
            customer_name: entry.customer_name,
            value: entry.value.into(),
            bar,
        });
        Self { key, heading, rows: rows.collect() }
    }
}

pub struct Row<'a> {
    pub customer_name: &'a str,
    pub value: Quantity,
    pub bar: Bar,
}

pub struct Quantity {
    /// The number as it stands in the JSON.
    pub exact: String,
    pub readable: String,
}

impl Quantity {
    /// Whether it may have to be broken into lines.
    pub fn is_long(&self) -> bool {
        self.readable.chars().count() > "999,999,999,999".len()
    }
}

impl From<Number> for Quantity {
    fn from(number: Number) -> Self {
        let exact = number.to_string();
        Self { readable: number::readable(&exact), exact }
    }
}

/// A bar on an axis from 0 to 100.
#[derive(Debug, PartialEq)]
pub struct Bar {
    pub start: f64,
    pub length: f64,
}

/// Bars that begin at a common zero and whose lengths are in proportion to `values`. Zero is at the left
/// end of the axis, unless some value is negative.
fn bars(values: &[f64]) -> Vec<Bar> {
    // Shares of the largest amount do not overflow as differences of the amounts would.
    let largest = values.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
    let share = |value: &f64| if largest > 0.0 { value / largest } else { 0.0 };
    let lowest = values.iter().map(share).fold(0.0, f64::min);
    let highest = values.iter().map(share).fold(0.0, f64::max);
    let span = if highest > lowest { highest - lowest } else { 1.0 };
    values
        .iter()
        .map(share)
        .map(|share| Bar {
            start: (share.min(0.0) - lowest) / span * 100.0,
            length: share.abs() / span * 100.0,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(start: f64, length: f64) -> Bar {
        Bar { start, length }
    }

    #[test]
    fn a_number_is_long_from_a_trillion_on() {
        assert!(!Quantity::from(Number::from(999_999_999_999_u64)).is_long());
        assert!(Quantity::from(Number::from(1_000_000_000_000_u64)).is_long());
    }

    #[test]
    fn bars_are_in_proportion_to_the_largest_value() {
        assert_eq!(bars(&[80.0, 40.0, 0.0]), [bar(0.0, 100.0), bar(0.0, 50.0), bar(0.0, 0.0)]);
    }

    #[test]
    fn negative_values_run_to_the_left_of_zero() {
        assert_eq!(bars(&[30.0, 0.0, -10.0]), [bar(25.0, 75.0), bar(25.0, 0.0), bar(0.0, 25.0)]);
        assert_eq!(bars(&[-1.0, -4.0]), [bar(75.0, 25.0), bar(0.0, 100.0)]);
    }

    #[test]
    fn nothing_but_zeros_has_no_bars() {
        assert_eq!(bars(&[]), []);
        assert_eq!(bars(&[0.0, -0.0]), [bar(0.0, 0.0), bar(0.0, 0.0)]);
    }

    #[test]
    fn the_largest_numbers_there_are_stay_on_the_axis() {
        assert_eq!(bars(&[f64::MAX, f64::MIN]), [bar(50.0, 50.0), bar(0.0, 50.0)]);
    }
}
