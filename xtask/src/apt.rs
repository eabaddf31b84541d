//! Debian's package manager: asked only for what is missing, and only where we may.

use crate::error::Error;
use crate::shell::Shell;
use crate::{Result, paths};

/// Installs these packages, or says which command a person with the right to do so must run.
pub fn install(what: &str, packages: &[&str]) -> Result {
    let remedy = format!("apt-get update && apt-get install --yes {}", packages.join(" "));
    let missing = || Error::Missing { what: what.to_owned(), remedy: format!("sudo sh -c '{remedy}'") };
    if paths::which("apt-get").is_none() {
        return Err(Error::Missing {
            what: what.to_owned(),
            remedy: format!("your system's package manager for the likes of Debian's {}", packages.join(" ")),
        });
    }
    let mut shell = match (is_root(), may_sudo()) {
        (true, _) => Shell::new("sh"),
        (false, true) => Shell::new("sudo").args(["--non-interactive", "sh"]),
        (false, false) => return Err(missing()),
    };
    println!("setup: {what} is missing, installing {}", packages.join(" "));
    shell = shell.env("DEBIAN_FRONTEND", "noninteractive");
    shell.args(["-c", &format!("{remedy} --no-install-recommends")]).run()
}

fn is_root() -> bool {
    Shell::new("id").args(["-u"]).read().as_deref() == Some("0")
}

/// Whether sudo works without asking for a password: set-up never waits for a keyboard.
fn may_sudo() -> bool {
    Shell::new("sudo").args(["--non-interactive", "true"]).read().is_some()
}
