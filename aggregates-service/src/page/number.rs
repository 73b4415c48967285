//! Numbers as people read them.

/// Groups the digits of a JSON number by thousands: `-33608.5` becomes `−33,608.5`, and a number with an
/// exponent, such as `1.5e300`, becomes `1.5 × 10³⁰⁰`.
///
/// No digit is lost or rounded, but for a fraction of nothing but zeros.
pub fn readable(json: &str) -> String {
    let (sign, unsigned) = match json.strip_prefix('-') {
        Some(unsigned) => ("\u{2212}", unsigned),
        None => ("", json),
    };
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, ""));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));

    let mut text = sign.to_owned();
    for (index, digit) in whole.char_indices() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    if fraction.bytes().any(|digit| digit != b'0') {
        text.push('.');
        text.push_str(fraction);
    }
    if !exponent.is_empty() {
        text.push_str(" \u{d7} 10");
        text.extend(exponent.chars().filter_map(superscript));
    }
    text
}

fn superscript(character: char) -> Option<char> {
    match character {
        '0'..='9' => "⁰¹²³⁴⁵⁶⁷⁸⁹".chars().nth(character.to_digit(10)? as usize),
        '-' => Some('⁻'),
        _ => None, // A plus says nothing.
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stand_in_groups_of_three() {
        for (json, expected) in [
            ("0", "0"),
            ("7", "7"),
            ("999", "999"),
            ("1000", "1,000"),
            ("33608", "33,608"),
            ("100000", "100,000"),
            ("1234567", "1,234,567"),
            ("18446744073709551615", "18,446,744,073,709,551,615"),
        ] {
            assert_eq!(readable(json), expected);
        }
    }

    #[test]
    fn a_negative_number_has_a_minus_sign() {
        assert_eq!(readable("-1"), "−1");
        assert_eq!(readable("-100"), "−100");
        assert_eq!(readable("-9223372036854775808"), "−9,223,372,036,854,775,808");
        assert_eq!(readable("-1234.5"), "−1,234.5");
    }

    #[test]
    fn a_fraction_is_kept_as_it_is() {
        assert_eq!(readable("12.5"), "12.5");
        assert_eq!(readable("1234.56789"), "1,234.56789");
        assert_eq!(readable("0.30000000000000004"), "0.30000000000000004");
        assert_eq!(readable("1000.0"), "1,000");
        assert_eq!(readable("10.50"), "10.50");
    }

    #[test]
    fn an_exponent_is_written_as_a_power_of_ten() {
        assert_eq!(readable("1e21"), "1 × 10²¹");
        assert_eq!(readable("1.7976931348623157e308"), "1.7976931348623157 × 10³⁰⁸");
        assert_eq!(readable("1.5E+30"), "1.5 × 10³⁰");
        assert_eq!(readable("-2.5e-7"), "−2.5 × 10⁻⁷");
    }

    #[test]
    fn every_number_that_json_can_have_is_taken() {
        for number in [f64::MAX, f64::MIN, f64::MIN_POSITIVE, -0.0, 1e15, 1e16, 0.1 + 0.2] {
            let json = serde_json::to_string(&number).expect("a number");
            let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
            assert!(digits(&readable(&json)).len() <= digits(&json).len() + 2, "{json}");
        }
    }
}
