//! `--build`: the components' own build commands, as `spin build` runs them.

use crate::manifest::{Build, Manifest};
use crate::report;
use anyhow::{Context, Result, bail, ensure};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What components of spin-sdk are compiled for.
const TARGET: &str = "wasm32-wasip2";

/// Runs all build commands in the order of the manifest.
///
/// # Errors
/// If a command fails, or the Rust target is missing and cannot be installed.
pub fn run(manifest: &Manifest, app_dir: &Path) -> Result<()> {
    let builds = manifest.components.iter();
    let builds: Vec<_> =
        builds.filter_map(|(id, component)| Some((id.as_str(), component.build.as_ref()?))).collect();
    if builds.is_empty() {
        report::line(format_args!("None of the components have a build command."));
        return Ok(());
    }
    let mut commands = builds.iter().flat_map(|(_, build)| build.command.as_slice());
    if commands.any(|command| command.contains("cargo")) {
        ensure_target(app_dir)?;
    }
    for (id, build) in builds {
        build_component(id, build, app_dir)?;
    }
    report::step("Finished", format_args!("building all Spin components"));
    Ok(())
}

fn build_component(id: &str, build: &Build, app_dir: &Path) -> Result<()> {
    let directory =
        working_directory(app_dir, build.workdir.as_deref()).with_context(|| format!("component `{id}`"))?;
    let commands = build.command.as_slice();
    for (index, command) in commands.iter().enumerate() {
        match commands.len() {
            1 => report::step("Building", format_args!("component {id} with `{command}`")),
            count => report::step(
                "Running build step",
                format_args!("{}/{count} for component {id} with '{command}'", index + 1),
            ),
        }
        if build.workdir.is_some() {
            let directory = directory.display();
            report::line(format_args!("Working directory: \"{directory}\""));
        }
        let status = shell(command).current_dir(&directory).status().with_context(|| {
            format!("failed to start the build command of component `{id}` in {}", directory.display())
        })?;
        ensure!(status.success(), "the build command of component `{id}` failed: {status}");
    }
    Ok(())
}

fn working_directory(app_dir: &Path, workdir: Option<&str>) -> Result<PathBuf> {
    let base = match app_dir == Path::new("") {
        true => Path::new("."),
        false => app_dir,
    };
    let Some(workdir) = workdir else {
        return Ok(base.to_owned());
    };
    ensure!(
        !Path::new(workdir).has_root(),
        "the working directory {workdir:?} of the build must be relative"
    );
    Ok(base.join(workdir))
}

fn shell(line: &str) -> Command {
    let (program, flag) = if cfg!(windows) { ("cmd", "/c") } else { ("sh", "-c") };
    let mut command = Command::new(program);
    command.arg(flag).arg(line);
    forget_outer_cargo(&mut command);
    command
}

/// When cargo started this host it left traces in the environment that are
/// about this host and not about the component to be built. The toolchain is
/// kept: what was chosen for the host shall build the components too.
fn forget_outer_cargo(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let about_package = name.to_str().is_some_and(|name| {
            name == "CARGO" || name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
        });
        if about_package {
            command.env_remove(name);
        }
    }
}

/// Installs the Rust target if the toolchain does not have it.
fn ensure_target(app_dir: &Path) -> Result<()> {
    let directory = working_directory(app_dir, None)?;
    if has_target(&directory)? {
        return Ok(());
    }
    report::step("Installing", format_args!("the Rust target {TARGET} with `rustup target add {TARGET}`"));
    let mut rustup = Command::new("rustup");
    rustup.args(["target", "add", TARGET]).current_dir(directory);
    forget_outer_cargo(&mut rustup);
    match rustup.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => bail!("`rustup target add {TARGET}` failed: {status}"),
        Err(err) if err.kind() == ErrorKind::NotFound => bail!(
            "the Rust target {TARGET} is missing and there is no rustup to install it: install it in the way in which Rust was installed"
        ),
        Err(err) => Err(err).context("failed to start rustup"),
    }
}

fn has_target(directory: &Path) -> Result<bool> {
    let mut rustc = Command::new("rustc");
    rustc.args(["--print", "target-libdir", "--target", TARGET]).current_dir(directory);
    forget_outer_cargo(&mut rustc);
    let output = match rustc.output() {
        Ok(output) => output,
        Err(err) if err.kind() == ErrorKind::NotFound => {
            bail!("there is no rustc to build the components with: install Rust first")
        }
        Err(err) => return Err(err).context("failed to start rustc"),
    };
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
    fn commands_run_beside_the_manifest_or_below_it() {
        let directory = |app, workdir| working_directory(Path::new(app), workdir);
        assert_eq!(directory("", None).unwrap(), Path::new("."));
        assert_eq!(directory("", Some("a")).unwrap(), Path::new("./a"));
        assert_eq!(directory("../app", Some("a/b")).unwrap(), Path::new("../app/a/b"));
        assert!(directory("", Some("/a")).is_err());
    }

    #[test]
    fn commands_go_through_the_shell() {
        let directory = tempfile::tempdir().unwrap();
        let build = |command: &str| {
            let build = format!("command = {command:?}");
            let build: Build = toml::from_str(&build).unwrap();
            build_component("one", &build, directory.path())
        };
        build("echo a > made && test -s made").unwrap();
        assert!(directory.path().join("made").is_file());
        let err = build("exit 3").unwrap_err().to_string();
        assert_eq!(err, "the build command of component `one` failed: exit status: 3");
    }
}
