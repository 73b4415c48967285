//! Reading a request's path and the parameters in it.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use crate::Error;

/// The segments of `path`, each percent-decoded; one trailing slash is ignored.
///
/// A segment that does not decode to UTF-8 gets replacement characters, which match no route and no
/// parameter.
pub fn segments(path: &str) -> Vec<Cow<'_, str>> {
    let path = path.strip_suffix('/').unwrap_or(path);
    let path = path.strip_prefix('/').unwrap_or(path);
    path.split('/').map(|segment| percent_decode_str(segment).decode_utf8_lossy()).collect()
}

/// Reads a `:limit`, the largest number of entries that the client wants.
///
/// # Errors
/// 400 for anything but a whole number of at most 64 bits, and for one below 1.
pub fn limit(segment: &str) -> Result<i64, Error> {
    match segment.parse() {
        Ok(limit @ 1..) => Ok(limit),
        Ok(_) => Err(Error::BadRequest("Limit must be higher than 0")),
        Err(_) => Err(Error::BadRequest("Invalid parameter (limit) received")),
    }
}

/// Reads an `:id`, a UUID in its form of 8-4-4-4-12 hexadecimal digits (RFC 9562, section 4).
///
/// # Errors
/// 400 for anything else.
pub fn id(segment: &str) -> Result<&str, Error> {
    let lengths = segment.split('-').map(str::len);
    let digits = segment.bytes().filter(|byte| *byte != b'-');
    if lengths.eq([8, 4, 4, 4, 12]) && digits.into_iter().all(|digit| digit.is_ascii_hexdigit()) {
        Ok(segment)
    } else {
        Err(Error::BadRequest("Invalid parameter (id) received"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_split_before_they_are_decoded() {
        assert_eq!(segments("/customers/items"), ["customers", "items"]);
        assert_eq!(segments("/a%2Fb/%C3%9F"), ["a/b", "ß"]);
        assert_eq!(segments("/a/%ff"), ["a", "\u{fffd}"]);
        assert_eq!(segments("/a/%zz%"), ["a", "%zz%"]);
    }

    #[test]
    fn one_trailing_slash_is_ignored() {
        assert_eq!(segments("/customers/items/"), ["customers", "items"]);
        assert_eq!(segments("/customers/items//"), ["customers", "items", ""]);
        assert_eq!(segments("/"), [""]);
    }

    #[test]
    fn a_limit_is_a_whole_number_above_zero() {
        assert!(matches!(limit("1"), Ok(1)));
        assert!(matches!(limit("9223372036854775807"), Ok(i64::MAX)));
        for low in ["0", "-1", "-0", "-9223372036854775808"] {
            assert!(matches!(limit(low), Err(Error::BadRequest("Limit must be higher than 0"))), "{low}");
        }
        for invalid in ["", "abc", "1.5", "1e3", " 1", "1 ", "0x1", "٣", "9223372036854775808", "--1"] {
            assert!(
                matches!(limit(invalid), Err(Error::BadRequest("Invalid parameter (limit) received"))),
                "{invalid}"
            );
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
            assert!(
                matches!(id(invalid), Err(Error::BadRequest("Invalid parameter (id) received"))),
                "{invalid}"
            );
        }
    }
}
