//! The time of day in UTC, from the system's clock alone.

use std::time::{SystemTime, UNIX_EPOCH};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A minute, for instance 23 November 2026, 07:20 UTC.
#[derive(Debug, PartialEq)]
pub struct Minute {
    year: u64,
    month: usize,
    day: u64,
    hour: u64,
    minute: u64,
}

impl Minute {
    /// The minute that holds `time`. A clock set before 1970 counts as standing at its beginning.
    pub fn of(time: SystemTime) -> Self {
        let minutes = time.duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs() / 60);
        let (year, month, day) = date(minutes / (24 * 60));
        Self { year, month, day, hour: minutes / 60 % 24, minute: minutes % 60 }
    }

    /// By RFC 3339: `2026-11-23T07:20:00Z`.
    pub fn rfc3339(&self) -> String {
        let Self { year, month, day, hour, minute } = self;
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:00Z")
    }

    /// In words: `23 November 2026, 07:20 UTC`.
    pub fn readable(&self) -> String {
        let Self { year, month, day, hour, minute } = self;
        format!("{day} {} {year}, {hour:02}:{minute:02} UTC", MONTHS[month - 1])
    }
}

/// Year, month and day of the Gregorian calendar, `days` after the first of January 1970.
fn date(mut days: u64) -> (u64, usize, u64) {
    // 400 years always have the same number of days.
    let mut year = 1970 + 400 * (days / 146_097);
    days %= 146_097;
    while days >= days_in_year(year) {
        days -= days_in_year(year);
        year += 1;
    }
    let mut month = 1;
    while days >= days_in_month(year, month) {
        days -= days_in_month(year, month);
        month += 1;
    }
    (year, month, days + 1)
}

fn days_in_year(year: u64) -> u64 {
    if is_leap_year(year) { 366 } else { 365 }
}

fn days_in_month(year: u64, month: usize) -> u64 {
    match month {
        2 if is_leap_year(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn is_leap_year(year: u64) -> bool {
    year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400)
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
}
