//! A list of the dashboard as a table with bars.

use serde_json::Number;

/// The length of the shortest bar of a value other than zero, in percent of the axis: 1 pixel of 80, which is less than
/// the shortest axis on a small phone.
const MIN_BAR_LENGTH: f64 = 1.25;

/// The number of characters from which on a number may wrap.
const LONG_NUMBER: usize = 14;

pub struct Chart<'a> {
    pub rows: Vec<Row<'a>>,
}

pub struct Row<'a> {
    pub customer_name: &'a str,
    pub value: Number,
    /// The value with its thousands grouped.
    pub readable_value: String,
    pub bar: Bar,
}

/// A bar on an axis from 0 to 100.
#[derive(Debug, PartialEq)]
pub struct Bar {
    pub start: f64,
    pub length: f64,
}

impl<'a> Chart<'a> {
    /// `entry` returns the customer name and the value of an entry.
    pub fn new<T>(list: &'a [T], entry: impl Fn(&'a T) -> (&'a String, Number)) -> Self {
        let entries: Vec<_> = list.iter().map(entry).collect();
        let values: Vec<f64> = entries.iter().map(|(_, value)| value.as_f64().unwrap_or_default()).collect();
        let rows = entries.into_iter().zip(bars(&values)).map(|((customer_name, value), bar)| {
            let readable_value = group_thousands(&value.to_string());
            Row { customer_name, value, readable_value, bar }
        });
        Self { rows: rows.collect() }
    }
}

impl Row<'_> {
    /// Whether the name shows nothing: no characters, or only blank and invisible ones.
    pub fn has_no_visible_name(&self) -> bool {
        self.customer_name.chars().all(is_invisible)
    }

    pub fn has_long_value(&self) -> bool {
        self.readable_value.chars().count() >= LONG_NUMBER
    }
}

/// Blanks, control and format characters, and fillers, by the Unicode property Default_Ignorable_Code_Point.
fn is_invisible(char: char) -> bool {
    char.is_whitespace()
        || char.is_control()
        || matches!(
            char,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
                | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{e0000}'..='\u{e0fff}'
        )
}

/// A decimal as people read it: `-33608.5` becomes `−33,608.5`.
pub fn group_thousands(decimal: &str) -> String {
    let (sign, unsigned) = match decimal.strip_prefix('-') {
        Some(unsigned) => ("\u{2212}", unsigned),
        None => ("", decimal),
    };
    let whole = unsigned.split(['.', 'e', 'E']).next().unwrap_or_default().len();
    let mut text = sign.to_owned();
    for (index, char) in unsigned.char_indices() {
        if index > 0 && index < whole && (whole - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(char);
    }
    text
}

/// Bars that begin at a common zero, with lengths in proportion to `values`. Zero is at the left end of the axis,
/// unless a value is negative.
fn bars(values: &[f64]) -> Vec<Bar> {
    // Shares of the largest value do not overflow, as differences of values would.
    let largest = values.iter().fold(f64::MIN_POSITIVE, |largest, value| largest.max(value.abs()));
    let shares = values.iter().map(|value| value / largest);
    let lowest = shares.clone().fold(0.0, f64::min);
    let span = shares.clone().fold(0.0, f64::max) - lowest;
    let length = |share: f64| match share {
        0.0 => 0.0,
        _ => (share.abs() / span * 100.0).max(MIN_BAR_LENGTH),
    };
    let zero = length(lowest);
    let bar = |share: f64| {
        let length = length(share);
        Bar { start: if share.is_sign_negative() { zero - length } else { zero.min(100.0 - length) }, length }
    };
    shares.map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(start: f64, length: f64) -> Bar {
        Bar { start, length }
    }

    #[test]
    fn bars_are_in_proportion_to_the_largest_value() {
        assert_eq!(bars(&[80.0, 40.0, 0.0]), [bar(0.0, 100.0), bar(0.0, 50.0), bar(0.0, 0.0)]);
    }

    #[test]
    fn negative_values_run_to_the_left_of_zero() {
        assert_eq!(bars(&[30.0, 0.0, -10.0]), [bar(25.0, 75.0), bar(25.0, 0.0), bar(0.0, 25.0)]);
        assert_eq!(bars(&[-1.0, -4.0]), [bar(75.0, 25.0), bar(0.0, 100.0)]);
        assert_eq!(bars(&[f64::MAX, f64::MIN]), [bar(50.0, 50.0), bar(0.0, 50.0)]);
    }

    #[test]
    fn values_other_than_zero_have_a_visible_bar_on_the_axis() {
        for values in [[1e6, 1.0, 0.0, -1.0], [-1e6, -1.0, 0.0, 1.0], [f64::MAX, f64::MIN, 0.0, 1.0]] {
            for (value, Bar { start, length }) in values.iter().zip(bars(&values)) {
                assert_eq!(*value == 0.0, length == 0.0, "{values:?}");
                assert!(length == 0.0 || length >= MIN_BAR_LENGTH, "{values:?}: {length}");
                assert!(start >= 0.0 && start + length <= 100.0 + 1e-9, "{values:?}: {start} {length}");
            }
        }
    }

    #[test]
    fn zeros_have_no_bars() {
        assert_eq!(bars(&[]), []);
        assert_eq!(bars(&[0.0, -0.0]), [bar(0.0, 0.0), bar(0.0, 0.0)]);
    }

    #[test]
    fn digits_are_grouped_by_thousands() {
        for (decimal, expected) in [
            ("0", "0"),
            ("999", "999"),
            ("1000", "1,000"),
            ("-100", "−100"),
            ("-1234.5678", "−1,234.5678"),
            ("100000", "100,000"),
            ("899999999999999.1234", "899,999,999,999,999.1234"),
            ("18446744073709551615", "18,446,744,073,709,551,615"),
            ("1234e5", "1,234e5"),
        ] {
            assert_eq!(group_thousands(decimal), expected);
        }
    }
}
