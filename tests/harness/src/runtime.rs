use std::path::Path;
use std::process::{Command, Output};

use crate::artifacts;

/// What runs the app. Tests of the local host's own promises are the only ones that ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runtime {
    LocalHost,
    Spin,
}

impl Runtime {
    /// The one that `APP_RUNTIME` names; the local host where it is not set.
    ///
    /// # Panics
    /// For a name that is neither `local-host` nor `spin`.
    pub fn chosen() -> Self {
        match std::env::var("APP_RUNTIME").as_deref() {
            Err(_) | Ok("" | "local-host") => Self::LocalHost,
            Ok("spin") => Self::Spin,
            Ok(other) => panic!("APP_RUNTIME is {other:?}; it may be `local-host` or `spin`"),
        }
    }

    /// As people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::LocalHost => "the local host",
            Self::Spin => "Spin",
        }
    }

    /// The command that the flags of `spin up` are added to.
    ///
    /// # Panics
    /// If Spin was asked for and is not on the PATH.
    pub(crate) fn up(self) -> Command {
        match self {
            Self::LocalHost => Command::new(artifacts::program("local-host")),
            Self::Spin => {
                let version = Command::new("spin").arg("--version").output();
                assert!(
                    version.is_ok_and(|output| output.status.success()),
                    "APP_RUNTIME=spin needs `spin` 4.1 or later on the PATH, and there is none: \
                     see https://spinframework.dev/install, or leave APP_RUNTIME unset"
                );
                let mut command = Command::new("spin");
                command.arg("up").arg("--cache").arg(artifacts::root().join("tests/harness/spin-cache.toml"));
                command
            }
        }
    }
}

/// Runs the local host, whatever the chosen runtime is, until it ends by itself.
pub fn local_host<'a>(directory: &Path, arguments: impl IntoIterator<Item = &'a str>) -> Output {
    Command::new(artifacts::program("local-host"))
        .args(arguments)
        .current_dir(directory)
        .env_remove("RUST_BACKTRACE")
        .output()
        .expect("the local host can be started")
}
