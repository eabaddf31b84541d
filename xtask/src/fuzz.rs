//! `cargo xtask fuzz`: every target of `fuzz/Cargo.toml`, or one of them, for a bounded time.

use std::fs;

use crate::error::Error;
use crate::setup::{self, Tool};
use crate::shell::Shell;
use crate::{Result, paths};

/// Memory a target may use before that counts as a finding: a length bomb shows itself here.
const RSS_LIMIT_MIB: u32 = 1024;
/// Seconds a single input may take before that counts as a finding.
const INPUT_SECONDS: u32 = 5;

/// Options of `cargo xtask fuzz`.
#[derive(clap::Args)]
pub struct Args {
    /// Seconds for each target
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
    /// Only this target
    target: Option<String>,
}

/// Installs what is missing, then fuzzes.
pub fn main(args: &Args) -> Result {
    setup::fuzz()?;
    run(args.seconds, args.target.as_deref()).map(|_| ())
}

/// Runs the targets one after another and returns how many ran; stops at the first that finds something.
pub fn run(seconds: u32, only: Option<&str>) -> Result<u64> {
    let known = targets()?;
    let chosen: Vec<&String> =
        known.iter().filter(|name| only.is_none_or(|only| only == name.as_str())).collect();
    if chosen.is_empty() {
        let asked = only.map_or_else(|| "at all".to_owned(), |only| format!("`{only}`"));
        return Err(Error::NoFuzzTarget { asked, known: known.join(", ") });
    }
    cargo_fuzz()?.args(["build", "--fuzz-dir", "fuzz"]).args(only).run()?;
    let mut ran: u64 = 0;
    for name in chosen {
        one(name, seconds)?;
        ran = ran.saturating_add(1);
    }
    Ok(ran)
}

/// One target: what it learns is kept beside the build output, seeds that are worth sharing in `fuzz/seeds`.
fn one(name: &str, seconds: u32) -> Result {
    let learnt = paths::target().join("fuzz").join("corpus").join(name);
    fs::create_dir_all(&learnt).map_err(|source| Error::File { path: learnt.clone(), source })?;
    let seeds = paths::root().join("fuzz").join("seeds").join(name);
    let mut call = cargo_fuzz()?.args(["run", "--fuzz-dir", "fuzz", name]).args([&learnt]);
    if seeds.is_dir() {
        call = call.args([&seeds]);
    }
    call.args([
        "--".to_owned(),
        format!("-max_total_time={seconds}"),
        format!("-rss_limit_mb={RSS_LIMIT_MIB}"),
        format!("-timeout={INPUT_SECONDS}"),
        "-verbosity=0".to_owned(),
        "-print_final_stats=1".to_owned(),
    ])
    .run()
}

/// The names that `fuzz/Cargo.toml` declares.
fn targets() -> Result<Vec<String>> {
    let manifest = paths::root().join("fuzz").join("Cargo.toml");
    if !manifest.is_file() {
        return Ok(Vec::new());
    }
    let list = cargo_fuzz()?.args(["list", "--fuzz-dir", "fuzz"]).capture()?;
    Ok(list.lines().map(|line| line.trim().to_owned()).collect())
}

/// `cargo fuzz` on nightly, or on the everyday compiler told to accept the sanitiser flags where no nightly is there.
fn cargo_fuzz() -> Result<Shell> {
    let path = paths::path_with(&[paths::tools()?.join("bin")]);
    let call = if nightly() {
        Shell::cargo(["+nightly", Tool::CARGO_FUZZ.subcommand])
    } else {
        Shell::cargo([Tool::CARGO_FUZZ.subcommand]).env("RUSTC_BOOTSTRAP", "1")
    };
    Ok(call.env("PATH", path).env("CARGO_TARGET_DIR", paths::target().join("fuzz")))
}

/// Whether a nightly toolchain is installed.
fn nightly() -> bool {
    Shell::cargo(["+nightly", "--version"]).env("RUSTUP_AUTO_INSTALL", "0").read().is_some()
}
