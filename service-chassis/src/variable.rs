//! Variables of the app.

use std::ops::RangeInclusive;
use std::sync::OnceLock;
use std::time::Duration;

use spin_sdk::variables;

use crate::Log;

/// The value of a variable. A value that `parse` rejects is logged as a warning, which ends with `consequence`.
pub(crate) async fn read<T>(
    name: &str,
    log: &Log,
    consequence: &str,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Option<T> {
    let value = match variables::get(name).await {
        Ok(value) => parse(&value).map_err(|error| format!("{name} is {value:?}: {error}")),
        Err(error) => Err(format!("{name} cannot be read: {error}")),
    };
    value.inspect_err(|error| log.warning(&format!("{error}; {consequence}"))).ok()
}

/// A variable that holds a duration. A service lists those that it reads.
pub struct DurationVariable {
    name: &'static str,
    unit: Duration,
    range: RangeInclusive<u32>,
    default: u32,
    value: OnceLock<Duration>,
}

impl DurationVariable {
    /// A whole number of milliseconds in `range`.
    pub const fn milliseconds(name: &'static str, range: RangeInclusive<u32>, default: u32) -> Self {
        Self { name, unit: Duration::from_millis(1), range, default, value: OnceLock::new() }
    }

    /// A whole number of seconds in `range`.
    pub const fn seconds(name: &'static str, range: RangeInclusive<u32>, default: u32) -> Self {
        Self { name, unit: Duration::from_secs(1), range, default, value: OnceLock::new() }
    }

    /// The value, or the default if the value is invalid.
    pub fn get(&self) -> Duration {
        self.value.get().copied().unwrap_or(self.unit * self.default)
    }

    /// Reads the variable, once for each instance.
    pub(crate) async fn read(&self, log: &Log) {
        if self.value.get().is_some() {
            return;
        }
        let consequence = format!("the default of {:?} applies", self.get());
        let value = read(self.name, log, &consequence, |value| self.parse(value)).await;
        self.value.get_or_init(|| value.unwrap_or(self.get()));
    }

    fn parse(&self, value: &str) -> Result<Duration, String> {
        let number = value.parse().ok().filter(|number| self.range.contains(number));
        match number {
            Some(number) if value.bytes().all(|byte| byte.is_ascii_digit()) => Ok(self.unit * number),
            _ => Err(format!("not a whole number from {} to {}", self.range.start(), self.range.end())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_a_whole_number_of_its_unit_and_in_its_range() {
        let variable = DurationVariable::milliseconds("x_ms", 1..=60_000, 1000);
        assert_eq!(variable.parse("1"), Ok(Duration::from_millis(1)));
        assert_eq!(variable.parse("60000"), Ok(Duration::from_secs(60)));
        let invalid = ["", "0", "-1", "+1", "60001", "1.5", "1e3", "1000ms", " 1000", "99999999999999999999"];
        for value in invalid {
            assert!(variable.parse(value).is_err(), "{value:?}");
        }
        let variable = DurationVariable::seconds("x_s", 0..=86_400, 0);
        assert_eq!(variable.parse("0"), Ok(Duration::ZERO));
        assert_eq!(variable.parse("86400"), Ok(Duration::from_secs(86_400)));
        assert!(variable.parse("86401").is_err());
    }

    #[test]
    fn the_default_applies_before_the_variable_is_read() {
        assert_eq!(DurationVariable::seconds("x_s", 0..=9, 7).get(), Duration::from_secs(7));
    }
}
