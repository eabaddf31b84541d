//! `cargo xtask wasm`: what validators and browsers must agree on, compiled for the browser and tested in one.

use crate::error::Error;
use crate::setup;
use crate::shell::Shell;
use crate::tally::Tally;
use crate::toolchain::{TARGET, Toolchain};
use crate::{Result, paths};

/// The crate that both sides share; its `webdriver.json` holds the browser's flags.
const SHARED: &str = "shared";

/// Seconds that one test binary may take in the browser before it counts as stuck.
const BROWSER_SECONDS: &str = "300";

/// Options of `cargo xtask wasm`.
#[derive(clap::Args)]
pub struct Args {
    /// Only compile; start no browser
    #[arg(long)]
    check: bool,
}

/// Installs what is missing, compiles, tests.
pub fn main(args: &Args) -> Result {
    if args.check {
        setup::wasm_compiler()?;
        return check();
    }
    setup::wasm()?;
    check()?;
    let tally = browser()?;
    println!("{} passed, {} failed", tally.passed, tally.failed);
    Ok(())
}

/// The shared crates compile for wasm32 as a browser would use them: no engine, no test code.
pub fn check() -> Result {
    let packages = ["--package", "emotionalchain-proto", "--package", "emotionalchain-shared"];
    toolchain()?.cargo()?.args(["check", "--target", TARGET]).args(packages).run()
}

/// The tests that carry `wasm_bindgen_test`, in headless Chromium.
///
/// `--mode no-install`: the tools come from the set-up, wasm-pack fetches nothing. The test files are named because the
/// others need proptest or a disk.
pub fn browser() -> Result<Tally> {
    let driver = paths::which("chromedriver").ok_or_else(|| Error::Missing {
        what: "chromedriver".to_owned(),
        remedy: "cargo xtask setup --wasm".to_owned(),
    })?;
    let call = Shell::new("wasm-pack")
        .args(["test", "--mode", "no-install", "--headless", "--chrome", "--chromedriver"])
        .args([driver])
        .args([SHARED, "--test", "biometrics_golden", "--test", "merkle_wasm"])
        .env("WASM_BINDGEN_TEST_TIMEOUT", BROWSER_SECONDS);
    toolchain()?.prepare(call)?.run_tests()
}

fn toolchain() -> Result<Toolchain> {
    Toolchain::installed().ok_or_else(|| Error::Missing {
        what: format!("a compiler for {TARGET}"),
        remedy: "cargo xtask setup --wasm".to_owned(),
    })
}
