//! A compiler for wasm32: the one that rustup manages, or Debian's own packages where rustup cannot fetch the target.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::shell::Shell;
use crate::{Result, paths, shim};

/// The target that browsers run.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// Debian's packages: compiler, cargo, the standard library's source, and the linker.
pub const DEBIAN_PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld"];

/// Forces one of the two, for trying the other out: `rustup` or `debian`.
const CHOICE: &str = "EMOTIONALCHAIN_WASM_TOOLCHAIN";

/// Where wasm32 code is compiled with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Toolchain {
    /// The everyday toolchain, which has a ready standard library for the target.
    Rustup,
    /// `/usr/bin/cargo` and `/usr/bin/rustc`, which build the standard library from source.
    Debian,
}

impl Toolchain {
    /// The first that is installed.
    pub fn installed() -> Option<Self> {
        let here =
            [Self::Rustup, Self::Debian].into_iter().filter(|one| one.is_wanted() && one.is_installed());
        here.take(1).next()
    }

    /// Whether the user has not asked for the other one.
    pub fn is_wanted(self) -> bool {
        match std::env::var(CHOICE).as_deref() {
            Ok("rustup") => self == Self::Rustup,
            Ok("debian") => self == Self::Debian,
            _ => true,
        }
    }

    /// Whether this one can compile for wasm32 now.
    fn is_installed(self) -> bool {
        match self {
            Self::Rustup => Shell::new("rustc")
                .args(["--print", "target-libdir", "--target", TARGET])
                .read()
                .is_some_and(|folder| has_std(Path::new(&folder))),
            Self::Debian => {
                let needed = ["/usr/bin/cargo", "/usr/bin/rustc", "/usr/bin/wasm-ld"];
                let source = "/usr/lib/rustlib/src/rust/library/Cargo.toml";
                needed.iter().chain([&source]).all(|path| Path::new(path).exists()) && is_recent()
            }
        }
    }

    /// The build folder. Two compilers in one folder would rebuild each other's work, so Debian's has its own.
    pub fn target(self) -> PathBuf {
        match self {
            Self::Rustup => paths::target(),
            Self::Debian => paths::target().join("wasm"),
        }
    }

    /// A call of this toolchain's cargo.
    pub fn cargo(self) -> Result<Shell> {
        match self {
            Self::Rustup => self.prepare(Shell::new("cargo")),
            Self::Debian => self.prepare(Shell::new("/usr/bin/cargo")),
        }
    }

    /// Gives a program that calls cargo this toolchain and the installed tools.
    ///
    /// Always the same variables: cargo rebuilds everything when one of them changes.
    pub fn prepare(self, shell: Shell) -> Result<Shell> {
        let tools = paths::tools()?.join("bin");
        let shell = shell.env("CARGO_TARGET_DIR", self.target());
        Ok(match self {
            Self::Rustup => shell.env("PATH", paths::path_with(&[tools])),
            Self::Debian => {
                let first = [shim::ensure()?, tools, PathBuf::from("/usr/bin")];
                debian(shell.env("PATH", paths::path_with(&first)))
            }
        })
    }
}

/// Debian's compiler is a stable one; building its standard library needs two unstable switches.
fn debian(shell: Shell) -> Shell {
    shell
        .env("RUSTC", "/usr/bin/rustc")
        .env("RUSTDOC", "/usr/bin/rustdoc")
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort")
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "/usr/bin/wasm-ld")
        // Set by the cargo that started xtask for its own toolchain.
        .without("LD_LIBRARY_PATH")
        .without("RUSTUP_TOOLCHAIN")
        .without("CARGO")
}

/// Whether the folder holds a compiled standard library.
fn has_std(folder: &Path) -> bool {
    let Ok(entries) = folder.read_dir() else { return false };
    let is_std = |name: OsString| name.to_string_lossy().starts_with("libstd-");
    entries.flatten().any(|entry| is_std(entry.file_name()))
}

/// Debian's plain `rustc` package, which is years older, may stand in the same place.
fn is_recent() -> bool {
    let version = Shell::new("/usr/bin/rustc").args(["--version"]).without("LD_LIBRARY_PATH").read();
    version.as_deref().and_then(minor).is_some_and(|minor| minor >= OLDEST_MINOR)
}

/// The workspace's `rust-version`, 1.95.
const OLDEST_MINOR: u32 = 95;

/// 96 in `rustc 1.96.0 (…)`.
fn minor(version: &str) -> Option<u32> {
    version.strip_prefix("rustc 1.")?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_minor_version_is_read() {
        assert_eq!(minor("rustc 1.96.0 (ac68faa20 2026-05-25) (built from a source tarball)"), Some(96));
        assert_eq!(minor("rustc 1.63.0"), Some(63));
        assert_eq!(minor("clang 14"), None);
    }
}
