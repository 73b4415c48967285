//! `--build`, and Cargo's target directory.

use crate::manifest::Manifest;
use crate::report;
use anyhow::{Context, Result, ensure};
use indexmap::IndexMap;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::process::Command;

const TARGET: &str = "wasm32-wasip2";

/// Runs the build commands in the order of the manifest, each once, in the directory of the manifest.
///
/// # Errors
/// If a command fails, or the Rust target is missing and cannot be installed.
pub fn run(manifest: &Manifest, app_dir: &Path) -> Result<()> {
    let mut commands = IndexMap::<_, Vec<_>>::new();
    for (id, component) in &manifest.components {
        if let Some(build) = &component.build {
            commands.entry(&*build.command).or_default().push(&**id);
        }
    }
    if commands.keys().any(|command| command.contains("cargo")) {
        ensure_target(app_dir)?;
    }
    for (command, ids) in commands {
        let ids = ids.join(", ");
        report::step("Building", format_args!("component {ids} with `{command}`"));
        let status = in_directory(app_dir, "sh", &["-c", command]).status();
        let status = status.with_context(|| format!("failed to start the build command of {ids}"))?;
        ensure!(status.success(), "the build command of {ids} failed: {status}");
    }
    report::step("Finished", format_args!("building all Spin components"));
    Ok(())
}

/// Installs the Rust target if the toolchain does not have it.
fn ensure_target(app_dir: &Path) -> Result<()> {
    let mut rustc = in_directory(app_dir, "rustc", &["--print", "target-libdir", "--target", TARGET]);
    let output = rustc.output().context("failed to start rustc, which builds the components")?;
    if Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir() {
        return Ok(());
    }
    report::step("Installing", format_args!("the Rust target {TARGET} with `rustup target add {TARGET}`"));
    let rustup = in_directory(app_dir, "rustup", &["target", "add", TARGET]).status();
    let rustup = rustup.context("the Rust target wasm32-wasip2 is missing, and rustup cannot be started")?;
    ensure!(rustup.success(), "`rustup target add {TARGET}` failed: {rustup}");
    Ok(())
}

/// Cargo's target directory, which the environment or Cargo's configuration may move; `None` for an
/// application without a `Cargo.toml`.
///
/// # Errors
/// If `cargo metadata` fails.
pub fn target_directory(app_dir: &Path) -> Result<Option<PathBuf>> {
    #[derive(Deserialize)]
    struct Metadata {
        target_directory: PathBuf,
    }
    if !app_dir.join("Cargo.toml").is_file() {
        return Ok(None);
    }
    let mut cargo = in_directory(app_dir, "cargo", &["metadata", "--format-version", "1", "--no-deps"]);
    let output = cargo.output().context("failed to start cargo")?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "`cargo metadata` failed: {}", stderr.trim());
    let Metadata { target_directory } = serde_json::from_slice(&output.stdout)?;
    Ok(Some(target_directory))
}

/// A program that runs in a directory, without the variables that `cargo run` sets about the package of the
/// development server. The toolchain stays the same.
fn in_directory(directory: &Path, program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    // An empty path is no directory for a process.
    command.args(arguments).current_dir(Path::new(".").join(directory));
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name == "CARGO" || name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&*name);
        }
    }
    command
}
