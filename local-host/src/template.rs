//! `{{ name }}` templates, as the manifest uses them in component variables
//! and in `allowed_outbound_hosts`.

use anyhow::{Result, bail};

/// A text with places for the values of application variables.
#[derive(Debug, PartialEq)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, PartialEq)]
enum Part {
    Literal(String),
    Variable(String),
}

impl Template {
    /// Splits a text at its `{{ … }}` expressions.
    pub fn parse(text: &str) -> Result<Self> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((literal, tail)) = rest.split_once("{{") {
            let Some((name, tail)) = tail.split_once("}}") else {
                bail!("invalid template {text:?}: a `{{{{` is never closed");
            };
            if !literal.is_empty() {
                parts.push(Part::Literal(literal.to_owned()));
            }
            parts.push(Part::Variable(name.trim().to_owned()));
            rest = tail;
        }
        if !rest.is_empty() {
            parts.push(Part::Literal(rest.to_owned()));
        }
        Ok(Self { parts })
    }

    /// True if there is nothing to fill in.
    pub fn is_literal(&self) -> bool {
        self.variables().next().is_none()
    }

    /// The names of the variables that the template needs.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Literal(_) => None,
            Part::Variable(name) => Some(name.as_str()),
        })
    }

    /// Fills in the template; `None` if a variable has no value.
    pub fn resolve<'a>(&'a self, value: impl Fn(&'a str) -> Option<&'a str>) -> Option<String> {
        let parts = self.parts.iter().map(|part| match part {
            Part::Literal(text) => Some(text.as_str()),
            Part::Variable(name) => value(name),
        });
        parts.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(text: &str) -> Option<String> {
        let value = |name: &str| (name == "host").then_some("example.com");
        Template::parse(text).ok()?.resolve(value)
    }

    #[test]
    fn expressions_are_replaced_and_literals_kept() {
        assert_eq!(resolve("").as_deref(), Some(""));
        assert_eq!(resolve("plain").as_deref(), Some("plain"));
        assert_eq!(
            resolve("http://{{ host }}:{{host}}/").as_deref(),
            Some("http://example.com:example.com/")
        );
    }

    #[test]
    fn an_unknown_variable_has_no_value() {
        assert_eq!(resolve("{{ other }}"), None);
    }

    #[test]
    fn an_open_expression_is_an_error() {
        assert!(Template::parse("a {{ b").is_err());
    }
}
