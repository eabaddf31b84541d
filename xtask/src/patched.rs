//! The libp2p crates that the browser client builds with mends of its own: `wasm-client/patches/README.md` says which.
//!
//! Upstream's code is not committed. It is taken from cargo's copy of the registry, patched, and laid down in
//! `wasm-client/patched/`, where `[patch.crates-io]` of the client's manifest expects it. A copy of the patch lies
//! beside the result and is its stamp: where it equals the committed patch there is nothing to do.
//!
//! xtask stands outside the client's workspace for this reason: that manifest cannot be loaded before these folders
//! exist.

use std::env;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::shell::Shell;
use crate::{Result, files, paths};

/// The crates, each with the one version that its patch fits.
const CRATES: [(&str, &str); 5] = [
    ("libp2p-identity", "0.3.1"),
    ("libp2p-noise", "0.47.0"),
    ("libp2p-webrtc-utils", "0.5.0"),
    ("libp2p-webrtc-websys", "0.5.0"),
    ("libp2p-websocket-websys", "0.6.0"),
];

/// The copy of the patch that was applied.
const STAMP: &str = "applied.patch";

/// Unpacks and patches what is not there yet, or was patched with another patch.
pub fn ensure() -> Result {
    CRATES.into_iter().try_for_each(|(name, version)| one(name, version))
}

fn one(name: &str, version: &str) -> Result {
    let client = paths::root().join("wasm-client");
    let patch = client.join("patches").join(format!("{name}-{version}.patch"));
    let wanted = files::read(&patch)?;
    let target = client.join("patched").join(name);
    if files::read(&target.join(STAMP)).is_ok_and(|applied| applied == wanted) {
        return Ok(());
    }
    println!("setup: patching {name} {version}");
    // Built aside and moved into place when it is whole: a patch that does not fit leaves no half-patched crate.
    let fresh = client.join("patched").join(format!(".{name}"));
    files::remove(&fresh)?;
    files::copy_tree(&source(name, version)?, &fresh)?;
    apply(&patch, &fresh)?;
    files::write(&fresh.join(STAMP), &wanted)?;
    files::remove(&target)?;
    std::fs::rename(&fresh, &target).map_err(files::at(&target))
}

/// The crate as it was published; asks the registry for it where cargo has not met it yet.
fn source(name: &str, version: &str) -> Result<PathBuf> {
    if let Some(folder) = unpacked(name, version)? {
        return Ok(folder);
    }
    let crate_and_version = format!("{name}@{version}");
    // Reads the manifest of the published crate, for which cargo downloads and unpacks it, and nothing else.
    Shell::cargo(["info", "--quiet", &crate_and_version]).capture()?;
    unpacked(name, version)?.ok_or_else(|| Error::Missing {
        what: format!("the source of {name} {version}"),
        remedy: format!("cargo info {crate_and_version}"),
    })
}

/// The folder in cargo's home, whatever name the registry has there.
fn unpacked(name: &str, version: &str) -> Result<Option<PathBuf>> {
    let registries = files::entries(&cargo_home()?.join("registry").join("src"))?;
    let folders = registries.into_iter().map(|folder| folder.join(format!("{name}-{version}")));
    Ok(folders.into_iter().find(|folder| folder.join("Cargo.toml").is_file()))
}

/// Where cargo keeps what it downloads.
fn cargo_home() -> Result<PathBuf> {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    match (set("CARGO_HOME"), set("HOME")) {
        (Some(home), _) => Ok(home),
        (None, Some(home)) => Ok(home.join(".cargo")),
        (None, None) => Err(Error::NoCache),
    }
}

/// `git apply`, which must not look for the repository around it: inside one it skips, without a word, what it does not
/// find there. `patch` does as well where git is missing.
fn apply(patch: &Path, folder: &Path) -> Result {
    if paths::which("git").is_none() {
        return Shell::new("patch")
            .args(["--strip=1", "--silent", "--input"])
            .args([patch])
            .within(folder)
            .run();
    }
    let above = folder.parent().unwrap_or(folder);
    let git = Shell::new("git").args(["apply", "--whitespace=nowarn"]).args([patch]).within(folder);
    git.env("GIT_CEILING_DIRECTORIES", above).without("GIT_DIR").without("GIT_WORK_TREE").run()
}
