//! The identifiers of a Spin manifest.

use serde::Deserialize;
use std::borrow::Borrow;
use std::fmt;

/// Words of ASCII letters and digits, joined by hyphens: the id of a component.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq)]
#[serde(try_from = "String")]
pub struct KebabId(String);

/// Lower-case words, joined by underscores: the name of a variable.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq)]
#[serde(try_from = "String")]
pub struct SnakeId(String);

/// The label of a database: kebab-case or snake_case.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq)]
#[serde(try_from = "String")]
pub struct Label(String);

impl TryFrom<String> for KebabId {
    type Error = String;

    fn try_from(id: String) -> Result<Self, String> {
        words(&id, '-')?;
        Ok(Self(id))
    }
}

impl TryFrom<String> for SnakeId {
    type Error = String;

    fn try_from(id: String) -> Result<Self, String> {
        words(&id, '_')?;
        if id.contains(|c: char| c.is_ascii_uppercase()) {
            return Err(format!("invalid name {id:?}: it must be all lower-case"));
        }
        Ok(Self(id))
    }
}

impl TryFrom<String> for Label {
    type Error = String;

    fn try_from(id: String) -> Result<Self, String> {
        words(&id, '-').or_else(|_| words(&id, '_'))?;
        Ok(Self(id))
    }
}

impl KebabId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl SnakeId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Label {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// So that a map of components can be asked with a plain `&str`.
impl Borrow<str> for KebabId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KebabId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Checks that an id consists of words of one case, each starting with a letter.
fn words(id: &str, separator: char) -> Result<(), String> {
    let valid = |word: &str| {
        let upper = word.starts_with(|c: char| c.is_ascii_uppercase());
        word.starts_with(|c: char| c.is_ascii_alphabetic())
            && word
                .chars()
                .all(|c| c.is_ascii_digit() || (c.is_ascii_alphabetic() && c.is_ascii_uppercase() == upper))
    };
    if id.split(separator).all(valid) {
        return Ok(());
    }
    Err(format!(
        "invalid id {id:?}: expected ASCII words of one case, each starting with a letter, separated by {separator:?}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn component_ids_are_kebab_case() {
        for good in ["a", "customers-service", "A-b2", "x1"] {
            assert!(KebabId::try_from(good.to_owned()).is_ok(), "{good}");
        }
        for bad in ["", "a_b", "-a", "a--b", "1a", "aB", "ä"] {
            assert!(KebabId::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }

    #[test]
    fn variable_names_are_lower_snake_case() {
        for good in ["a", "backend_timeout_ms"] {
            assert!(SnakeId::try_from(good.to_owned()).is_ok(), "{good}");
        }
        for bad in ["", "A", "a-b", "a__b", "_a", "a_1"] {
            assert!(SnakeId::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }

    #[test]
    fn labels_may_be_either() {
        assert!(Label::try_from("a-b".to_owned()).is_ok());
        assert!(Label::try_from("a_b".to_owned()).is_ok());
        assert!(Label::try_from("a_b-c".to_owned()).is_err());
    }
}
