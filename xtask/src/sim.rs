//! `cargo xtask sim`: the simulator, built with optimisation.

use std::ffi::OsString;

use crate::Result;
use crate::shell::{Shell, words};
use crate::tally::Tally;

/// The profile that the simulator and its tests are built in.
pub const PROFILE: [&str; 2] = ["--profile", "sim"];

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

/// Its own tests: every Byzantine behaviour, every mutation, the same digest for the same seed.
pub fn tests() -> Result<Tally> {
    Shell::cargo(["test"]).args(PROFILE).args(["--package", "emotionalchain-tests"]).run_tests()
}

/// The runs that every change must pass: two hundred seeds of four to ten validators with faults of all kinds.
pub fn gate() -> Result {
    simulator().args(words(["--validators", "4..10", "--seeds", "0..200"])).run()
}

fn simulator() -> Shell {
    // The build is quiet so that `--json` prints one document and nothing else.
    let build = ["run", "--quiet", "--package", "emotionalchain-tests", "--bin", "sim"];
    Shell::cargo(build).args(PROFILE).args(["--"])
}
