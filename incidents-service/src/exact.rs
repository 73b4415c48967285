//! Numbers that need more than 15 digits. SQLite does not write them correctly in every version, so it leaves
//! them to the service (see "Numbers" in `migrations.sql`).

use anyhow::{Context, Result};

/// Writes the numbers that stand under `key` as strings of three integers `w f n`, each of which is
/// (w + f · 2⁻⁶⁰) · 2⁻⁶⁰ⁿ, in the shortest way that reads back as the same number.
///
/// # Errors
/// For a string under `key` that is none of those.
pub fn write_numbers(json: String, key: &str) -> Result<String> {
    // A quote inside a string has a backslash before it, so this is nowhere but before such a string.
    let opening = format!("\"{key}\":\"");
    let mut parts = json.split(&opening);
    let before = parts.next().unwrap_or_default();
    if before.len() == json.len() {
        return Ok(json);
    }
    let mut written = before.to_owned();
    for part in parts {
        let (integers, rest) = part.split_once('"').context("a string without an end")?;
        let number = number(integers).with_context(|| format!("{integers:?} is no number"))?;
        written.push_str(opening.trim_end_matches('"'));
        written.push_str(&serde_json::to_string(&number)?);
        written.push_str(rest);
    }
    Ok(written)
}

/// Nothing here is rounded: the sum was one number before it was taken apart, and the rest are powers of two.
fn number(integers: &str) -> Option<f64> {
    const LIMB: f64 = (1_u64 << 60) as f64;
    let integers: Result<Vec<i64>, _> = integers.split(' ').map(str::parse).collect();
    let [whole, fraction, limb @ -1..=17] = integers.ok()?[..] else { return None };
    let number = whole as f64 + fraction as f64 / LIMB;
    Some(if limb < 0 { number * LIMB } else { (0..limb).fold(number, |number, _| number / LIMB) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_without_such_numbers_stays_as_it_is() {
        let json = r#"[{"id":"\"amount\":\"1 2 3\"","amount":12.5,"customerName":"amount"}]"#;
        assert_eq!(write_numbers(json.to_owned(), "amount").expect("nothing to write"), json);
    }

    #[test]
    fn each_number_is_written_and_nothing_else_changes() {
        let json = r#"{"a":[{"amount":"0 384307168202282325 0","b":"1 2 3"},{"amount":7},{"amount":"-1 -1152921504606846 -1"}]}"#;
        let written = write_numbers(json.to_owned(), "amount").expect("numbers");
        assert_eq!(
            written,
            r#"{"a":[{"amount":0.3333333333333333,"b":"1 2 3"},{"amount":7},{"amount":-1.1540744261114537e+18}]}"#
        );
    }

    #[test]
    fn the_smallest_number_is_exact() {
        assert_eq!(number("0 64 17"), Some(5e-324));
        assert_eq!(number("-1 0 0"), Some(-1.0));
    }

    #[test]
    fn anything_else_is_an_error() {
        for wrong in ["", "1", "1 2", "1 x 3", "1.5 2 3", "1 2 18", "1 2 -2", "1 2 3 4"] {
            assert_eq!(number(wrong), None, "{wrong}");
            assert!(write_numbers(format!(r#"{{"amount":"{wrong}"}}"#), "amount").is_err(), "{wrong}");
        }
        assert!(write_numbers(r#"{"amount":"1 2 3"#.to_owned(), "amount").is_err());
    }
}
