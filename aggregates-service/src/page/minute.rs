//! The time of day in UTC, to the minute.

use std::time::{SystemTime, UNIX_EPOCH};

use time::OffsetDateTime;

/// A minute, for instance 23 November 2026, 07:20 UTC.
#[derive(Debug, PartialEq)]
pub struct Minute(OffsetDateTime);

impl Minute {
    /// The minute that holds `time`. A clock set before 1970, or after 9999, counts as standing at the
    /// beginning of 1970.
    pub fn of(time: SystemTime) -> Self {
        let minutes = time.duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs() / 60);
        let seconds = i64::try_from(minutes).unwrap_or_default().saturating_mul(60);
        Self(OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH))
    }

    /// By RFC 3339: `2026-11-23T07:20:00Z`.
    pub fn rfc3339(&self) -> String {
        let (year, month, day) = self.0.to_calendar_date();
        let (hour, minute, _) = self.0.to_hms();
        format!("{year:04}-{:02}-{day:02}T{hour:02}:{minute:02}:00Z", u8::from(month))
    }

    /// In words: `23 November 2026, 07:20 UTC`.
    pub fn readable(&self) -> String {
        let (year, month, day) = self.0.to_calendar_date();
        let (hour, minute, _) = self.0.to_hms();
        format!("{day} {month} {year}, {hour:02}:{minute:02} UTC")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn after(seconds: u64) -> Minute {
        Minute::of(UNIX_EPOCH + Duration::from_secs(seconds))
    }

    #[test]
    fn minutes_are_those_of_the_gregorian_calendar() {
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00Z"),
            (59, "1970-01-01T00:00:00Z"),
            (60, "1970-01-01T00:01:00Z"),
            (951_782_399, "2000-02-28T23:59:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (1_709_164_800, "2024-02-29T00:00:00Z"),
            (1_735_689_599, "2024-12-31T23:59:00Z"),
            (1_735_689_600, "2025-01-01T00:00:00Z"),
            (1_772_323_200, "2026-03-01T00:00:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (13_574_563_200, "2400-02-29T00:00:00Z"),
            (253_402_300_799, "9999-12-31T23:59:00Z"),
        ] {
            assert_eq!(after(seconds).rfc3339(), expected, "{seconds}");
        }
    }

    #[test]
    fn a_minute_is_readable() {
        assert_eq!(after(1_795_418_453).readable(), "23 November 2026, 07:20 UTC");
        assert_eq!(after(1_709_164_800).readable(), "29 February 2024, 00:00 UTC");
    }

    #[test]
    fn a_clock_before_1970_is_no_failure() {
        assert_eq!(Minute::of(UNIX_EPOCH - Duration::from_secs(1)), after(0));
    }

    #[test]
    fn a_clock_after_9999_is_no_failure() {
        assert_eq!(after(253_402_300_800), after(0));
    }
}
