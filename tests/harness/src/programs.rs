//! Programs that a machine may lack. A test calls [`needs`] before it uses one, so `cargo test` can end with a
//! list of what was not run.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::thread;

use crate::libsql_server;

/// A program, its Debian package, and what is tested with it. `.ci/programs` installs the packages.
const PROGRAMS: [(&str, &str, &str); 12] = [
    ("chromium", "chromium", "the page in a browser"),
    ("chromedriver", "chromium-driver", "the page in a browser"),
    ("npm", "npm", "the page in a browser"),
    ("docker-registry", "docker-registry", "the app in a registry"),
    ("redis-server", "redis-server", "stale-if-error with Redis"),
    ("python3", "python3-venv", "deploy/ by Kubernetes' schemas"),
    ("openssl", "openssl", "the secrets of a cluster"),
    ("curl", "curl", "the migrations of a cluster"),
    ("nginx", "nginx-light", "the response cache of nginx"),
    ("haproxy", "haproxy", "retries by a load balancer"),
    ("sqlite3", "sqlite3", "backups and loading"),
    // From a Python package, which `.ci/libsql-server` installs.
    (libsql_server::PROGRAM, "python3-venv", "the database on libSQL's server"),
];

/// Whether all these programs are there. If not, the test should return: the gap is reported on stderr, and
/// again as the last line of `cargo test`.
///
/// # Panics
/// If one is missing and `CI` is `true`, and for a program that is not in [`PROGRAMS`].
pub fn needs(names: &[&str]) -> bool {
    let unknown = names.iter().find(|name| PROGRAMS.iter().all(|(program, ..)| program != *name));
    assert_eq!(unknown, None, "a program that `not_run` would not report");
    let Some(missing) = missing(&path(), |program| names.contains(&program)) else { return true };
    let text = format!("NOT RUN: {}, {missing}\n", thread::current().name().unwrap_or("a test"));
    assert!(!is_ci(), "{text}");
    print(&text);
    false
}

/// Whether Spin is installed. Unlike with [`needs`], this is optional in CI, where one job has only the development
/// server.
pub fn needs_spin() -> bool {
    let is_there = has(&path(), "spin");
    if !is_there {
        print(&format!("NOT RUN: {}, spin is missing\n", thread::current().name().unwrap_or("a test")));
    }
    is_there
}

/// One line with everything that was not tested on this machine, and whether it is a failure: if `CI` is `true` and
/// more than Spin is missing.
pub fn not_run() -> Option<(String, bool)> {
    report(&path(), is_ci())
}

fn report(path: &OsStr, is_ci: bool) -> Option<(String, bool)> {
    let missing = missing(path, |_| true);
    let is_failure = missing.is_some() && is_ci;
    let spin = (!has(path, "spin")).then(|| "Spin only (spin is missing)".to_owned());
    let all: Vec<_> = spin.into_iter().chain(missing).collect();
    (!all.is_empty()).then(|| (format!("NOT RUN: tests of {}", all.join("; ")), is_failure))
}

/// The missing programs, and what is not tested without them.
fn missing(path: &OsStr, programs: impl Fn(&str) -> bool) -> Option<String> {
    let missing = PROGRAMS.iter().filter(|(name, ..)| programs(name) && !has(path, name));
    let (mut names, mut packages, mut subjects) = (Vec::new(), Vec::new(), Vec::new());
    for &(name, package, subject) in missing {
        for (list, text) in [(&mut names, name), (&mut packages, package), (&mut subjects, subject)] {
            if !list.contains(&text) {
                list.push(text);
            }
        }
    }
    (!names.is_empty()).then(|| {
        let (subjects, names, packages) = (subjects.join(", "), names.join(", "), packages.join(" "));
        format!("{subjects} ({names} missing). On Debian: apt-get install {packages}")
    })
}

fn has(path: &OsStr, name: &str) -> bool {
    match name {
        libsql_server::PROGRAM => libsql_server::program().is_some(),
        name => env::split_paths(path).any(|directory| directory.join(name).is_file()),
    }
}

fn path() -> OsString {
    env::var_os("PATH").unwrap_or_default()
}

fn is_ci() -> bool {
    env::var_os("CI").is_some_and(|ci| ci == "true")
}

/// Print macros would be captured by the test harness.
fn print(text: &str) {
    std::io::stderr().write_all(text.as_bytes()).expect("stderr can be written to");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_names_all_missing_programs_and_only_spin_is_optional_in_ci() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().as_os_str();
        let install = |name: &&str| std::fs::write(directory.path().join(name), "").expect("a file");
        let browser = ["chromium", "chromedriver"];
        let others = PROGRAMS.iter().map(|(name, ..)| name).filter(|name| !browser.contains(name));
        others.for_each(&install);
        let expected = "NOT RUN: tests of Spin only (spin is missing); the page in a browser (chromium, \
            chromedriver missing). On Debian: apt-get install chromium chromium-driver";
        assert_eq!(report(path, false), Some((expected.to_owned(), false)));
        assert_eq!(report(path, true), Some((expected.to_owned(), true)));
        browser.iter().for_each(&install);
        assert_eq!(report(path, true).map(|(_, is_failure)| is_failure), Some(false));
        install(&"spin");
        assert_eq!(report(path, true), None);
    }

    #[test]
    fn ci_installs_every_program() {
        let script = crate::root().join(".ci/programs");
        let script = std::fs::read_to_string(script).expect("the script is there");
        let words: Vec<_> = script.split([' ', '\n', '(', ')']).collect();
        for (_, package, _) in PROGRAMS {
            assert!(words.contains(&package), "{package} is not installed by .ci/programs");
        }
    }
}
