//! `cargo xtask run`: build the validator, then become a local network of separate processes.

use std::ffi::OsString;

use crate::Result;
use crate::shell::{Shell, words};

/// Options of `cargo xtask run`; more can follow after `--`.
#[derive(clap::Args)]
pub struct Args {
    /// How many validator processes to start (the network's own default where left out)
    #[arg(long, value_name = "N")]
    validators: Option<u16>,
    /// Length of an epoch in seconds (the network's own default where left out)
    #[arg(long, value_name = "S")]
    epoch_seconds: Option<u32>,
    /// Further arguments, handed to `emotionalchain devnet` as they are
    #[arg(last = true)]
    rest: Vec<OsString>,
}

/// Builds in the dev profile, where the cryptography is optimised anyway, and hands the terminal over: Ctrl-C reaches
/// the network itself, which stops its validators cleanly.
pub fn main(args: &Args) -> Result {
    let package = ["--package", "emotionalchain-node", "--bin", "emotionalchain"];
    Shell::cargo(["build"]).args(package).run()?;
    Err(Shell::cargo(["run", "--quiet"]).args(package).args(["--"]).args(devnet(args)).become_it())
}

/// The network's command line.
fn devnet(args: &Args) -> Vec<OsString> {
    let mut line = words(["devnet"]);
    if let Some(validators) = args.validators {
        line.extend(words(["--validators", &validators.to_string()]));
    }
    if let Some(seconds) = args.epoch_seconds {
        line.extend(words(["--epoch-seconds", &seconds.to_string()]));
    }
    line.extend(args.rest.iter().cloned());
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_given_is_passed_on() {
        let bare = Args { validators: None, epoch_seconds: None, rest: Vec::new() };
        assert_eq!(devnet(&bare), words(["devnet"]));
        let full = Args { validators: Some(5), epoch_seconds: Some(3), rest: words(["--json"]) };
        assert_eq!(devnet(&full), words(["devnet", "--validators", "5", "--epoch-seconds", "3", "--json"]));
    }
}
