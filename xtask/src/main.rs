//! The one door of the repository: everything a person or a machine does with it goes through `cargo xtask`.
//!
//! One file a sub-command. What they share stands in four more: [`shell`] runs programs, [`paths`] knows where things
//! lie, [`tally`] counts tests in what the runners print, [`toolchain`] finds a compiler for wasm32.

mod apt;
mod bench;
mod error;
mod fuzz;
mod lint;
mod paths;
mod run;
mod setup;
mod shell;
mod sim;
mod tally;
mod test;
mod toolchain;
mod wasm;

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
    /// Build the validator and start a local network of separate processes
    Run(run::Args),
    /// Run every check that a change must pass, and stop at the first that fails
    Test(test::Args),
    /// Check formatting and run clippy with warnings as errors
    Lint,
    /// Run the fuzz targets, each for a bounded time
    Fuzz(fuzz::Args),
    /// Run the simulator: real validators in a simulated world, over many seeds
    Sim(sim::Args),
    /// Measure on this machine, and print a section for docs/benchmarks.md
    Bench(bench::Args),
    /// Check that the shared crates compile for wasm32, and run their tests in a headless browser
    Wasm(wasm::Args),
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
