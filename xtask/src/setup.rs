//! `cargo xtask setup`: what a build needs, checked, and installed where it is missing.
//!
//! Rust and a C compiler are taken for granted: without them xtask itself could not have been built. So are Node.js and
//! npm for what runs in a browser. Everything else is looked for first, so that a second call touches nothing and needs
//! no network.

use std::fs;
use std::path::PathBuf;

use crate::error::Error;
use crate::shell::Shell;
use crate::toolchain::{DEBIAN_PACKAGES, TARGET, Toolchain};
use crate::{Result, apt, npm, patched, paths};

/// Options of `cargo xtask setup`.
#[derive(clap::Args)]
pub struct Args {
    /// Also what browser code needs: a wasm32 compiler, wasm-bindgen, wasm-pack, Chromium and Firefox with their
    /// drivers, patched crates, Node.js 22, npm packages
    #[arg(long)]
    wasm: bool,
    /// Also what fuzzing needs: cargo-fuzz and a C++ compiler
    #[arg(long)]
    fuzz: bool,
}

/// A program that cargo installs into the tools folder.
pub struct Tool {
    package: &'static str,
    /// One version, named: two machines then run the same tool.
    version: &'static str,
    /// The installed program.
    program: &'static str,
    /// What stands between the program and its arguments; a `cargo-…` program is called as a cargo sub-command.
    pub subcommand: &'static str,
}

impl Tool {
    /// Must be of the very version of the `wasm-bindgen` crate in `Cargo.lock`.
    const WASM_BINDGEN: Self =
        Self { package: "wasm-bindgen-cli", version: "0.2.108", program: "wasm-bindgen", subcommand: "" };
    const WASM_PACK: Self =
        Self { package: "wasm-pack", version: "0.15.1", program: "wasm-pack", subcommand: "" };
    /// Drives Firefox.
    const GECKODRIVER: Self =
        Self { package: "geckodriver", version: "0.37.1", program: "geckodriver", subcommand: "" };
    /// Called as `cargo fuzz`.
    pub const CARGO_FUZZ: Self =
        Self { package: "cargo-fuzz", version: "0.13.2", program: "cargo-fuzz", subcommand: "fuzz" };

    /// Installs the tool unless that version is there.
    fn ensure(&self) -> Result {
        let tools = paths::tools()?;
        let program = tools.join("bin").join(self.program);
        let mut call = Shell::new(&program);
        if !self.subcommand.is_empty() {
            call = call.args([self.subcommand]);
        }
        let version = call.args(["--version"]).read();
        if version.is_some_and(|text| text.split_whitespace().any(|word| word == self.version)) {
            return Ok(());
        }
        println!(
            "setup: {} {} is missing, compiling it into {}",
            self.package,
            self.version,
            tools.display()
        );
        // One build folder for all tools, outside the project's own, removed when the set-up is done.
        Shell::cargo(["install", self.package, "--version", self.version, "--locked", "--root"])
            .args([&tools])
            .env("CARGO_TARGET_DIR", build_folder()?)
            .run()
    }
}

/// Everything that was asked for.
pub fn main(args: &Args) -> Result {
    base()?;
    if args.wasm {
        wasm()?;
        web()?;
    }
    if args.fuzz {
        fuzz()?;
    }
    println!("setup: everything is in place");
    Ok(())
}

/// Formatter and lints, which a minimal Rust installation lacks.
pub fn base() -> Result {
    for (program, component) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        if Shell::cargo([program, "--version"]).read().is_none() {
            println!("setup: {component} is missing, asking rustup for it");
            Shell::new("rustup").args(["component", "add", component]).run()?;
        }
    }
    Ok(())
}

/// Browser code in Rust: what building it needs, and both browsers with their drivers.
pub fn wasm() -> Result {
    if paths::which("chromedriver").is_none() || chromium().is_none() {
        apt::install("Chromium with its driver", &["chromium", "chromium-driver"])?;
    }
    if firefox().is_none() {
        apt::install("Firefox", &["firefox-esr"])?;
    }
    Tool::GECKODRIVER.ensure()?;
    wasm_build()
}

/// What building WebAssembly needs; no browser.
pub fn wasm_build() -> Result {
    wasm_compiler()?;
    Tool::WASM_BINDGEN.ensure()?;
    Tool::WASM_PACK.ensure()?;
    patched::ensure()?;
    tidy()
}

/// The page, the npm package and their tests: Node.js 22 and the packages that the lock files name.
pub fn web() -> Result {
    npm::ensure_dependencies()?;
    npm::ensure_node_22()
}

/// A compiler for wasm32: what is installed; else rustup's; else Debian's.
pub fn wasm_compiler() -> Result {
    if Toolchain::installed().is_some() {
        return Ok(());
    }
    if Toolchain::Rustup.is_wanted() && paths::which("rustup").is_some() {
        println!("setup: a standard library for {TARGET} is missing, asking rustup for it");
        match Shell::new("rustup").args(["target", "add", TARGET]).run() {
            Ok(()) if Toolchain::installed().is_some() => return Ok(()),
            Ok(()) => println!("setup: rustup's library is not where the compiler in use looks for it"),
            Err(error) => println!("setup: {error}; trying Debian's packages"),
        }
    }
    apt::install("a compiler for wasm32", &DEBIAN_PACKAGES)?;
    match Toolchain::installed() {
        Some(_) => Ok(()),
        None => Err(Error::Missing {
            what: format!("a compiler for {TARGET}"),
            remedy: format!("rustup target add {TARGET}"),
        }),
    }
}

/// Fuzzing: libFuzzer is C++, and cargo-fuzz drives it.
pub fn fuzz() -> Result {
    if paths::which("c++").is_none() {
        apt::install("a C++ compiler", &["g++"])?;
    }
    Tool::CARGO_FUZZ.ensure()?;
    tidy()
}

/// The Chromium that tests run in.
pub fn chromium() -> Option<PathBuf> {
    ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(paths::which)
}

/// The Firefox that tests run in.
pub fn firefox() -> Option<PathBuf> {
    ["firefox-esr", "firefox"].into_iter().find_map(paths::which)
}

/// The driver of Firefox, which the set-up compiled.
pub fn geckodriver() -> Result<PathBuf> {
    Ok(paths::tools()?.join("bin").join(Tool::GECKODRIVER.program))
}

fn build_folder() -> Result<PathBuf> {
    Ok(paths::tools()?.join("build"))
}

/// Removes what compiling the tools left behind: several hundred megabytes that no later call uses.
fn tidy() -> Result {
    let folder = build_folder()?;
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|source| Error::File { path: folder.clone(), source })?;
    }
    Ok(())
}
