use std::process::Command;

use crate::artifacts;

/// The program that runs the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runtime {
    DevServer,
    Spin,
}

impl Runtime {
    /// The runtime that `APP_RUNTIME` names, by default the development server.
    pub fn chosen() -> Self {
        match std::env::var("APP_RUNTIME").as_deref() {
            Err(_) | Ok("" | "dev-server") => Self::DevServer,
            Ok("spin") => Self::Spin,
            Ok(other) => panic!("APP_RUNTIME is {other:?}; it may be `dev-server` or `spin`"),
        }
    }

    /// Its name in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::DevServer => "the development server",
            Self::Spin => "Spin",
        }
    }

    /// The command that the flags of `spin up` are added to.
    pub(crate) fn up(self) -> Command {
        match self {
            Self::DevServer => Command::new(artifacts::program("dev-server")),
            Self::Spin => {
                let mut command = Command::new("spin");
                command.arg("up").arg("--cache").arg(artifacts::root().join("tests/harness/spin-cache.toml"));
                command
            }
        }
    }
}
