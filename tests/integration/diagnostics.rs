//! `x-request-id`, the log and `server-timing`.

use std::collections::HashSet;

use harness::App;

use crate::faults::{names, with_fault};
use crate::page::PATH;
use crate::routes;

#[test]
fn every_response_has_the_request_id_of_the_client_or_a_new_one_and_nothing_is_logged() {
    let app = App::start();
    let mut ids = HashSet::new();
    let errors = ["/customers/nothing", "/customers/top/x"].map(str::to_owned);
    for path in routes::paths().into_iter().chain(errors) {
        for method in ["GET", "HEAD", "POST"] {
            let id = app.send(method, &path, &[]).header("x-request-id").unwrap().to_owned();
            assert!(ids.insert(id), "{method} {path}");
        }
    }
    let (longest, too_long) = ("x".repeat(128), "x".repeat(129));
    for (sent, is_valid) in [
        (&["A.b_c-0"][..], true),
        (&[&longest], true),
        (&[""], false),
        (&["a b"], false),
        (&["ä"], false),
        (&[&too_long], false),
        (&["a", "b"], false),
    ] {
        let headers: Vec<_> = sent.iter().map(|id| ("x-request-id", *id)).collect();
        let id = app.send("GET", PATH, &headers).header("x-request-id").unwrap().to_owned();
        assert_eq!(sent.contains(&&*id), is_valid, "{sent:?}: {id}");
        assert!((1..=128).contains(&id.len()) && ids.insert(id), "{sent:?}");
    }
    assert!(harness::services().iter().all(|(service, _)| app.log(service, "stderr").is_empty()));
}

#[test]
fn the_request_id_is_in_the_log_of_every_service() {
    let app = App::start();
    for backend in harness::backends() {
        app.sql(&format!("DROP TABLE {}", backend.table));
    }
    let reply = app.send("GET", PATH, &[("x-request-id", "A.b_c-0")]);
    assert_eq!(reply.header("x-request-id"), Some("A.b_c-0"));
    for (service, _) in harness::services() {
        let log = app.log(&service, "stderr");
        assert!(!log.is_empty(), "{service}");
        for line in log.lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
            assert_eq!([&line["requestId"], &line["service"]], ["A.b_c-0", &service], "{line}");
        }
    }
}

#[test]
fn server_timing_has_the_duration_of_each_call_and_the_reason_of_a_failure() {
    for (fault, least, reason) in [("none", 0.0, None), ("stall_in_body", 500.0, Some(r#"desc="timeout""#))] {
        let app = with_fault(fault, &names()).variable("backend_timeout_ms", "500").start();
        let reply = app.dashboard();
        let metrics: Vec<_> = reply.header("server-timing").unwrap().split(", ").collect();
        assert_eq!(metrics.len(), names().len(), "{metrics:?}");
        for (metric, service) in metrics.into_iter().zip(names()) {
            let mut parts = metric.split(';');
            assert_eq!(parts.next(), Some(service));
            let duration: f64 = parts.next().unwrap().strip_prefix("dur=").unwrap().parse().unwrap();
            assert!(duration > least, "{metric}");
            assert_eq!(parts.next(), reason, "{metric}");
        }
    }
}
