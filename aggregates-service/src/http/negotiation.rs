//! Which form of the dashboard a client prefers, by RFC 9110, section 12.5.1.

use mediatype::names::{APPLICATION, CHARSET, HTML, JSON, Q, TEXT};
use mediatype::{MediaType, MediaTypeList, Name, ReadParams, Value};

/// The two forms that there are.
const PAGE: (Name, Name) = (TEXT, HTML);
const DATA: (Name, Name) = (APPLICATION, JSON);

const ANY: &str = "*";

/// Whether HTML is strictly preferred over JSON. Everybody else gets JSON: who asks for nothing, likes
/// both alike, or sends an `Accept` that is not of its grammar, which is ignored as a whole.
pub fn prefers_html(accept: Option<String>) -> bool {
    let accept = accept.unwrap_or_default();
    let ranges = MediaTypeList::new(&accept).map(|range| {
        let range = range.ok()?;
        let weight = weight(&range)?;
        Some((range, weight))
    });
    let Some(ranges) = ranges.collect::<Option<Vec<_>>>() else {
        return false;
    };
    weight_of(PAGE, &ranges) > weight_of(DATA, &ranges)
}

/// The weight that the most specific matching range gives; nothing matching is like a weight of 0.
fn weight_of(form: (Name, Name), ranges: &[(MediaType, u16)]) -> u16 {
    let matching = ranges.iter().filter_map(|(range, weight)| Some((specificity(form, range)?, *weight)));
    matching.max().map_or(0, |(_, weight)| weight)
}

/// How closely `range` describes a form, `None` if it describes another.
fn specificity((kind, subtype): (Name, Name), range: &MediaType) -> Option<usize> {
    let breadth = match (range.ty.as_str(), range.subty.as_str()) {
        (ANY, ANY) => 0,
        (_, ANY) if range.ty == kind => 1,
        _ if range.ty == kind && range.subty == subtype && range.suffix.is_none() => 2,
        _ => return None,
    };
    // Both forms are UTF-8, and neither has any other parameter, such as a level or a profile.
    let is_ours = |(name, value): &(Name, Value)| {
        *name == CHARSET && value.unquoted_str().eq_ignore_ascii_case("utf-8")
    };
    let parameters: Vec<_> = range.params().filter(|(name, _)| *name != Q).collect();
    parameters.iter().all(is_ours).then_some(breadth + parameters.len())
}

/// Reads the `q` of a range, a number from 0 to 1 with at most three decimals, as thousandths.
fn weight(range: &MediaType) -> Option<u16> {
    let Some(value) = range.get_param(Q) else {
        return Some(1000);
    };
    let value = value.as_str();
    let (whole, decimals) = value.split_once('.').unwrap_or((value, ""));
    let is_number = matches!(whole, "0" | "1")
        && decimals.len() <= 3
        && decimals.bytes().all(|digit| digit.is_ascii_digit());
    let thousandths = format!("{whole}{decimals:0<3}").parse().ok()?;
    (is_number && thousandths <= 1000).then_some(thousandths)
}

#[cfg(test)]
mod tests;
