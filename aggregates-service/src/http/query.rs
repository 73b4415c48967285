//! The parameters that the dashboard has.

use service_chassis::Error;

/// How often a page asks to be loaded again at most and at least, in seconds.
const REFRESH_SECONDS: std::ops::RangeInclusive<u16> = 1..=3600;

/// What the query of a request asks for. Parameters that nobody knows are ignored.
#[derive(Debug, Default, PartialEq)]
pub struct Query {
    /// `refresh=N`: the page loads itself again every N seconds.
    pub refresh: Option<u16>,
    /// `format=json`: JSON whatever `Accept` says. A link cannot choose its `Accept`, so the page needs
    /// this for its link to the JSON.
    pub json: bool,
    /// `require=complete`: an error in the place of a dashboard that is not complete.
    pub complete: bool,
}

impl Query {
    /// # Errors
    /// 400 for a value that the parameter does not have, and for a second one.
    pub fn parse(query: &str) -> Result<Self, Error> {
        let mut parsed = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "refresh" => match seconds(&value) {
                    Some(seconds) if parsed.refresh.is_none() => parsed.refresh = Some(seconds),
                    _ => {
                        return Err(Error::BadRequest(
                            "Invalid parameter (refresh) received, use a whole number from 1 to 3600",
                        ));
                    }
                },
                "format" if value == "json" && !parsed.json => parsed.json = true,
                "require" if value == "complete" && !parsed.complete => parsed.complete = true,
                "require" => {
                    return Err(Error::BadRequest("Invalid parameter (require) received, use complete"));
                }
                "format" => return Err(Error::BadRequest("Invalid parameter (format) received, use json")),
                _ => {}
            }
        }
        Ok(parsed)
    }
}

fn seconds(value: &str) -> Option<u16> {
    let digits = value.bytes().all(|byte| byte.is_ascii_digit()).then_some(value)?;
    digits.parse().ok().filter(|seconds| REFRESH_SECONDS.contains(seconds))
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
    fn all_or_nothing_is_complete() {
        assert!(Query::parse("require=complete").expect("valid").complete);
        for invalid in ["require", "require=all", "require=Complete", "require=complete&require=complete"] {
            assert!(matches!(Query::parse(invalid), Err(Error::BadRequest(_))), "{invalid}");
        }
    }

    #[test]
    fn nothing_is_asked_for_by_other_parameters() {
        for query in ["", "&", "=", "a=b", "Refresh=x", "refreshed=1", "%ff=%fe"] {
            assert_eq!(Query::parse(query).expect("valid"), Query::default(), "{query}");
        }
    }
}
