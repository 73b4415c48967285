//! What came of all calls, in one payload that says what is missing and what is from a while ago.

use std::time::Duration;

use http::StatusCode;
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::outcome::Part;
use crate::upstream::Reason;

/// What came of asking each backend, in the order of their sections.
pub struct Payload(pub Vec<Box<dyn Part>>);

/// A service without which the dashboard has to do.
#[derive(serde::Serialize)]
struct Unavailable {
    service: &'static str,
    reason: Reason,
}

/// A service whose sections are from a while ago.
#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct Stale {
    service: &'static str,
    reason: Reason,
    age_seconds: u64,
}

/// What a client gets in the place of a dashboard.
#[derive(serde::Serialize)]
struct NotShown {
    message: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unavailable: Vec<Unavailable>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    stale: Vec<Stale>,
}

const NOTHING_AVAILABLE: &str =
    "The dashboard is not available at the moment: no service has answered as it should";

const NOT_COMPLETE: &str = "The dashboard is not complete at the moment";

impl Payload {
    /// 200 if any section is there; without any, 504 if every service timed out and 502 otherwise. 503 for
    /// who wants `all` or nothing, and cannot have all.
    pub fn status(&self, all: bool) -> StatusCode {
        if all && !self.is_complete() {
            return StatusCode::SERVICE_UNAVAILABLE;
        }
        if self.0.iter().any(|part| !part.is_missing()) {
            StatusCode::OK
        } else if self.0.iter().all(|part| part.failure() == Some(Reason::Timeout)) {
            StatusCode::GATEWAY_TIMEOUT
        } else {
            StatusCode::BAD_GATEWAY
        }
    }

    /// Whether every section is there, as it is now.
    pub fn is_complete(&self) -> bool {
        self.0.iter().all(|part| part.failure().is_none())
    }

    /// The age of the oldest section, where an answer from a while ago stands in for a failed call.
    pub fn age(&self) -> Option<Duration> {
        self.0.iter().filter_map(|part| part.age()).max()
    }

    /// The dashboard as JSON, or the error that there is instead.
    pub fn to_json(&self, all: bool) -> serde_json::Result<Vec<u8>> {
        let message = match self.status(all) {
            StatusCode::OK => return serde_json::to_vec(self),
            StatusCode::SERVICE_UNAVAILABLE => NOT_COMPLETE,
            _ => NOTHING_AVAILABLE,
        };
        let (unavailable, stale) = (self.unavailable(), self.stale());
        serde_json::to_vec(&NotShown { message, unavailable, stale })
    }

    /// The services that there is nothing of, in the order of their names.
    fn unavailable(&self) -> Vec<Unavailable> {
        let missing = self.0.iter().filter(|part| part.is_missing());
        let missing =
            missing.filter_map(|part| Some(Unavailable { service: part.service(), reason: part.failure()? }));
        let mut missing: Vec<_> = missing.collect();
        missing.sort_unstable_by_key(|missing| missing.service);
        missing
    }

    /// The services whose answers are from a while ago, in the order of their names.
    fn stale(&self) -> Vec<Stale> {
        let stale = self.0.iter().filter_map(|part| {
            let (service, reason, age) = (part.service(), part.failure()?, part.age()?);
            Some(Stale { service, reason, age_seconds: age.as_secs() })
        });
        let mut stale: Vec<_> = stale.collect();
        stale.sort_unstable_by_key(|stale| stale.service);
        stale
    }
}

impl Serialize for Payload {
    /// A missing section is `null`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut dashboard = serializer.serialize_map(None)?;
        for (key, content) in self.0.iter().flat_map(|part| part.sections()) {
            dashboard.serialize_entry(key, &content)?;
        }
        let (unavailable, stale) = (self.unavailable(), self.stale());
        if !unavailable.is_empty() {
            dashboard.serialize_entry("unavailable", &unavailable)?;
        }
        if !stale.is_empty() {
            dashboard.serialize_entry("stale", &stale)?;
        }
        dashboard.end()
    }
}

#[cfg(test)]
mod tests;
