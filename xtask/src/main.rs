//! The one door of the repository: everything a person or a machine does with it goes through `cargo xtask`.
//!
//! One file a sub-command. What they share stands beside them: [`shell`] runs programs, [`paths`] knows where things
//! lie, [`files`] reads and writes, [`tally`] counts tests in what the runners print, [`sizes`] weighs what was built.
//! What has to be installed: [`apt`], [`npm`], [`toolchain`] for wasm32, [`patched`] for crates with mends of our own.

mod apt;
mod bench;
mod bench_web;
mod e2e;
mod error;
mod files;
mod fuzz;
mod lint;
mod npm;
mod patched;
mod paths;
mod run;
mod setup;
mod shell;
mod shim;
mod sim;
mod sizes;
mod tally;
mod test;
mod toolchain;
mod wasm;
mod web;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::error::Error;

/// Set up, run and test EmotionalChain.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Check the tools that a build needs and install what is missing
    Setup(setup::Args),
    /// Build the validator and the page, and start a local network of separate processes
    Run(run::Args),
    /// Run every check that a change must pass, and stop at the first that fails
    Test(test::Args),
    /// Check formatting and run clippy with warnings as errors
    Lint,
    /// Run the fuzz targets, each for a bounded time
    Fuzz(fuzz::Args),
    /// Run the simulator: real validators in a simulated world, over many seeds
    Sim(sim::Args),
    /// Measure on this machine, and print a section for docs/benchmarks.md; `bench web` measures in a browser
    Bench(bench::Args),
    /// Check that the shared crates compile for wasm32, and run wasm32 tests in headless Chromium and Firefox
    Wasm(wasm::Args),
    /// Build the light client, its npm package and the page, and hold their sizes against the limits
    Web(web::Args),
    /// Run the page and the package in real browsers against local networks
    E2e(e2e::Args),
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Setup(args) => setup::main(&args),
        Command::Run(args) => run::main(&args),
        Command::Test(args) => test::main(&args),
        Command::Lint => lint::main(),
        Command::Fuzz(args) => fuzz::main(&args),
        Command::Sim(args) => sim::main(&args),
        Command::Bench(args) => bench::main(&args),
        Command::Wasm(args) => wasm::main(&args),
        Command::Web(args) => web::main(&args),
        Command::E2e(args) => e2e::main(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What every sub-command returns.
type Result<T = ()> = std::result::Result<T, Error>;
