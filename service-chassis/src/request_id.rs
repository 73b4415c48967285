//! The id of a request, by which its lines in the logs of all services are found.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

use http::HeaderName;

/// On every response, and on every call to another service.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The largest number of characters of an id.
const LENGTH_LIMIT: usize = 128;

/// The id of the client if it is valid: 1 to 128 of `A-Z a-z 0-9 . _ -`. Otherwise a new one.
pub(crate) fn accepted_or_new(given: Option<String>) -> String {
    given.filter(|id| is_id(id)).unwrap_or_else(new_id)
}

fn is_id(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    (1..=LENGTH_LIMIT).contains(&text.len()) && text.bytes().all(is_allowed)
}

/// 32 random hexadecimal digits.
fn new_id() -> String {
    let random = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", random(), random())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_valid_id_of_the_client_is_kept() {
        for id in ["a", "0", "Az-09._", &"x".repeat(128)] {
            assert_eq!(accepted_or_new(Some(id.to_owned())), id);
        }
        for wrong in ["", " ", "a b", "a,b", "a\"", "ä", "a\n", "{}", "a/b", &"x".repeat(129)] {
            assert_ne!(accepted_or_new(Some(wrong.to_owned())), wrong);
        }
    }

    #[test]
    fn a_new_id_is_valid_and_different_each_time() {
        let (first, second) = (accepted_or_new(None), accepted_or_new(None));
        assert!(is_id(&first) && is_id(&second));
        assert_ne!(first, second);
    }
}
