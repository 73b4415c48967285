//! Programs that a machine may lack. A test that needs one asks for it here, and nowhere else; so
//! `cargo test` can end with all that was not run.

use std::env;
use std::io::Write;
use std::thread;

/// One of them, and what is tested with it.
struct Program {
    name: &'static str,
    package: &'static str,
    tested: &'static str,
}

/// All of them. The packages are Debian's, and `.ci/run` installs them.
const PROGRAMS: [Program; 4] = [
    Program { name: "chromium", package: "chromium", tested: "the page in a browser" },
    Program { name: "chromedriver", package: "chromium-driver", tested: "the page in a browser" },
    Program { name: "npm", package: "npm", tested: "the page in a browser" },
    Program { name: "python3", package: "python3-venv", tested: "deploy/ by Kubernetes' schemas" },
];

/// Whether all these programs are there. Where one is not, the test is to end without a word more: it is
/// said at once, and again as the last line of `cargo test`.
///
/// # Panics
/// If one is not there and `CI` is `true`, and for a program that is not listed above.
pub fn needs(names: &[&str]) -> bool {
    let listed = |name: &&str| PROGRAMS.iter().any(|program| program.name == *name);
    assert!(names.iter().all(listed), "{names:?} are not all in the list of programs");
    let Some(lack) = lack(|program| names.contains(&program.name) && !is_there(program)) else { return true };
    let text = format!("NOT RUN: {}, {lack}\n", thread::current().name().unwrap_or("a test"));
    assert!(!is_ci(), "{text}");
    // What print macros write is shown for failed tests only.
    std::io::stderr().write_all(text.as_bytes()).expect("stderr can be written to");
    false
}

/// All that this machine cannot test, in one line, and whether that is a failure, as it is where `CI` is
/// `true`.
pub fn not_run() -> Option<(String, bool)> {
    Some((format!("NOT RUN: tests of {}", lack(|program| !is_there(program))?), is_ci()))
}

fn lack(lacks: impl Fn(&Program) -> bool) -> Option<String> {
    let missing: Vec<_> = PROGRAMS.iter().filter(|program| lacks(program)).collect();
    let list = |column: fn(&Program) -> &str, separator: &str| {
        let mut column: Vec<_> = missing.iter().map(|program| column(program)).collect();
        column.dedup();
        column.join(separator)
    };
    (!missing.is_empty()).then(|| {
        format!(
            "{}, for want of {}. On Debian: apt-get install {}",
            list(|program| program.tested, " and of "),
            list(|program| program.name, ", "),
            list(|program| program.package, " "),
        )
    })
}

fn is_there(program: &Program) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|directory| directory.join(program.name).is_file())
}

fn is_ci() -> bool {
    env::var_os("CI").is_some_and(|ci| ci == "true")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_one_line() {
        assert_eq!(lack(|_| false), None);
        let text = lack(|program| program.name != "chromium").expect("something is missing");
        let expected = "the page in a browser, for want of chromedriver, npm. \
            On Debian: apt-get install chromium-driver npm";
        assert!(text.starts_with(expected) && !text.contains('\n'), "{text}");
    }

    #[test]
    #[should_panic(expected = "not all in the list")]
    fn a_program_that_would_not_be_in_that_line_is_refused() {
        needs(&["a-program"]);
    }
}
