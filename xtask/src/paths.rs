//! Where things lie: the repository, the build output, the tools that outlive a clone.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::Result;
use crate::error::Error;

/// The repository's root: the parent of this crate.
///
/// Asked of cargo at run time: two clones that share a build folder may share this program too, and the folder it was
/// compiled in is then the other clone's.
pub fn root() -> PathBuf {
    let here =
        set("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    here.parent().map_or_else(|| here.clone(), Path::to_path_buf)
}

/// The build folder: `CARGO_TARGET_DIR` where set, else `target/` of the repository.
pub fn target() -> PathBuf {
    match set("CARGO_TARGET_DIR") {
        // Cargo reads a relative folder from where it is called; `root()` is where xtask calls it.
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// The folder of installed tools: `EMOTIONALCHAIN_TOOLS`, else `emotionalchain/tools` in the user's cache.
///
/// It lies outside the repository so that a fresh clone need not compile its tools again.
pub fn tools() -> Result<PathBuf> {
    if let Some(folder) = set("EMOTIONALCHAIN_TOOLS") {
        return Ok(root().join(folder));
    }
    let cache = match (set("XDG_CACHE_HOME"), set("HOME")) {
        (Some(cache), _) => PathBuf::from(cache),
        (None, Some(home)) => Path::new(&home).join(".cache"),
        (None, None) => return Err(Error::NoCache),
    };
    Ok(cache.join("emotionalchain").join("tools"))
}

/// Where a program of that name lies on `PATH`.
pub fn which(program: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(program)).find(|path| path.is_file())
}

/// `PATH` with these folders before all others.
pub fn path_with(first: &[PathBuf]) -> OsString {
    let inherited = env::var_os("PATH").unwrap_or_default();
    let folders = first.iter().cloned().chain(env::split_paths(&inherited));
    // Joining fails only on a folder whose own name holds the separator; the inherited list is then the better one.
    env::join_paths(folders).unwrap_or(inherited)
}

/// An environment variable that is there and not empty.
fn set(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}
