//! Faults of backends, by `tests/faulty-service`, and the reason that the dashboard gives for each.

use harness::{AGGREGATES, Manifest, Options, Reply, backends};
use serde_json::{Value, json};

pub const FAULTS: [(&str, &str); 17] = [
    ("stall_before_headers", "timeout"),
    ("stall_in_body", "timeout"),
    ("drip", "timeout"),
    ("error_code", "error_status"), // which the runtime turns into a 500 without a body
    ("trap", "error_status"),       // likewise
    ("status_404", "error_status"),
    ("status_500", "error_status"),
    ("status_503", "error_status"),
    ("html", "invalid_response"),
    ("truncated", "invalid_response"),
    ("longer_than_declared", "invalid_response"),
    ("shorter_than_declared", "invalid_response"),
    ("wrong_types", "invalid_response"),
    ("null_number", "invalid_response"),
    ("over_one_mib", "too_large"),
    ("endless", "too_large"),
    (NOT_ALLOWED, "unreachable"),
];

/// No fault of the backend: the manifest does not allow the call.
const NOT_ALLOWED: &str = "not_allowed";

/// The names of all backends.
pub fn names() -> Vec<&'static str> {
    backends().iter().map(|backend| backend.service).collect()
}

/// The one entry of `unavailable` for a service.
pub fn unavailable(service: &str, reason: &str) -> Value {
    json!({ "service": service, "reason": reason })
}

/// Gives each of `services` a fault.
pub fn inject(manifest: Manifest, fault: &str, services: &[&str]) -> Manifest {
    services.iter().fold(manifest, |mut manifest, service| {
        if fault != NOT_ALLOWED {
            return manifest.replace(service, fault);
        }
        let aggregates = &mut manifest.document()["component"][AGGREGATES];
        let hosts = aggregates["allowed_outbound_hosts"].as_array_mut().unwrap();
        hosts.retain(|host| !host.as_str().unwrap().contains(service));
        manifest
    })
}

/// An app in which `services` have a fault, and the other backends respond as the table of backends says.
pub fn with_fault(fault: &str, services: &[&str]) -> Options {
    let inject = |manifest| inject(inject(manifest, "none", &names()), fault, services);
    Options::default().migrated().manifest(inject)
}

/// An app whose backends fail if the request has an id such as `customers-service.html`.
pub fn by_request() -> Options {
    with_fault("by_request_id", &names())
}

/// Asserts what holds for every dashboard that is not complete.
pub fn assert_incomplete(reply: &Reply) {
    for (name, value) in
        [("x-aggregate-complete", Some("false")), ("cache-control", Some("no-store")), ("etag", None)]
    {
        assert_eq!(reply.header(name), value, "{name}: {reply:?}");
    }
    let leaks = reply.text().contains("MARKER") || format!("{:?}", reply.headers).contains("MARKER");
    assert!(!leaks, "it has text of a backend: {reply:?}");
}
