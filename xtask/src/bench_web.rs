//! `cargo xtask bench web`: what the page weighs and how fast it is, beside other light clients that run in a page.
//!
//! The other clients come from npm into the tools folder, each in its pinned version, for nothing but this comparison.

use std::ffi::OsString;
use std::path::Path;

use crate::shell::Shell;
use crate::{Result, e2e, files, npm, paths, setup, web};

/// The other clients.
const OTHERS: [&str; 4] =
    ["smoldot@3.4.1", "@a16z/helios@0.11.1", "lumina-node-wasm@0.12.0", "@nimiq/core@2.21.0"];

/// Builds with the measuring exports, measures, and prints a section for `docs/benchmarks.md`.
pub fn main(rest: &[OsString]) -> Result {
    setup::wasm()?;
    setup::web()?;
    web::build()?;
    e2e::programs()?;
    let others = paths::tools()?.join("light-clients");
    ensure_others(&others)?;
    let measured = paths::target().join("bench-web");
    web::measuring(&measured)?;
    let call = Shell::new(npm::node_22()?).args([paths::root().join("tests/e2e/bench/main.mjs")]);
    e2e::environment(call)?
        .env("EMOTIONALCHAIN_OTHERS", others)
        .env("EMOTIONALCHAIN_MEASURING", measured)
        .args(rest)
        .run()
}

/// Installs the other clients unless these very versions are there.
fn ensure_others(folder: &Path) -> Result {
    let wanted = OTHERS.join("\n");
    let stamp = folder.join("installed.txt");
    if files::read(&stamp).is_ok_and(|installed| installed == wanted.as_bytes()) {
        return Ok(());
    }
    files::create(folder)?;
    Shell::new("npm")
        .args(["install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"])
        .args([folder])
        .args(OTHERS)
        .run()?;
    files::write(&stamp, wanted.as_bytes())
}
