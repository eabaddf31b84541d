//! `cargo xtask sim`: the simulator, built with optimisation.

use std::ffi::OsString;

use crate::Result;
use crate::shell::{Shell, words};

/// Everything after `sim` belongs to the simulator, `--help` included.
#[derive(clap::Args)]
#[command(disable_help_flag = true)]
pub struct Args {
    /// Arguments of the simulator, e.g. `--validators 4 --seeds 0..200`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGS")]
    rest: Vec<OsString>,
}

/// Hands the terminal to the simulator.
pub fn main(args: &Args) -> Result {
    simulator().args(&args.rest).run()
}

/// The run that every change must pass: four validators, two hundred seeds.
pub fn gate() -> Result {
    simulator().args(words(["--validators", "4", "--seeds", "0..200"])).run()
}

fn simulator() -> Shell {
    // The build is quiet so that `--json` prints one document and nothing else.
    Shell::cargo(["run", "--quiet", "--release", "--package", "emotionalchain-tests", "--bin", "sim", "--"])
}
