//! `{{ name }}` templates, as the manifest has them in the variables of components.

use anyhow::{Context, Result};
use std::collections::HashMap;

/// The text with the values of variables in the place of its `{{ … }}` expressions.
///
/// # Errors
/// If an expression is never closed, or names a variable that has no value.
pub fn fill(text: &str, values: &HashMap<String, String>) -> Result<String> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((literal, tail)) = rest.split_once("{{") {
        let (name, tail) = tail
            .split_once("}}")
            .with_context(|| format!("invalid template {text:?}: a `{{{{` is never closed"))?;
        let name = name.trim();
        filled.push_str(literal);
        filled.push_str(values.get(name).with_context(|| format!("unknown variable `{name}`"))?);
        rest = tail;
    }
    filled.push_str(rest);
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str) -> Result<String> {
        fill(text, &HashMap::from([("host".to_owned(), "example.com".to_owned())]))
    }

    #[test]
    fn expressions_are_replaced_and_literals_kept() {
        assert_eq!(filled("").unwrap(), "");
        assert_eq!(filled("plain").unwrap(), "plain");
        assert_eq!(filled("http://{{ host }}:{{host}}/").unwrap(), "http://example.com:example.com/");
    }

    #[test]
    fn what_cannot_be_filled_in_is_an_error() {
        assert_eq!(filled("{{ other }}").unwrap_err().to_string(), "unknown variable `other`");
        assert!(filled("a {{ b").is_err());
    }
}
