//! Files and folders, with the path in every error.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Result;
use crate::error::Error;

/// Turns the operating system's error into one that names the path.
pub fn at(path: &Path) -> impl FnOnce(std::io::Error) -> Error + '_ {
    |source| Error::File { path: path.to_path_buf(), source }
}

/// The whole file.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(at(path))
}

/// Writes the whole file, and the folders above it where they are missing.
pub fn write(path: &Path, content: &[u8]) -> Result {
    if let Some(folder) = path.parent() {
        create(folder)?;
    }
    fs::write(path, content).map_err(at(path))
}

/// A folder and those above it.
pub fn create(folder: &Path) -> Result {
    fs::create_dir_all(folder).map_err(at(folder))
}

/// Removes a folder with all it holds; one that is not there is removed already.
pub fn remove(folder: &Path) -> Result {
    if folder.exists() { fs::remove_dir_all(folder).map_err(at(folder)) } else { Ok(()) }
}

/// What a folder holds, in the order of the names; nothing where there is no such folder.
pub fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(folder).map_err(at(folder))?;
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(at(folder))?.path());
    }
    paths.sort();
    Ok(paths)
}

/// Copies every file below `from` to the same place below `to`, hidden ones left out.
pub fn copy_tree(from: &Path, to: &Path) -> Result {
    create(to)?;
    for path in entries(from)? {
        let Some(name) = path.file_name().filter(|name| !name.to_string_lossy().starts_with('.')) else {
            continue;
        };
        let target = to.join(name);
        if path.is_dir() { copy_tree(&path, &target)? } else { write(&target, &read(&path)?)? }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_holds_all_but_the_hidden_files() {
        let folder = std::env::temp_dir().join(format!("xtask-files-{}", std::process::id()));
        remove(&folder).unwrap();
        write(&folder.join("from/one/two.txt"), b"2").unwrap();
        write(&folder.join("from/.hidden"), b"").unwrap();
        copy_tree(&folder.join("from"), &folder.join("to")).unwrap();
        assert_eq!(entries(&folder.join("to")).unwrap(), [folder.join("to/one")]);
        assert_eq!(read(&folder.join("to/one/two.txt")).unwrap(), b"2");
        remove(&folder).unwrap();
    }
}
