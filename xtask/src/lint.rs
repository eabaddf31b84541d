//! `cargo xtask lint`: formatting, then clippy over every target with warnings as errors.
//!
//! The light client is a workspace of its own, and needs its patched crates before cargo can load it.

use crate::shell::Shell;
use crate::{Result, patched, paths};

/// The light client's manifest.
pub const CLIENT: [&str; 2] = ["--manifest-path", "wasm-client/Cargo.toml"];

/// A native call of cargo in the light client's workspace. It shares the build folder with all else.
pub fn client(command: &str) -> Result<Shell> {
    patched::ensure()?;
    Ok(Shell::cargo([command]).args(CLIENT).env("CARGO_TARGET_DIR", paths::target()))
}

/// Both checks.
pub fn main() -> Result {
    format()?;
    clippy()
}

/// Refuses code that `cargo fmt` would change.
pub fn format() -> Result {
    Shell::cargo(["fmt", "--all", "--check"]).run()?;
    client("fmt")?.args(["--check"]).run()
}

/// The lints of both workspaces over libraries, binaries, tests, examples and benches.
pub fn clippy() -> Result {
    Shell::cargo(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]).run()?;
    client("clippy")?.args(["--all-targets", "--", "-D", "warnings"]).run()
}
