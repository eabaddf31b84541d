//! `cargo xtask e2e`: the page and the package in real browsers, against local networks of separate processes.

use std::path::PathBuf;

use clap::ValueEnum;

use crate::error::Error;
use crate::shell::Shell;
use crate::tally::Tally;
use crate::{Result, files, npm, paths, setup, web};

/// Milliseconds after which a test file counts as stuck. Every wait inside has a bound of its own; this one is for what
/// hangs outside of them.
const TEST_MILLISECONDS: u32 = 600_000;

/// Options of `cargo xtask e2e`.
#[derive(clap::Args)]
pub struct Args {
    /// Only this browser's part of each test
    #[arg(long)]
    browser: Option<Browser>,
    /// Only test files whose name contains this
    filter: Option<String>,
}

/// Where a test runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Browser {
    /// Both transports.
    Chromium,
    /// WebSocket; Firefox reaches no WebRTC server on the loopback address.
    Firefox,
}

impl Browser {
    fn name(self) -> &'static str {
        match self {
            Self::Chromium => "chromium",
            Self::Firefox => "firefox",
        }
    }
}

/// Installs what is missing, builds everything, tests.
pub fn main(args: &Args) -> Result {
    setup::wasm()?;
    setup::web()?;
    web::build()?;
    let tally = run(args.browser, args.filter.as_deref())?;
    println!("{} passed, {} failed", tally.passed, tally.failed);
    Ok(())
}

/// The tests, one file after another: two networks at once starve each other on a small machine. The page must have
/// been built.
pub fn run(browser: Option<Browser>, filter: Option<&str>) -> Result<Tally> {
    programs()?;
    let call = environment(Shell::new(npm::node_22()?))?;
    let call = call
        .args(["--test", "--test-concurrency=1", "--test-reporter=spec"])
        .args([format!("--test-timeout={TEST_MILLISECONDS}")])
        .args(chosen(filter)?);
    match browser {
        Some(browser) => call.env("EMOTIONALCHAIN_BROWSER", browser.name()).run_tests(),
        None => call.without("EMOTIONALCHAIN_BROWSER").run_tests(),
    }
}

/// The programs that tests start. Apart from each other: what the tests' package switches on in the shared crates must
/// not get into the validator.
pub fn programs() -> Result {
    let validator = ["--package", "emotionalchain-node", "--bin", "emotionalchain"];
    Shell::cargo(["build"]).args(validator).run()?;
    Shell::cargo(["build", "--package", "emotionalchain-tests", "--bin", "liar", "--bin", "fill"]).run()
}

/// Tells the tests where everything lies.
pub fn environment(shell: Shell) -> Result<Shell> {
    let missing =
        |what: &str| Error::Missing { what: what.to_owned(), remedy: "cargo xtask setup --wasm".to_owned() };
    let chromium = setup::chromium().ok_or_else(|| missing("Chromium"))?;
    let firefox = setup::firefox().ok_or_else(|| missing("Firefox"))?;
    let programs = paths::target().join("debug");
    Ok(shell
        .env("EMOTIONALCHAIN_PROGRAMS", programs)
        .env("EMOTIONALCHAIN_PAGE", web::page())
        .env("EMOTIONALCHAIN_PACKAGE", paths::root().join(web::PACKAGE))
        .env("EMOTIONALCHAIN_CHROMIUM", chromium)
        .env("EMOTIONALCHAIN_FIREFOX", firefox))
}

/// The test files whose name contains the filter.
fn chosen(filter: Option<&str>) -> Result<Vec<PathBuf>> {
    let folder = paths::root().join("tests").join("e2e");
    let name = |path: &PathBuf| path.file_name().map(|name| name.to_string_lossy().into_owned());
    let tests = [files::entries(&folder)?, files::entries(&folder.join("lib"))?].concat();
    let chosen: Vec<PathBuf> = tests
        .into_iter()
        .filter(|path| name(path).is_some_and(|name| name.ends_with(".test.mjs")))
        .filter(|path| filter.is_none_or(|part| name(path).is_some_and(|name| name.contains(part))))
        .collect();
    if chosen.is_empty() {
        return Err(Error::NoTests { line: format!("e2e {}", filter.unwrap_or_default()) });
    }
    Ok(chosen)
}
