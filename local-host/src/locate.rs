//! Finding the manifest, the way `spin up` finds it.

use crate::report;
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};

const MANIFEST: &str = "spin.toml";

/// How far up to look.
const MAX_DISTANCE: usize = 20;

/// The manifest that `--from` names, or the nearest one from `base` upwards up
/// to the root of the Git repository.
///
/// # Errors
/// If there is none.
pub fn manifest(from: Option<&Path>, base: &Path) -> Result<PathBuf> {
    match from {
        Some(path) => named(path),
        None => upwards(base),
    }
}

fn named(path: &Path) -> Result<PathBuf> {
    if path.is_dir() {
        let file = path.join(MANIFEST);
        if file.is_file() {
            return Ok(file);
        }
        bail!("the directory {} has no file {MANIFEST}", path.display());
    }
    match path.try_exists() {
        Ok(true) => Ok(path.to_owned()),
        Ok(false) => bail!("there is no file or directory {}", path.display()),
        Err(err) => bail!("failed to access {}: {err}", path.display()),
    }
}

fn upwards(base: &Path) -> Result<PathBuf> {
    if base.join(MANIFEST).exists() {
        return Ok(PathBuf::from(MANIFEST));
    }
    for distance in 1..MAX_DISTANCE {
        let directory = "../".repeat(distance);
        if !base.join(&directory).is_dir() {
            break;
        }
        let file = Path::new(&directory).join(MANIFEST);
        if base.join(&file).is_file() {
            report::note(format_args!("No {MANIFEST} in the current directory. Using {}", file.display()));
            return Ok(file);
        }
        if base.join(&directory).join(".git").is_dir() {
            break;
        }
    }
    bail!("there is no {MANIFEST} here or in a directory above: name one with --from")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_search_goes_up_to_the_root_of_the_repository() {
        let root = tempfile::tempdir().unwrap();
        let inner = root.path().join("repository/a/b");
        fs::create_dir_all(&inner).unwrap();
        fs::write(root.path().join(MANIFEST), "").unwrap();
        let found = manifest(None, &inner).unwrap();
        assert_eq!(found, Path::new("../../../spin.toml"));
        fs::create_dir(root.path().join("repository/.git")).unwrap();
        assert!(manifest(None, &inner).is_err());
        fs::write(inner.join(MANIFEST), "").unwrap();
        assert_eq!(manifest(None, &inner).unwrap(), Path::new(MANIFEST));
    }

    #[test]
    fn a_file_or_its_directory_can_be_named() {
        let root = tempfile::tempdir().unwrap();
        let named = |path: &Path| manifest(Some(path), Path::new("unused"));
        assert!(named(root.path()).is_err());
        let file = root.path().join("other.toml");
        assert!(named(&file).is_err());
        fs::write(&file, "").unwrap();
        assert_eq!(named(&file).unwrap(), file);
        fs::write(root.path().join(MANIFEST), "").unwrap();
        assert_eq!(named(root.path()).unwrap(), root.path().join(MANIFEST));
    }
}
