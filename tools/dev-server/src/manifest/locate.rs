//! Finding the manifest.

use anyhow::{Result, bail};
use std::path::{Path, PathBuf};

const MANIFEST: &str = "spin.toml";

/// The manifest that `--from` names: a file, or the `spin.toml` of a directory.
///
/// # Errors
/// If there is none.
pub fn locate(from: &Path) -> Result<PathBuf> {
    let file = if from.is_dir() { from.join(MANIFEST) } else { from.to_owned() };
    match file.try_exists() {
        Ok(true) => Ok(file),
        Ok(false) => bail!("there is no {}: name a manifest or its directory with --from", file.display()),
        Err(err) => bail!("failed to access {}: {err}", file.display()),
    }
}
