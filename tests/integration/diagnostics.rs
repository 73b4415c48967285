//! `x-request-id`, the log and `server-timing`.

use std::collections::HashSet;

use harness::App;

use crate::faults::{names, with_fault};
use crate::routes;

#[test]
fn every_response_has_the_request_id_of_the_client_or_a_new_one() {
    let app = App::start();
    let mut ids = HashSet::new();
    let mut is_new = |id: Option<&str>| {
        let id = id.unwrap_or_else(|| panic!("no id"));
        assert!(id.len() <= 128 && ids.insert(id.to_owned()), "{id}");
    };
    for path in
        routes::paths().into_iter().chain(["/customers/nothing".to_owned(), "/customers/top/x".to_owned()])
    {
        is_new(app.get(&path).header("x-request-id"));
        is_new(app.send("POST", &path, &[]).header("x-request-id"));
    }
    let (longest, too_long) = ("x".repeat(128), "x".repeat(129));
    let with_id = |ids: &[&str]| {
        let headers: Vec<_> = ids.iter().map(|id| ("x-request-id", *id)).collect();
        app.send("GET", "/aggregates/dashboard", &headers).header("x-request-id").map(str::to_owned)
    };
    for valid in ["1", "A.b_c-0", &longest] {
        assert_eq!(with_id(&[valid]).as_deref(), Some(valid));
    }
    for invalid in [&[""][..], &["a b"], &["a,b"], &["<script>"], &["ä"], &[&too_long], &["a", "b"]] {
        let id = with_id(invalid);
        is_new(id.as_deref());
        assert!(!invalid.contains(&id.unwrap().as_str()), "{invalid:?}");
    }
}

#[test]
fn the_request_id_is_in_the_log_of_every_service() {
    let app = App::start();
    for backend in harness::backends() {
        app.sql(&format!("DROP TABLE {}", backend.table));
    }
    let reply = app.send("GET", "/aggregates/dashboard", &[("x-request-id", "A.b_c-0")]);
    assert_eq!(reply.header("x-request-id"), Some("A.b_c-0"));
    for (service, _) in harness::services() {
        let log = app.log(&service, "stderr");
        assert!(!log.is_empty(), "{service}");
        for line in log.lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
            assert_eq!(
                (&line["requestId"], &line["service"]),
                (&"A.b_c-0".into(), &service.as_str().into()),
                "{line}"
            );
        }
    }
}

#[test]
fn a_healthy_app_logs_nothing() {
    let app = App::start();
    for path in routes::paths() {
        app.get(&path);
        app.send("HEAD", &path, &[]);
        app.send("POST", &path, &[]);
    }
    for (service, _) in harness::services() {
        assert_eq!(app.log(&service, "stderr"), "");
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
