//! The application under test, and the hello component, on the local host or on Spin.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::data::DataSet;
use crate::process::{Server, free_authority};

/// What the components run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runtime {
    LocalHost,
    Spin,
}

impl Runtime {
    /// Reads `APP_RUNTIME`.
    ///
    /// # Errors
    /// If it is neither `local-host` nor `spin`.
    pub fn from_environment() -> Result<Self> {
        match std::env::var("APP_RUNTIME").as_deref() {
            Err(_) | Ok("" | "local-host") => Ok(Self::LocalHost),
            Ok("spin") => Ok(Self::Spin),
            Ok(other) => bail!("APP_RUNTIME is {other:?}, and should be local-host or spin"),
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::LocalHost => "the local host",
            Self::Spin => "Spin",
        }
    }
}

/// Starts applications on a runtime that is there.
pub struct Launcher {
    program: PathBuf,
    subcommand: Option<&'static str>,
    root: PathBuf,
}

impl Launcher {
    /// Builds the local host, if that is what the components run on, with the profile of the native services.
    ///
    /// # Errors
    /// If it does not compile.
    pub fn new(runtime: Runtime, root: &Path) -> Result<Self> {
        let (program, subcommand) = match runtime {
            Runtime::Spin => (PathBuf::from("spin"), Some("up")),
            Runtime::LocalHost => {
                let built = Command::new("cargo")
                    .args(["build", "--workspace", "--release", "--bin", "local-host"])
                    .current_dir(root)
                    .status()
                    .context("cannot run cargo")?;
                ensure!(built.success(), "the local host does not compile");
                (root.join("target").join("release").join("local-host"), None)
            }
        };
        Ok(Self { program, subcommand, root: root.to_owned() })
    }

    /// Serves the application from the database of `data`. With `build` its components are compiled first.
    pub fn app(&self, data: &DataSet, build: bool) -> Result<Server> {
        self.start(&self.root, &data.state_dir, build)
    }

    /// Compiles and serves the hello component.
    pub fn hello(&self, state_dir: &Path) -> Result<Server> {
        self.start(&self.root.join("bench").join("hello-service"), state_dir, true)
    }

    fn start(&self, manifest: &Path, state_dir: &Path, build: bool) -> Result<Server> {
        std::fs::create_dir_all(state_dir)?;
        let authority = free_authority()?;
        let mut command = Command::new(&self.program);
        command.args(self.subcommand).arg("--from").arg(manifest.join("spin.toml"));
        command.arg("--listen").arg(&authority).arg("--state-dir").arg(state_dir).arg("--quiet");
        if build {
            command.arg("--build");
        }
        command.current_dir(&self.root);
        Server::start(command, authority, "/.well-known/spin/health", &state_dir.join("output.txt"))
    }
}
