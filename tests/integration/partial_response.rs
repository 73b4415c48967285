//! `/aggregates/dashboard` while backends fail: partial responses, and errors if no section is present.

use harness::{AGGREGATES, dashboard_of};
use serde_json::json;

use crate::faults::{FAULTS, assert_incomplete, by_request, inject, names, unavailable, with_fault};

/// The body of a dashboard without the sections of one backend, which has failed.
fn partial(service: &str, reason: &str) -> String {
    let sections =
        dashboard_of(|backend, section| if backend.service == service { "null" } else { section.value });
    let sections = sections.strip_suffix('}').unwrap();
    format!(r#"{sections},"unavailable":[{{"service":"{service}","reason":"{reason}"}}]}}"#)
}

#[test]
fn a_fault_of_one_backend_leaves_the_sections_of_the_others() {
    for (fault, reason) in FAULTS {
        for service in names() {
            let app = with_fault(fault, &[service]).start();
            let reply = app.dashboard();
            assert_eq!((reply.status.as_u16(), reply.text()), (200, &*partial(service, reason)), "{fault}");
            assert_incomplete(&reply);
            let log = app.log(AGGREGATES, "stderr");
            assert!(log.contains(&format!("call to {service}")), "{fault}: {log}");
        }
    }
}

#[test]
fn without_any_section_the_status_is_502_or_504_if_every_backend_timed_out() {
    let names = names();
    for (first, fault, status) in [
        ("status_500", "status_500", 502),
        ("endless", "endless", 502),
        ("not_allowed", "not_allowed", 502),
        ("stall_in_body", "html", 502),
        ("stall_before_headers", "stall_before_headers", 504),
    ] {
        let options = with_fault(fault, &names).manifest(|manifest| inject(manifest, first, &names[..1]));
        let reply = options.start().dashboard();
        assert_eq!(reply.status, status, "{fault}");
        assert_incomplete(&reply);
        let reason = |name: &str| FAULTS.iter().find(|(fault, _)| *fault == name).unwrap().1;
        let mut all: Vec<_> = names.iter().map(|service| unavailable(service, reason(fault))).collect();
        all[0] = unavailable(names[0], reason(first));
        let json = reply.json();
        assert_eq!((&json["unavailable"], json.as_object().unwrap().len()), (&json!(all), 2), "{json}");
        assert!(json["message"].is_string(), "{json}");
    }
}

#[test]
fn a_response_of_one_mebibyte_is_small_enough() {
    let reply = with_fault("one_mib", &names()).start().dashboard();
    assert_eq!(reply.header("x-aggregate-complete"), Some("true"), "{}", reply.text());
    assert_eq!(reply.text(), dashboard_of(|_, section| section.value));
}

#[test]
fn require_complete_turns_a_partial_response_into_a_503() {
    let app = by_request().start();
    for service in names() {
        let id = format!("{service}.status_500");
        let reply = app.send("GET", "/aggregates/dashboard?require=complete", &[("x-request-id", &id)]);
        assert_eq!(reply.status, 503);
        assert_incomplete(&reply);
        let json = reply.json();
        assert_eq!(json["unavailable"], json!([unavailable(service, "error_status")]));
        assert!(json["message"].is_string() && json.as_object().unwrap().len() == 2, "{json}");
    }
}
