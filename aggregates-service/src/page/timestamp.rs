use std::time::{SystemTime, UNIX_EPOCH};

use time::OffsetDateTime;

/// A time in UTC, which is shown to the minute.
pub struct Timestamp(OffsetDateTime);

impl Timestamp {
    /// A time before 1970 or after 9999 becomes the start of 1970.
    pub fn new(time: SystemTime) -> Self {
        let seconds = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let time = OffsetDateTime::from_unix_timestamp(i64::try_from(seconds).unwrap_or_default());
        Self(time.unwrap_or(OffsetDateTime::UNIX_EPOCH))
    }

    /// For instance `2026-11-23T07:20:00Z`.
    pub fn rfc3339(&self) -> String {
        let (year, month, day) = self.0.to_calendar_date();
        let (hour, minute, _) = self.0.to_hms();
        format!("{year:04}-{:02}-{day:02}T{hour:02}:{minute:02}:00Z", u8::from(month))
    }

    /// For instance `23 November 2026, 07:20 UTC`.
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

    #[test]
    fn a_timestamp_is_shown_to_the_minute() {
        for (seconds, rfc3339, readable) in [
            (1_795_418_453, "2026-11-23T07:20:00Z", "23 November 2026, 07:20 UTC"),
            (1_709_164_800, "2024-02-29T00:00:00Z", "29 February 2024, 00:00 UTC"),
            (253_402_300_799, "9999-12-31T23:59:00Z", "31 December 9999, 23:59 UTC"),
            (253_402_300_800, "1970-01-01T00:00:00Z", "1 January 1970, 00:00 UTC"),
        ] {
            let timestamp = Timestamp::new(UNIX_EPOCH + Duration::from_secs(seconds));
            assert_eq!((&*timestamp.rfc3339(), &*timestamp.readable()), (rfc3339, readable));
        }
        assert_eq!(Timestamp::new(UNIX_EPOCH - Duration::from_secs(1)).rfc3339(), "1970-01-01T00:00:00Z");
    }
}
