//! `--build`: the components' own build commands, as `spin build` runs them.

use crate::manifest::Manifest;
use crate::report;
use anyhow::{Context, Result, bail, ensure};
use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

/// What components of spin-sdk are compiled for.
const TARGET: &str = "wasm32-wasip2";

/// Runs all build commands, in the order of the manifest and in its directory (none is the current one).
///
/// # Errors
/// If a command fails, or the Rust target is missing and cannot be installed.
pub fn run(manifest: &Manifest, app_dir: &Path) -> Result<()> {
    let app_dir = if app_dir == Path::new("") { Path::new(".") } else { app_dir };
    let builds = manifest.components.iter();
    let builds: Vec<_> =
        builds.filter_map(|(id, component)| Some((id, &*component.build.as_ref()?.command))).collect();
    if builds.iter().any(|(_, command)| command.contains("cargo")) {
        ensure_target(app_dir)?;
    }
    for (id, command) in builds {
        build_component(id, command, app_dir)?;
    }
    report::step("Finished", format_args!("building all Spin components"));
    Ok(())
}

fn build_component(id: &str, command: &str, app_dir: &Path) -> Result<()> {
    report::step("Building", format_args!("component {id} with `{command}`"));
    let status = program("sh", &["-c", command], app_dir)
        .status()
        .with_context(|| format!("failed to start the build command of component `{id}`"))?;
    ensure!(status.success(), "the build command of component `{id}` failed: {status}");
    Ok(())
}

/// A program that runs in a directory.
///
/// When cargo started this host it left traces in the environment that are
/// about this host and not about the component to be built. The toolchain is
/// kept: what was chosen for the host shall build the components too.
fn program(name: &str, arguments: &[&str], directory: &Path) -> Command {
    let mut command = Command::new(name);
    command.args(arguments).current_dir(directory);
    for (name, _) in std::env::vars_os() {
        let about_package = name.to_str().is_some_and(|name| {
            name == "CARGO" || name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
        });
        if about_package {
            command.env_remove(name);
        }
    }
    command
}

/// Installs the Rust target if the toolchain does not have it.
fn ensure_target(directory: &Path) -> Result<()> {
    if has_target(directory)? {
        return Ok(());
    }
    report::step("Installing", format_args!("the Rust target {TARGET} with `rustup target add {TARGET}`"));
    match program("rustup", &["target", "add", TARGET], directory).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => bail!("`rustup target add {TARGET}` failed: {status}"),
        Err(err) if err.kind() == ErrorKind::NotFound => bail!(
            "the Rust target {TARGET} is missing and there is no rustup to install it: install it in the way in which Rust was installed"
        ),
        Err(err) => Err(err).context("failed to start rustup"),
    }
}

fn has_target(directory: &Path) -> Result<bool> {
    let mut rustc = program("rustc", &["--print", "target-libdir", "--target", TARGET], directory);
    let output = rustc.output().context("failed to start rustc, which builds the components")?;
    if !output.status.success() {
        // Whatever follows an empty line is a backtrace.
        let message = String::from_utf8_lossy(&output.stderr);
        let message = message.split("\n\n").next().unwrap_or_default();
        bail!("rustc cannot compile for {TARGET}: {}", report::one_line(message));
    }
    let libraries = String::from_utf8_lossy(&output.stdout);
    Ok(Path::new(libraries.trim()).is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_go_through_the_shell() {
        let directory = tempfile::tempdir().unwrap();
        build_component("one", "echo a > made && test -s made", directory.path()).unwrap();
        assert!(directory.path().join("made").is_file());
        let err = build_component("one", "exit 3", directory.path()).unwrap_err().to_string();
        assert_eq!(err, "the build command of component `one` failed: exit status: 3");
    }
}
