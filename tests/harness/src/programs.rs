//! Programs that a machine may lack. A test calls [`needs`] before it uses one, so `cargo test` can end with a
//! list of what was not run.

use std::env;
use std::io::Write;
use std::thread;

use crate::libsql_server;

/// Each program with what is tested with it. `.ci/programs` installs them, except Spin.
const PROGRAMS: [(&str, &str); 12] = [
    (SPIN, "Spin only"),
    ("chromium", "the page in a browser"),
    ("chromedriver", "the page in a browser"),
    ("npm", "the page in a browser"),
    ("docker-registry", "the app in a registry"),
    ("redis-server", "stale-if-error with Redis"),
    ("python3", "deploy/ by Kubernetes' schemas"),
    ("openssl", "the secrets of a cluster"),
    ("curl", "the migrations of a cluster"),
    ("nginx", "nginx in front of the app"),
    ("haproxy", "HAProxy in front of the app"),
    (libsql_server::PROGRAM, "the database on libSQL's server"),
];

/// Optional in CI, where one job has only the development server.
const SPIN: &str = "spin";

/// Whether all these programs are there. If not, the test should return: the gap is reported on stderr, and
/// again as the last line of `cargo test`. With `CI=true` it is a failure.
pub fn needs(names: &[&str]) -> bool {
    let unknown = names.iter().find(|name| PROGRAMS.iter().all(|(program, _)| program != *name));
    assert_eq!(unknown, None, "a program that `not_run` would not report");
    let missing: Vec<_> = names.iter().copied().filter(|name| !has(name)).collect();
    if missing.is_empty() {
        return true;
    }
    let test = thread::current().name().unwrap_or("a test").to_owned();
    let text = format!("NOT RUN: {test}, {} missing\n", missing.join(", "));
    assert!(!is_ci() || missing == [SPIN], "{text}");
    // The test harness would capture print macros.
    std::io::stderr().write_all(text.as_bytes()).expect("stderr can be written to");
    false
}

/// Whether Spin is installed.
pub fn needs_spin() -> bool {
    needs(&[SPIN])
}

/// One line with everything that was not tested on this machine, and whether it is a failure: if `CI` is `true` and
/// more than Spin is missing.
pub fn not_run() -> Option<(String, bool)> {
    report(has, is_ci())
}

fn report(has: impl Fn(&str) -> bool, is_ci: bool) -> Option<(String, bool)> {
    let missing: Vec<_> = PROGRAMS.iter().filter(|(program, _)| !has(program)).collect();
    let is_failure = is_ci && missing.iter().any(|(program, _)| *program != SPIN);
    let gaps: Vec<_> = missing.iter().map(|(program, subject)| format!("{subject} ({program})")).collect();
    let gaps = gaps.join(", ");
    let text =
        format!("NOT RUN, a program is missing: {gaps}. On Debian `.ci/programs` installs all but Spin.");
    (!gaps.is_empty()).then_some((text, is_failure))
}

fn has(name: &str) -> bool {
    match name {
        libsql_server::PROGRAM => libsql_server::program().is_some(),
        name => env::var_os("PATH")
            .is_some_and(|path| env::split_paths(&path).any(|directory| directory.join(name).is_file())),
    }
}

fn is_ci() -> bool {
    env::var_os("CI").is_some_and(|ci| ci == "true")
}

#[test]
fn all_missing_programs_are_reported_and_only_spin_is_optional_in_ci() {
    let (text, is_failure) = report(|name| !["spin", "npm"].contains(&name), true).expect("two are missing");
    assert!(text.contains("Spin only (spin), the page in a browser (npm)") && is_failure, "{text}");
    assert_eq!(report(|name| name != "npm", false).map(|(_, is_failure)| is_failure), Some(false));
    assert_eq!(report(|name| name != "spin", true).map(|(_, is_failure)| is_failure), Some(false));
    assert_eq!(report(|_| true, true), None);
}
