//! The last line of `cargo test`, which runs this after the tests: which tests did not run. The output of a test itself is
//! not shown.

use std::process::ExitCode;

fn main() -> ExitCode {
    let Some((text, is_failure)) = harness::not_run() else { return ExitCode::SUCCESS };
    eprintln!("\n{text}\n");
    ExitCode::from(u8::from(is_failure))
}
