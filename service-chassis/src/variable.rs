//! Variables of the app that are times.

use std::ops::RangeInclusive;
use std::sync::OnceLock;
use std::time::Duration;

use spin_sdk::variables;

use crate::Log;

/// A variable that holds a whole number of some unit of time. A service lists those that it looks at.
pub struct TimeVariable {
    pub name: &'static str,
    unit: Duration,
    range: RangeInclusive<u32>,
    default: u32,
    value: OnceLock<Duration>,
}

impl TimeVariable {
    /// A whole number of milliseconds in `range`.
    pub const fn milliseconds(name: &'static str, range: RangeInclusive<u32>, default: u32) -> Self {
        Self { name, unit: Duration::from_millis(1), range, default, value: OnceLock::new() }
    }

    /// A whole number of seconds in `range`.
    pub const fn seconds(name: &'static str, range: RangeInclusive<u32>, default: u32) -> Self {
        Self { name, unit: Duration::from_secs(1), range, default, value: OnceLock::new() }
    }

    /// What the variable says, or its default where it says nothing of use.
    pub fn get(&self) -> Duration {
        self.value.get().copied().unwrap_or(self.unit * self.default)
    }

    /// Reads the variable, once for an instance. If it is no number in its range, the log says so.
    pub(crate) async fn read(&self, log: &Log) {
        if self.value.get().is_some() {
            return;
        }
        let name = self.name;
        let value = match variables::get(name).await {
            Ok(value) => self.parse(&value).ok_or_else(|| {
                let (from, to) = (self.range.start(), self.range.end());
                format!("{name} is {value:?}, which is not a whole number from {from} to {to}")
            }),
            Err(error) => Err(format!("{name} cannot be read: {error}")),
        };
        let value = value.unwrap_or_else(|problem| {
            let default = self.get();
            log.warning(&format!("{problem}; the default of {default:?} is used"));
            default
        });
        self.value.get_or_init(|| value);
    }

    fn parse(&self, value: &str) -> Option<Duration> {
        let digits = value.bytes().all(|byte| byte.is_ascii_digit()).then_some(value)?;
        let number = digits.parse().ok().filter(|number| self.range.contains(number))?;
        Some(self.unit * number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_whole_number_of_its_unit_and_in_its_range() {
        let variable = TimeVariable::milliseconds("x_ms", 1..=60_000, 1000);
        assert_eq!(variable.parse("1"), Some(Duration::from_millis(1)));
        assert_eq!(variable.parse("60000"), Some(Duration::from_secs(60)));
        for invalid in ["", "0", "-1", "+1", "60001", "1.5", "1e3", "1000ms", " 1000", "99999999999999999999"]
        {
            assert_eq!(variable.parse(invalid), None, "{invalid:?}");
        }
        let variable = TimeVariable::seconds("x_s", 0..=86_400, 0);
        assert_eq!(variable.parse("0"), Some(Duration::ZERO));
        assert_eq!(variable.parse("86400"), Some(Duration::from_secs(86_400)));
        assert_eq!(variable.parse("86401"), None);
    }

    #[test]
    fn before_it_is_read_the_default_counts() {
        assert_eq!(TimeVariable::seconds("x_s", 0..=9, 7).get(), Duration::from_secs(7));
    }
}
