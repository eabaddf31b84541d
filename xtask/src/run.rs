//! `cargo xtask run`: build the validator and the page, then become a local network of separate processes.

use std::ffi::OsString;

use crate::shell::{Shell, words};
use crate::{Result, web};

/// Options of `cargo xtask run`; more can follow after `--`.
#[derive(clap::Args)]
pub struct Args {
    /// How many validator processes to start (the network's own default where left out)
    #[arg(long, value_name = "N")]
    validators: Option<u16>,
    /// Length of an epoch in seconds (the network's own default where left out)
    #[arg(long, value_name = "S")]
    epoch_seconds: Option<u32>,
    /// Build and serve no page
    #[arg(long)]
    no_page: bool,
    /// Further arguments, handed to `emotionalchain devnet` as they are
    #[arg(last = true)]
    rest: Vec<OsString>,
}

/// Builds in the dev profile, where the cryptography is optimised anyway, and hands the terminal over: Ctrl-C reaches
/// the network itself, which stops its validators cleanly.
pub fn main(args: &Args) -> Result {
    let package = ["--package", "emotionalchain-node", "--bin", "emotionalchain"];
    Shell::cargo(["build"]).args(package).run()?;
    let mut line = devnet(args);
    if !args.no_page
        && let Some(page) = page()?
    {
        line.extend([OsString::from("--web"), page]);
    }
    Err(Shell::cargo(["run", "--quiet"]).args(package).args(["--"]).args(line).become_it())
}

/// The page, built. A machine that lacks its tools still runs the network; a page that does not build is an error.
fn page() -> Result<Option<OsString>> {
    if let Err(reason) = web::prepare() {
        eprintln!("run: the page is left out: {reason}; then `cargo xtask web` builds it");
        return Ok(None);
    }
    web::build()?;
    Ok(Some(web::page().into_os_string()))
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
        let bare = Args { validators: None, epoch_seconds: None, no_page: false, rest: Vec::new() };
        assert_eq!(devnet(&bare), words(["devnet"]));
        let full =
            Args { validators: Some(5), epoch_seconds: Some(3), no_page: true, rest: words(["--json"]) };
        assert_eq!(devnet(&full), words(["devnet", "--validators", "5", "--epoch-seconds", "3", "--json"]));
    }
}
