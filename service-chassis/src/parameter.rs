//! Parameters in a path.

use crate::Error;

/// Reads a `:limit`, the largest number of entries that the client wants.
///
/// # Errors
/// 400 for anything but a whole number of at most 64 bits, and for one below 1.
pub fn limit(text: &str) -> Result<i64, Error> {
    let digits = text.strip_prefix('-').unwrap_or(text); // Rust would accept a plus as well.
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(limit @ 1..) if is_number => Ok(limit),
        Ok(_) if is_number => Err(Error::BadRequest("Limit must be higher than 0")),
        _ => Err(Error::BadRequest("Invalid parameter (limit) received")),
    }
}

/// Reads an `:id`, a UUID in its form of 8-4-4-4-12 hexadecimal digits (RFC 9562, section 4).
///
/// # Errors
/// 400 for anything else.
pub fn id(text: &str) -> Result<&str, Error> {
    let lengths = text.split('-').map(str::len);
    let mut digits = text.bytes().filter(|byte| *byte != b'-');
    if lengths.eq([8, 4, 4, 4, 12]) && digits.all(|digit| digit.is_ascii_hexdigit()) {
        Ok(text)
    } else {
        Err(Error::BadRequest("Invalid parameter (id) received"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_whole_number_above_zero() {
        assert!(matches!(limit("1"), Ok(1)));
        assert!(matches!(limit("9223372036854775807"), Ok(i64::MAX)));
        for low in ["0", "-1", "-0", "-9223372036854775808"] {
            assert!(matches!(limit(low), Err(Error::BadRequest("Limit must be higher than 0"))), "{low}");
        }
        let invalid =
            ["", "abc", "1.5", "1e3", "+5", "+0", " 1", "1 ", "0x1", "٣", "9223372036854775808", "--1", "-"];
        for text in invalid {
            let error = limit(text);
            assert!(matches!(error, Err(Error::BadRequest("Invalid parameter (limit) received"))), "{text}");
        }
    }

    #[test]
    fn an_id_has_the_form_of_a_uuid_in_any_case() {
        assert!(id("0f8fad5b-d9cb-469f-a165-70867728950e").is_ok());
        assert!(id("0F8FAD5B-d9cb-469F-a165-70867728950E").is_ok());
        for invalid in [
            "",
            "0f8fad5bd9cb469fa16570867728950e",
            "0f8fad5b-d9cb-469f-a165-70867728950",
            "0f8fad5b-d9cb-469f-a165-70867728950e0",
            "0f8fad5b-d9cb-469f-a165-70867728950g",
            "{0f8fad5b-d9cb-469f-a165-70867728950e}",
            "0f8fad5b-d9cb-469f-a16570867728-950e",
            "0f8fad5b-d9cb-469f-a165-70867728950e-",
            "ßf8fad5-d9cb-469f-a165-70867728950e",
        ] {
            let error = id(invalid);
            assert!(matches!(error, Err(Error::BadRequest("Invalid parameter (id) received"))), "{invalid}");
        }
    }
}
