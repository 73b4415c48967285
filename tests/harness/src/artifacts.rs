//! What has to be built before anything can be started.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

const WASM_TARGET: &str = "wasm32-wasip2";

/// The folder of `spin.toml`.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("the crate stands in the workspace")
}

/// A component as the build leaves it.
pub fn component(package: &str) -> PathBuf {
    target_directory()
        .join(WASM_TARGET)
        .join("release")
        .join(package.replace('-', "_"))
        .with_extension("wasm")
}

/// The local host as the build leaves it.
pub fn local_host() -> PathBuf {
    native_program("local-host")
}

/// Builds a native program of the workspace.
///
/// # Panics
/// If the build fails, with what it printed.
pub fn program(package: &str) -> PathBuf {
    build_program(package);
    native_program(package)
}

/// Chosen by its name among all packages, as `cargo up` does it: the features of what it depends on are
/// then the same as in `cargo test`, and nothing is compiled twice.
fn build_program(package: &str) {
    output(cargo().args(["build", "--workspace", "--bin", package]));
}

fn native_program(package: &str) -> PathBuf {
    target_directory().join("debug").join(package)
}

fn target_directory() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |target| root().join(target))
}

/// Builds the components and the local host, once a process.
///
/// # Panics
/// If a build fails, with what it printed.
pub fn build() {
    static BUILT: OnceLock<()> = OnceLock::new();
    BUILT.get_or_init(|| {
        let sysroot = output(Command::new("rustc").args(["--print", "sysroot"]));
        if !Path::new(sysroot.trim()).join("lib/rustlib").join(WASM_TARGET).is_dir() {
            output(Command::new("rustup").args(["target", "add", WASM_TARGET]));
        }
        let packages = ["aggregates-service", "customers-service", "incidents-service", "faulty-service"];
        let packages = packages.iter().flat_map(|package| ["--package", package]);
        output(cargo().args(["build", "--release", "--target", WASM_TARGET]).args(packages));
        build_program("local-host");
    });
}

fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

fn output(command: &mut Command) -> String {
    let output = command.current_dir(root()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed:\n{stderr}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
