//! The parameters of the dashboard.

use std::ops::RangeInclusive;

use service_chassis::Error;

/// The seconds between two loads of a page that reloads itself.
const REFRESH_SECONDS: RangeInclusive<u16> = 1..=3600;

/// The parameters of a request. Unknown ones are ignored.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Query {
    /// `refresh=N`: the page reloads itself every N seconds.
    pub refresh: Option<u16>,
    /// `format=json`: JSON, whatever `accept` says.
    pub json: bool,
    /// `require=complete`: an error instead of a dashboard that is not complete.
    pub require_complete: bool,
}

impl Query {
    /// # Errors
    /// 400 for a parameter with an invalid value, and for one that is given twice.
    pub fn parse(query: &str) -> Result<Self, Error> {
        let mut parsed = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "refresh" if parsed.refresh.is_none() => parsed.refresh = Some(refresh(&value)?),
                "refresh" => return Err(INVALID_REFRESH),
                "format" if value == "json" && !parsed.json => parsed.json = true,
                "format" => return Err(Error::BadRequest("Invalid parameter (format) received, use json")),
                "require" if value == "complete" && !parsed.require_complete => {
                    parsed.require_complete = true
                }
                "require" => {
                    return Err(Error::BadRequest("Invalid parameter (require) received, use complete"));
                }
                _ => {}
            }
        }
        Ok(parsed)
    }

    /// A link to the dashboard with these parameters, relative to its own address.
    pub fn to_link(self) -> String {
        let mut link = form_urlencoded::Serializer::for_suffix("?".to_owned(), 1);
        if self.json {
            link.append_pair("format", "json");
        }
        if let Some(seconds) = self.refresh {
            link.append_pair("refresh", &seconds.to_string());
        }
        if self.require_complete {
            link.append_pair("require", "complete");
        }
        link.finish()
    }
}

const INVALID_REFRESH: Error =
    Error::BadRequest("Invalid parameter (refresh) received, use a whole number from 1 to 3600");

fn refresh(value: &str) -> Result<u16, Error> {
    let seconds = value.parse().ok().filter(|seconds| REFRESH_SECONDS.contains(seconds));
    let is_number = value.bytes().all(|byte| byte.is_ascii_digit());
    seconds.filter(|_| is_number).ok_or(INVALID_REFRESH)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refresh(query: &str) -> Option<u16> {
        Query::parse(query).expect("a valid query").refresh
    }

    #[test]
    fn a_refresh_is_a_whole_number_of_seconds_up_to_an_hour() {
        assert_eq!(refresh("refresh=1"), Some(1));
        assert_eq!(refresh("refresh=3600"), Some(3600));
        assert_eq!(refresh("x&refresh=0010&"), Some(10));
        assert_eq!(refresh("re%66resh=%31%30"), Some(10));
        for invalid in [
            "refresh",
            "refresh=",
            "refresh=0",
            "refresh=3601",
            "refresh=-1",
            "refresh=+10",
            "refresh=%2B10",
            "refresh=1.5",
            "refresh=1e3",
            "refresh=10s",
            "refresh=%2010",
            "refresh=10%00",
            "refresh=%D9%A3",
            "refresh=99999999999999999999",
            "refresh=10&refresh=10",
            "refresh=10&refresh=x",
        ] {
            assert!(matches!(Query::parse(invalid), Err(Error::BadRequest(_))), "{invalid}");
        }
    }

    #[test]
    fn a_format_is_json() {
        assert!(Query::parse("format=json").expect("valid").json);
        for invalid in
            ["format", "format=html", "format=JSON", "format=json&format=html", "format=json&format=json"]
        {
            assert!(matches!(Query::parse(invalid), Err(Error::BadRequest(_))), "{invalid}");
        }
    }

    #[test]
    fn require_is_complete() {
        assert!(Query::parse("require=complete").expect("valid").require_complete);
        for invalid in ["require", "require=all", "require=Complete", "require=complete&require=complete"] {
            assert!(matches!(Query::parse(invalid), Err(Error::BadRequest(_))), "{invalid}");
        }
    }

    #[test]
    fn other_parameters_are_ignored() {
        for query in ["", "&", "=", "a=b", "Refresh=x", "refreshed=1", "%ff=%fe"] {
            assert_eq!(Query::parse(query).expect("valid"), Query::default(), "{query}");
        }
    }

    #[test]
    fn a_link_has_the_parameters_that_it_was_parsed_from() {
        for link in ["?", "?format=json", "?refresh=10", "?format=json&refresh=3600&require=complete"] {
            assert_eq!(Query::parse(&link[1..]).expect("valid").to_link(), link);
        }
    }
}
