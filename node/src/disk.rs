//! Steps on the disk that are done whole or not at all.
//!
//! - A new file is written under a temporary name, synced, and then given its name: a reader never sees half of it, not
//!   even after a power cut.
//! - A name is durable only when its directory is synced as well.
//! - Files made here are for their owner alone (0600).

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

/// Makes names in the directory of `path` durable.
pub(crate) fn sync_directory(path: &Path) -> io::Result<()> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    File::open(directory)?.sync_all()
}

/// The name that a file has until it is complete. There is one a path, so that what a crash leaves behind is taken over by
/// the next attempt and does not pile up.
fn temporary(path: &Path) -> PathBuf {
    let mut name = OsString::from(path.as_os_str());
    name.push(".new");
    PathBuf::from(name)
}

/// Writes and syncs the temporary file; gives the open handle and its name.
fn write_temporary(path: &Path, bytes: &[u8]) -> io::Result<(File, PathBuf)> {
    let name = temporary(path);
    match fs::remove_file(&name) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&name)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    Ok((file, name))
}

/// Puts a complete file in the place of the one there, if any. Gives the open handle, at the end of what was written.
pub(crate) fn replace(
    path: &Path,
    bytes: &[u8],
    prepare: impl FnOnce(&File) -> io::Result<()>,
) -> io::Result<File> {
    let (file, name) = write_temporary(path, bytes)?;
    prepare(&file)?;
    fs::rename(&name, path)?;
    sync_directory(path)?;
    Ok(file)
}

/// Makes a complete file where there is none; `AlreadyExists` otherwise, also when another process is faster.
pub(crate) fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if fs::symlink_metadata(path).is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    let (_, name) = write_temporary(path, bytes)?;
    // Unlike a rename, a link never replaces.
    let linked = fs::hard_link(&name, path);
    fs::remove_file(&name)?;
    linked?;
    sync_directory(path)
}

/// Reads a file of at most `max` bytes; `None` if it is longer.
pub(crate) fn read_bounded(file: &File, max: usize) -> io::Result<Option<Vec<u8>>> {
    let limit = u64::try_from(max).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    file.take(limit).read_to_end(&mut bytes)?;
    Ok((bytes.len() <= max).then_some(bytes))
}

/// The permission bits of an open file that let others than its owner in; 0 where the system has none.
pub(crate) fn others_mode(file: &File) -> io::Result<u32> {
    #[cfg(unix)]
    let mode = std::os::unix::fs::MetadataExt::mode(&file.metadata()?) & 0o077;
    #[cfg(not(unix))]
    let mode = 0;
    Ok(mode)
}
