//! Which form of the dashboard a client prefers, by RFC 9110, section 12.5.1.

/// One form that the dashboard has.
struct Form {
    kind: &'static str,
    subtype: &'static str,
}

const HTML: Form = Form { kind: "text", subtype: "html" };
const JSON: Form = Form { kind: "application", subtype: "json" };

/// One element of `Accept`, such as `text/*;q=0.5`.
struct MediaRange<'a> {
    kind: &'a str,
    subtype: &'a str,
    parameters: Vec<&'a str>,
    /// From 0 to 1000.
    weight: u16,
}

/// Whether HTML is strictly preferred over JSON. Everybody else gets JSON: who asks for nothing, likes
/// both alike, or sends an `Accept` that is not of its grammar, which is ignored as a whole.
///
/// `accept` has the values of all its fields.
pub fn prefers_html(accept: &[Vec<u8>]) -> bool {
    let Ok(list) = String::from_utf8(accept.join(&b',')) else {
        return false;
    };
    let elements = split(&list, ',').filter(|element| !element.is_empty());
    let Some(ranges) = elements.map(MediaRange::parse).collect::<Option<Vec<_>>>() else {
        return false;
    };
    HTML.weight(&ranges) > JSON.weight(&ranges)
}

impl Form {
    /// The weight that the most specific matching range gives; nothing matching is like a weight of 0.
    fn weight(&self, ranges: &[MediaRange]) -> u16 {
        let matching = ranges.iter().filter_map(|range| Some((self.specificity(range)?, range.weight)));
        matching.max().map_or(0, |(_, weight)| weight)
    }

    /// How closely `range` describes this form, `None` if it describes another.
    fn specificity(&self, range: &MediaRange) -> Option<usize> {
        let breadth = match (range.kind, range.subtype) {
            ("*", "*") => 0,
            (kind, "*") if kind.eq_ignore_ascii_case(self.kind) => 1,
            (kind, subtype)
                if kind.eq_ignore_ascii_case(self.kind) && subtype.eq_ignore_ascii_case(self.subtype) =>
            {
                2
            }
            _ => return None,
        };
        // Both forms are UTF-8, and neither has any other parameter, such as a level or a profile.
        let is_ours = |parameter: &&str| {
            ["charset=utf-8", "charset=\"utf-8\""].iter().any(|ours| parameter.eq_ignore_ascii_case(ours))
        };
        range.parameters.iter().all(is_ours).then_some(breadth + range.parameters.len())
    }
}

impl<'a> MediaRange<'a> {
    fn parse(element: &'a str) -> Option<Self> {
        let mut parts = split(element, ';');
        let (kind, subtype) = parts.next()?.split_once('/')?;
        if !is_token(kind) || !is_token(subtype) {
            return None;
        }
        let mut range = Self { kind, subtype, parameters: Vec::new(), weight: 1000 };
        for part in parts.filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=')?;
            if name.eq_ignore_ascii_case("q") {
                range.weight = weight(value)?;
            } else if is_token(name) && (is_token(value) || is_quoted(value)) {
                range.parameters.push(part);
            } else {
                return None;
            }
        }
        Some(range)
    }
}

/// The parts between separators, those in quotes aside, without the whitespace around them.
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    let mut escaped = false;
    let is_separator = move |character| {
        let after_backslash = std::mem::take(&mut escaped);
        match character {
            '"' if !after_backslash => quoted = !quoted,
            '\\' if quoted => escaped = !after_backslash,
            _ => {}
        }
        character == separator && !quoted
    };
    text.split(is_separator).map(|part| part.trim_matches([' ', '\t']))
}

/// Reads a `qvalue`, a number from 0 to 1 with at most three decimals, as thousandths.
fn weight(value: &str) -> Option<u16> {
    let (whole, decimals) = value.split_once('.').unwrap_or((value, ""));
    let is_number = matches!(whole, "0" | "1")
        && decimals.len() <= 3
        && decimals.bytes().all(|digit| digit.is_ascii_digit());
    let thousandths = format!("{whole}{decimals:0<3}").parse().ok()?;
    (is_number && thousandths <= 1000).then_some(thousandths)
}

fn is_token(text: &str) -> bool {
    let is_token_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_token_byte)
}

fn is_quoted(text: &str) -> bool {
    text.len() >= 2 && text.starts_with('"') && text.ends_with('"')
}

#[cfg(test)]
mod tests;
