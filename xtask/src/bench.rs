//! `cargo xtask bench`: the measurements behind `docs/benchmarks.md`, on optimised programs. `bench web` measures the
//! light client in a browser, see [`bench_web`].

use std::ffi::OsString;

use crate::shell::Shell;
use crate::sim::PROFILE;
use crate::{Result, bench_web, paths};

/// Everything after `bench` belongs to the measuring program, `--help` included.
#[derive(clap::Args)]
#[command(disable_help_flag = true)]
pub struct Args {
    /// `web` and its arguments, or arguments of the native measuring program, e.g. `--only crypto`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGS")]
    rest: Vec<OsString>,
}

/// Builds the validator and the measuring program, and runs the latter. Its section is standard output alone.
pub fn main(args: &Args) -> Result {
    if let [first, rest @ ..] = args.rest.as_slice()
        && first == "web"
    {
        return bench_web::main(rest);
    }
    let node = ["build", "--quiet", "--package", "emotionalchain-node", "--bin", "emotionalchain"];
    Shell::cargo(node).args(PROFILE).run()?;
    let program = paths::target().join("sim").join("emotionalchain");
    let bench = ["run", "--quiet", "--package", "emotionalchain-tests", "--bin", "bench"];
    Shell::cargo(bench).args(PROFILE).args(["--", "--program"]).args([program]).args(&args.rest).run()
}
