//! Node.js and npm: the one that is installed builds, and a pinned one runs the browser tests.
//!
//! Node.js 20 or later with npm is taken for granted for the page and the package, as Rust is for the rest. The tests
//! need 22, which has `WebSocket`; it comes from npm itself into the tools folder.

use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::shell::Shell;
use crate::{Result, files, paths};

/// The Node.js that runs the browser tests and the README's ten lines. One version, named.
const NODE_22: &str = "22.23.3";

/// The oldest Node.js that builds the page.
const OLDEST_MAJOR: u32 = 20;

/// Folders with a `package-lock.json` of their own, each after those it uses.
const FOLDERS: [&str; 3] = ["wasm-client/npm", "web", "tests/e2e"];

/// The copy of the lock file that was installed: where it equals the committed one there is nothing to do.
const STAMP: &str = "installed-lock.json";

/// Whether the page can be built here at all.
pub fn is_there() -> bool {
    paths::which("npm").is_some() && major().is_some_and(|major| major >= OLDEST_MAJOR)
}

/// Says what is missing where the page cannot be built.
pub fn check() -> Result {
    if is_there() {
        return Ok(());
    }
    Err(Error::Missing {
        what: format!("Node.js {OLDEST_MAJOR} or later with npm"),
        remedy: "your system's package manager, or take one from nodejs.org".to_owned(),
    })
}

/// The program of the pinned Node.js.
pub fn node_22() -> Result<PathBuf> {
    Ok(folder_of_node_22()?.join("node_modules").join("node").join("bin").join("node"))
}

/// Installs the pinned Node.js unless it is there.
pub fn ensure_node_22() -> Result {
    let wanted = format!("v{NODE_22}");
    if Shell::new(node_22()?).args(["--version"]).read() == Some(wanted) {
        return Ok(());
    }
    check()?;
    let folder = folder_of_node_22()?;
    println!("setup: Node.js {NODE_22} is missing, installing it into {}", folder.display());
    files::create(&folder)?;
    let package = format!("node@{NODE_22}");
    Shell::new("npm").args(["install", "--no-save", "--prefix"]).args([&folder]).args([package]).run()
}

/// Installs what the lock files name, where it is not installed yet.
pub fn ensure_dependencies() -> Result {
    check()?;
    FOLDERS.into_iter().try_for_each(dependencies)
}

/// A call of npm in a folder of the repository. Its scripts meet the pinned Node.js where that is installed: they run
/// tests written in TypeScript, which older ones do not read.
pub fn npm<'a>(folder: &str, args: impl IntoIterator<Item = &'a str>) -> Shell {
    let call = Shell::new("npm").args(args).within(paths::root().join(folder));
    match node_22() {
        Ok(program) => call.env("PATH", paths::path_with(&[program.with_file_name("")])),
        Err(_) => call,
    }
}

fn dependencies(folder: &str) -> Result {
    let folder_path = paths::root().join(folder);
    let lock = files::read(&folder_path.join("package-lock.json"))?;
    let stamp = folder_path.join("node_modules").join(STAMP);
    if files::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    println!("setup: the packages of {folder} are missing or of other versions");
    npm(folder, ["ci", "--no-audit", "--no-fund"]).run()?;
    files::write(&stamp, &lock)
}

fn folder_of_node_22() -> Result<PathBuf> {
    Ok(paths::tools()?.join(Path::new("node22")))
}

/// The major version of the Node.js on `PATH`.
fn major() -> Option<u32> {
    parse_major(&Shell::new("node").args(["--version"]).read()?)
}

/// 20 in `v20.20.2`.
fn parse_major(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read() {
        assert_eq!(parse_major("v20.20.2"), Some(20));
        assert_eq!(parse_major("20.20.2"), None);
        assert_eq!(parse_major("v"), None);
    }
}
