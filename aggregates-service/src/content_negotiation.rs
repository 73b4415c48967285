//! Content negotiation: whether a client gets JSON or HTML (RFC 9110, section 12.5.1).

use http::header::ACCEPT;
use mediatype::names::{APPLICATION, CHARSET, HTML, JSON, Q, TEXT};
use mediatype::{MediaType, MediaTypeList, Name, ReadParams, Value};
use service_chassis::Request;

use crate::query::Query;

#[derive(Debug, PartialEq)]
pub enum Format {
    Json,
    Html,
}

const HTML_TYPE: (Name, Name) = (TEXT, HTML);
const JSON_TYPE: (Name, Name) = (APPLICATION, JSON);

const ANY: &str = "*";

/// The format for a request. `?format=json` overrides `accept`, which a link in a browser cannot choose.
pub fn preferred_format(request: &Request, query: &Query) -> Format {
    if query.json { Format::Json } else { accepted_format(&request.header(&ACCEPT).unwrap_or_default()) }
}

/// HTML if `accept` strictly prefers it over JSON. A malformed `accept` is ignored as a whole.
fn accepted_format(accept: &str) -> Format {
    let ranges = MediaTypeList::new(accept).map(|range| {
        let range = range.ok()?;
        let weight = weight(&range)?;
        Some((range, weight))
    });
    match ranges.collect::<Option<Vec<_>>>() {
        Some(ranges) if weight_of(HTML_TYPE, &ranges) > weight_of(JSON_TYPE, &ranges) => Format::Html,
        _ => Format::Json,
    }
}

/// The weight of the most specific range that matches a media type, 0 if none does.
fn weight_of(media_type: (Name, Name), ranges: &[(MediaType, u16)]) -> u16 {
    let matching =
        ranges.iter().filter_map(|(range, weight)| Some((specificity(media_type, range)?, *weight)));
    matching.max().map_or(0, |(_, weight)| weight)
}

/// How closely `range` describes a media type, `None` if it does not match.
fn specificity((kind, subtype): (Name, Name), range: &MediaType) -> Option<usize> {
    let breadth = match (range.ty.as_str(), range.subty.as_str()) {
        (ANY, ANY) => 0,
        (_, ANY) if range.ty == kind => 1,
        _ if range.ty == kind && range.subty == subtype && range.suffix.is_none() => 2,
        _ => return None,
    };
    // Both are UTF-8, and neither has another parameter such as a level or a profile.
    let is_ours = |(name, value): &(Name, Value)| {
        *name == CHARSET && value.unquoted_str().eq_ignore_ascii_case("utf-8")
    };
    let parameters: Vec<_> = range.params().filter(|(name, _)| *name != Q).collect();
    parameters.iter().all(is_ours).then_some(breadth + parameters.len())
}

/// The `q` of a range in thousandths. It is a number from 0 to 1 with at most three decimals.
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
