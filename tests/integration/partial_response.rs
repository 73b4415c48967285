//! `/aggregates/dashboard` while backends fail: partial responses, and errors if no section is present.

use std::thread;

use harness::{App, assert_growth_below, backends, dashboard_of, eventually};
use serde_json::json;

use crate::faults::{
    FAULTS, assert_incomplete, by_request, fail, inject, names, opens_the_circuit, unavailable, with_fault,
};

/// The body of a dashboard without the sections of one backend, which has failed.
fn partial(service: &str, reason: &str) -> String {
    let sections = dashboard_of(|backend, section| match backend.service == service {
        true => "null",
        false => section.value,
    });
    let sections = sections.strip_suffix('}').unwrap();
    format!(r#"{sections},"unavailable":[{{"service":"{service}","reason":"{reason}"}}]}}"#)
}

#[test]
fn a_fault_of_one_backend_leaves_the_sections_of_the_others() {
    let by_request = &by_request().start();
    thread::scope(|scope| {
        for (fault, reason) in FAULTS {
            for service in names() {
                let check = move || {
                    let reply = fail(by_request, || with_fault(fault, &[service]), fault, service);
                    assert_eq!(
                        (reply.status.as_u16(), reply.text()),
                        (200, &*partial(service, reason)),
                        "{fault}"
                    );
                    assert_incomplete(&reply);
                };
                match opens_the_circuit(fault, reason) {
                    true => drop(scope.spawn(check)),
                    false => check(),
                }
            }
        }
    });
    let log = by_request.log("aggregates-service", "stderr");
    for service in names() {
        assert!(log.contains(service), "no failure of {service} is in the log: {log}");
    }
}

#[test]
fn without_any_section_the_status_is_502_or_504_if_every_backend_timed_out() {
    for (fault, reason, status) in [
        ("status_500", "error_status", 502),
        ("html", "invalid_response", 502),
        ("endless", "too_large", 502),
        ("not_allowed", "unreachable", 502),
        ("stall_before_headers", "timeout", 504),
    ] {
        let reply = with_fault(fault, &names()).start().dashboard();
        assert_eq!(reply.status, status, "{fault}");
        assert_incomplete(&reply);
        let json = reply.json();
        let all: Vec<_> = names().into_iter().map(|service| unavailable(service, reason)).collect();
        assert_eq!((json["unavailable"].clone(), json.as_object().unwrap().len()), (json!(all), 2), "{json}");
        assert!(json["message"].is_string(), "{json}");
    }
    let (first, others) = names().split_first().map(|(first, others)| (*first, others.to_vec())).unwrap();
    let mixed = with_fault("stall_in_body", &[first]);
    let reply = mixed.manifest(|manifest| inject(manifest, "html", &others)).start().dashboard();
    assert_eq!(reply.status, 502);
    assert_eq!(reply.json()["unavailable"][0], unavailable(first, "timeout"));
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
    let path = "/aggregates/dashboard?require=complete";
    let complete = app.get(path);
    assert_eq!((complete.status.as_u16(), complete.text()), (200, app.dashboard().text()));
    for service in names() {
        let reply = app.send("GET", path, &[("x-request-id", &format!("{service}.status_500"))]);
        assert_eq!(reply.status, 503);
        assert_incomplete(&reply);
        let json = reply.json();
        assert_eq!(json["unavailable"], json!([unavailable(service, "error_status")]));
        assert!(json["message"].is_string() && json.as_object().unwrap().len() == 2, "{json}");
    }
}

/// How much the runtime may grow under load, in bytes.
const GROWTH: u64 = 24 << 20;

#[test]
fn random_faults_under_load_make_no_inconsistent_dashboard_and_leak_no_memory() {
    let app = &by_request().variable("backend_timeout_ms", "20").start();
    let load = || {
        thread::scope(|scope| {
            for client in 0..4 {
                scope.spawn(move || (client..1000).step_by(4).for_each(|request| check_random(app, request)));
            }
        });
        app.resident()
    };
    let before = load();
    assert_growth_below(GROWTH, before, load());
    let is_complete = || app.dashboard().header("x-aggregate-complete") == Some("true");
    eventually("the dashboard is complete again", is_complete);
}

/// Gives a backend a fault in two of three requests, and compares the parts of the dashboard.
fn check_random(app: &App, request: usize) {
    let (fault, _) = FAULTS[request * 7 % (FAULTS.len() - 1)];
    let fault = if request.is_multiple_of(3) { "none" } else { fault };
    let id = format!("{}.{fault}", names()[request % names().len()]);
    let reply = app.send("GET", "/aggregates/dashboard", &[("x-request-id", &id)]);
    let json = reply.json();
    let unavailable = json["unavailable"].as_array().map_or(0, Vec::len);
    let missing = backends().iter().filter(|backend| json[backend.sections[0].key].is_null()).count();
    assert_eq!(missing, unavailable, "{json}");
    assert_eq!(reply.header("x-aggregate-complete"), Some((missing == 0).to_string().as_str()), "{json}");
    assert_eq!(reply.header("etag").is_some(), missing == 0, "{json}");
    assert_eq!(reply.status == 200, missing < names().len(), "{json}");
}
