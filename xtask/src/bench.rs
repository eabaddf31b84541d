//! `cargo xtask bench`: the measurements, and where they are written down.

use crate::shell::Shell;
use crate::{Result, paths};

/// Options of `cargo xtask bench`.
#[derive(clap::Args)]
pub struct Args {
    /// Run every measurement once and briefly, to see that it runs; the numbers mean nothing
    #[arg(long)]
    smoke: bool,
}

/// Micro-benchmarks first, then a network of real processes.
pub fn main(args: &Args) -> Result {
    let mut micro = Shell::cargo(["bench", "--workspace", "--benches"]);
    let mut network =
        Shell::cargo(["run", "--release", "--package", "emotionalchain-tests", "--bin", "netbench"]);
    if args.smoke {
        micro = micro.args(["--", "--test"]);
        network = network.args(["--", "--smoke"]);
    }
    micro.run()?;
    network.run()?;
    println!("criterion's reports: {}", paths::target().join("criterion").display());
    println!("results worth keeping go into docs/benchmarks.md, with the machine and the date");
    Ok(())
}
