//! Builds programs and components at their first use, each command once per process. The commands are those
//! that users give, so nothing is compiled twice.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

const INSTALL_TARGET: &str =
    "test -d $(rustc --print sysroot)/lib/rustlib/wasm32-wasip2 || rustup target add wasm32-wasip2";

/// The folder of `spin.toml`.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("the crate stands in the workspace")
}

/// Builds a native program of the workspace, with the profile of this process.
///
/// `--workspace` selects the same features of all dependencies as `cargo test`, so they are compiled once.
pub fn program(package: &str) -> PathBuf {
    let (profile, flag) = if cfg!(debug_assertions) { ("debug", "") } else { ("release", " --release") };
    run_once(&format!("cargo build --workspace --bin {package}{flag}"), root());
    target_directory().join(profile).join(package)
}

/// Builds a component with the command of the manifest in `directory`, and returns the path of its `source`.
pub(crate) fn component(source: &str, command: &str, directory: &Path) -> PathBuf {
    run_once(INSTALL_TARGET, root());
    run_once(command, directory);
    let (_, below_target) =
        source.split_once("target/").expect("components are built into the target directory");
    target_directory().join(below_target)
}

fn target_directory() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |target| root().join(target))
}

fn run_once(command: &str, directory: &Path) {
    static DONE: Mutex<Option<HashSet<String>>> = Mutex::new(None);
    // A poisoned lock means that another build failed.
    let mut done = DONE.lock().unwrap_or_else(PoisonError::into_inner);
    let done = done.get_or_insert_default();
    if !done.contains(command) {
        let output = Command::new("sh").args(["-c", command]).current_dir(directory).output();
        let output = output.unwrap_or_else(|error| panic!("{command}: {error}"));
        assert!(output.status.success(), "{command} failed:\n{}", String::from_utf8_lossy(&output.stderr));
        done.insert(command.to_owned());
    }
}
