//! `cargo xtask lint`: formatting, then clippy over every target with warnings as errors.

use crate::Result;
use crate::shell::Shell;

/// Both checks.
pub fn main() -> Result {
    format()?;
    clippy()
}

/// Refuses code that `cargo fmt` would change.
pub fn format() -> Result {
    Shell::cargo(["fmt", "--all", "--check"]).run()
}

/// The workspace's lints over libraries, binaries, tests, examples and benches.
pub fn clippy() -> Result {
    Shell::cargo(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]).run()
}
