//! Programs that come as Python packages.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Installs these versions below the target directory, unless they are there, and returns the folder of the programs.
pub fn install(name: &str, versions: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let (installed, wanted) = (directory.join("installed.txt"), directory.join("wanted.txt"));
    if fs::read_to_string(&installed).is_ok_and(|installed| installed == versions) {
        return directory.join("bin");
    }
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&directory));
    fs::write(&wanted, versions).unwrap();
    let pip = ["install", "--quiet", "--disable-pip-version-check", "--no-deps", "--requirement"];
    run(Command::new(directory.join("bin/pip")).args(pip).arg(&wanted));
    fs::rename(wanted, installed).unwrap();
    directory.join("bin")
}

/// Runs a program that has to succeed.
pub fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
}
