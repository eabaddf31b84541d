//! `cargo xtask web`: the light client in WebAssembly, the npm package around it, the page that is built on the package.
//!
//! Each lies where the next looks for it: `wasm-client/npm/dist/wasm`, `wasm-client/npm/dist`, `web/dist`. What visitors
//! download has a limit, and the package holds the files of a committed list and no others.

use std::path::{Path, PathBuf};

use crate::shell::Shell;
use crate::sizes::{self, Sizes};
use crate::tally::Tally;
use crate::wasm::{self, toolchain};
use crate::{Result, files, npm, paths, setup};

/// The most that the page may weigh, in gzip. Ours is near 500 kB, nearly all of it WebAssembly; a dependency that adds
/// a tenth is noticed here.
const MAX_PAGE_GZIP: u64 = 550_000;
/// The most that the packed npm package may weigh: the same WebAssembly with types and documentation.
const MAX_PACKED: u64 = 600_000;

/// The npm package's folder.
pub const PACKAGE: &str = "wasm-client/npm";
/// The page's folder.
const PAGE: &str = "web";

/// Options of `cargo xtask web`.
#[derive(clap::Args)]
pub struct Args {
    /// Only check that everything compiles and the types fit; builds nothing that could be opened
    #[arg(long)]
    check: bool,
}

/// Installs what is missing, builds, measures.
pub fn main(args: &Args) -> Result {
    prepare()?;
    if args.check {
        return check();
    }
    build()?;
    measure()
}

/// What the build needs.
pub fn prepare() -> Result {
    npm::check()?;
    setup::wasm_build()?;
    npm::ensure_dependencies()
}

/// The folder that a node serves.
pub fn page() -> PathBuf {
    paths::root().join(PAGE).join("dist")
}

/// WebAssembly, package, page.
pub fn build() -> Result {
    module()?;
    npm::npm(PACKAGE, ["run", "build"]).run()?;
    npm::npm(PAGE, ["run", "build"]).run()?;
    let printed = Shell::new("node").args([script("compress.mjs")]).args([page()]).capture()?;
    files::write(&sizes_file(), printed.as_bytes())
}

/// Prints the sizes, holds them against the limits, and the package against its list.
pub fn measure() -> Result {
    let sizes = Sizes::parse(&String::from_utf8_lossy(&files::read(&sizes_file())?));
    println!("{sizes}");
    sizes::within("the page in gzip", sizes.total().gzip, MAX_PAGE_GZIP)?;
    packed()
}

/// The unit tests of the package and of the page.
pub fn tests() -> Result<Tally> {
    let mut tally = npm::npm(PACKAGE, ["test"]).run_tests()?;
    tally.add(npm::npm(PAGE, ["test"]).run_tests()?);
    Ok(tally)
}

/// The light client with its measuring exports, into a folder of its own.
pub fn measuring(folder: &Path) -> Result {
    let call = wasm_pack().args(["--out-dir"]).args([folder]).args(["--", "--features", "bench"]);
    toolchain()?.prepare(call)?.run()
}

/// The light client as a module that browsers load.
fn module() -> Result {
    toolchain()?.prepare(wasm_pack().args(["--out-dir", "npm/dist/wasm"]))?.run()
}

/// The build that visitors get. What wasm-pack would add to the folder, a manifest and a list of files to ignore, would
/// keep the module out of the package; wasm-opt makes the module smaller and its compressed form larger.
fn wasm_pack() -> Shell {
    Shell::new("wasm-pack")
        .args(["build", "wasm-client", "--mode", "no-install", "--release", "--target", "web"])
        .args(["--out-name", "light_client", "--no-opt", "--no-pack", "--no-gitignore"])
}

/// The same without an optimised build, which takes most of the time.
fn check() -> Result {
    wasm::check()?;
    npm::npm(PACKAGE, ["run", "build"]).run()?;
    npm::npm(PAGE, ["run", "check"]).run()
}

/// The package that npm would publish: its files are those of the committed list, its size is within the limit.
fn packed() -> Result {
    let said = npm::npm(PACKAGE, ["pack", "--dry-run", "--json"]).capture()?;
    let lines = Shell::new("node").args([script("packed.mjs")]).answer(&said)?;
    let (size, found) = lines.split_once('\n').unwrap_or((&lines, ""));
    let list = paths::root().join(PACKAGE).join("contents.txt");
    let wanted = files::read(&list)?;
    sizes::same_files(&String::from_utf8_lossy(&wanted), found, &list)?;
    println!("npm package: {size} bytes packed");
    sizes::within("the packed npm package", size.parse().unwrap_or(u64::MAX), MAX_PACKED)
}

/// The sizes of the last build; they lie outside the folder that is served.
fn sizes_file() -> PathBuf {
    paths::target().join("web-sizes.tsv")
}

fn script(name: &str) -> PathBuf {
    paths::root().join("xtask").join("scripts").join(name)
}
