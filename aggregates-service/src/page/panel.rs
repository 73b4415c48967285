use std::time::{Duration, SystemTime};

use super::timestamp::Timestamp;
use crate::backends::client::{CallReport, Reason};

/// The part of the page that shows one backend.
pub struct Panel {
    pub service: &'static str,
    /// Why the call failed, as the end of a sentence that begins with the service.
    pub failure: Option<&'static str>,
    /// The age of the data if it is stale, for instance `42 seconds`, and when it was read.
    pub stale: Option<(String, Timestamp)>,
}

impl Panel {
    /// The panel of a call on a page that was created at `created`.
    pub fn new(call: &CallReport, created: SystemTime) -> Self {
        let stale = call.outcome.stale_age().map(|age| {
            let read = Timestamp::new(super::before(created, age));
            (readable_age(age), read)
        });
        Self { service: call.service, failure: call.outcome.reason().map(sentence), stale }
    }
}

/// An age in the largest unit of which it has two or more.
fn readable_age(age: Duration) -> String {
    let seconds = age.as_secs();
    match seconds {
        1 => "1 second".to_owned(),
        ..120 => format!("{seconds} seconds"),
        120..7200 => format!("{} minutes", seconds / 60),
        _ => format!("{} hours", seconds / 3600),
    }
}

fn sentence(reason: Reason) -> &'static str {
    match reason {
        Reason::Timeout => "timed out: its response was not complete in time",
        Reason::Unreachable => "is unreachable",
        Reason::ErrorStatus => "returned an error status",
        Reason::InvalidResponse => "returned an invalid response",
        Reason::TooLarge => "returned a response that is too large (over 1 MiB)",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_readable() {
        for (seconds, expected) in [
            (0, "0 seconds"),
            (1, "1 second"),
            (119, "119 seconds"),
            (120, "2 minutes"),
            (7199, "119 minutes"),
            (7200, "2 hours"),
            (86_400, "24 hours"),
        ] {
            assert_eq!(readable_age(Duration::from_secs(seconds)), expected);
        }
    }
}
