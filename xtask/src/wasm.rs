//! `cargo xtask wasm`: what validators and browsers must agree on, compiled for the browser and tested in one.

use std::path::PathBuf;

use crate::error::Error;
use crate::setup;
use crate::shell::Shell;
use crate::tally::Tally;
use crate::toolchain::{TARGET, Toolchain};
use crate::{Result, lint, patched, paths};

/// The crate that both sides share, and its test files for the browser: the others need proptest or a disk.
const SHARED: &[&str] = &["shared", "--test", "biometrics_golden", "--test", "merkle_wasm"];
/// The light client; all of its tests run in a browser.
const CLIENT: &[&str] = &["wasm-client"];

/// How a driver is named to wasm-pack. The flags of a browser are in `webdriver.json` beside the crate's manifest.
#[derive(Clone, Copy)]
enum Browser {
    Chromium,
    Firefox,
}

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
    let tally = browsers()?;
    println!("{} passed, {} failed", tally.passed, tally.failed);
    Ok(())
}

/// What a browser uses compiles for wasm32: the shared crates, without engine and test code, and the light client.
pub fn check() -> Result {
    let packages = ["--package", "emotionalchain-proto", "--package", "emotionalchain-shared"];
    toolchain()?.cargo()?.args(["check", "--target", TARGET]).args(packages).run()?;
    patched::ensure()?;
    toolchain()?.cargo()?.args(["check", "--target", TARGET]).args(lint::CLIENT).run()
}

/// The tests that carry `wasm_bindgen_test`, of both crates in both browsers.
pub fn browsers() -> Result<Tally> {
    let mut tally = Tally::default();
    for package in [SHARED, CLIENT] {
        for browser in [Browser::Chromium, Browser::Firefox] {
            tally.add(tests(package, browser)?);
        }
    }
    Ok(tally)
}

/// `--mode no-install`: the tools come from the set-up, wasm-pack fetches nothing.
fn tests(package: &[&str], browser: Browser) -> Result<Tally> {
    let call = Shell::new("wasm-pack").args(["test", "--mode", "no-install", "--headless"]);
    let call = match browser {
        Browser::Chromium => call.args(["--chrome", "--chromedriver"]).args([chromedriver()?]),
        Browser::Firefox => call.args(["--firefox", "--geckodriver"]).args([setup::geckodriver()?]),
    };
    let call = call.args(package).env("WASM_BINDGEN_TEST_TIMEOUT", BROWSER_SECONDS);
    toolchain()?.prepare(call)?.run_tests()
}

fn chromedriver() -> Result<PathBuf> {
    paths::which("chromedriver").ok_or_else(|| Error::Missing {
        what: "chromedriver".to_owned(),
        remedy: "cargo xtask setup --wasm".to_owned(),
    })
}

/// The compiler for wasm32 that is installed.
pub fn toolchain() -> Result<Toolchain> {
    Toolchain::installed().ok_or_else(|| Error::Missing {
        what: format!("a compiler for {TARGET}"),
        remedy: "cargo xtask setup --wasm".to_owned(),
    })
}
