//! After a timeout or a 503 of a backend its circuit is open for a second. `database` tests that of the database, and
//! `fan_out` that other failures do not open a circuit.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::fan_out::calls;
use crate::faults::{names, unavailable, with_fault};

const COOL_DOWN: Duration = Duration::from_secs(1);

#[test]
fn a_timed_out_or_overloaded_backend_opens_its_circuit_for_a_second_and_no_other() {
    for (fault, reason, timeout) in
        [("stall_before_headers", "timeout", 500), ("status_503", "error_status", 0)]
    {
        for service in names() {
            let app = with_fault(fault, &[service]).variable("backend_timeout_ms", "500").start();
            let (started, mut dashboards, mut fastest) = (Instant::now(), 0, COOL_DOWN);
            // Polls until the backend is called for the second time.
            while calls(&app, service) < 2 {
                assert!(started.elapsed() < harness::PATIENCE, "the circuit does not close");
                let (before, begun) = (calls(&app, service), Instant::now());
                let reply = app.dashboard();
                assert_eq!(reply.json()["unavailable"], json!([unavailable(service, reason)]), "{fault}");
                if calls(&app, service) == before {
                    fastest = fastest.min(begun.elapsed());
                }
                dashboards += 1;
                std::thread::sleep(Duration::from_millis(20));
            }
            // The first call timed out, the circuit was open for a second, and the second call timed out.
            let expected = COOL_DOWN + 2 * Duration::from_millis(timeout);
            assert!(started.elapsed() >= expected, "{fault}: called again after {:?}", started.elapsed());
            assert!(fastest < Duration::from_millis(500), "{fault}: it took {fastest:?} to fail");
            let mut others = names().into_iter().filter(|other| *other != service);
            assert!(others.all(|other| calls(&app, other) == dashboards), "{fault}");
        }
    }
}
