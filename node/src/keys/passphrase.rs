//! Where passphrases come from.

use std::{env, fmt, fs::File, path::PathBuf};

use zeroize::Zeroizing;

use super::PassphraseError;
use crate::disk;

/// The variable that [`PassphraseSource::Environment`] reads.
pub const PASSPHRASE_VARIABLE: &str = "EMOTIONALCHAIN_PASSPHRASE";

/// The longest passphrase: longer than any that is typed, and an end to reading a file that is not one.
const MAX_PASSPHRASE: usize = 1024;

/// A passphrase of 1 to 1,024 bytes. Does not print; cleared on drop.
#[derive(Clone)]
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// Takes over a text.
    ///
    /// # Errors
    /// [`PassphraseError::Empty`], [`PassphraseError::TooLong`].
    pub fn new(text: String) -> Result<Self, PassphraseError> {
        let text = Zeroizing::new(text);
        match text.len() {
            0 => Err(PassphraseError::Empty),
            1..=MAX_PASSPHRASE => Ok(Self(text)),
            _ => Err(PassphraseError::TooLong { max: MAX_PASSPHRASE }),
        }
    }

    pub(super) fn expose(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Passphrase(…)")
    }
}

/// Whether a passphrase opens what there is, or protects something new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PassphrasePurpose {
    /// Asked once.
    Unlock,
    /// Asked twice: a slip of the finger would lock the keys for ever.
    Create,
}

/// Where to get a passphrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PassphraseSource {
    /// Typed at the terminal, unseen.
    Prompt,
    /// The text of a file that only its owner may read, without the end of its last line.
    File(PathBuf),
    /// [`PASSPHRASE_VARIABLE`]. Other processes of the user can read it there for as long as the node runs: a file is
    /// better where there is one.
    Environment,
}

impl PassphraseSource {
    /// Gets it.
    ///
    /// # Errors
    /// [`PassphraseError`].
    pub fn read(&self, purpose: PassphrasePurpose) -> Result<Passphrase, PassphraseError> {
        match self {
            Self::Prompt => prompt(purpose, rpassword::prompt_password),
            Self::File(path) => from_file(path.clone()),
            Self::Environment => from_variable(env::var(PASSPHRASE_VARIABLE)),
        }
    }
}

/// Asks as often as the purpose wants.
pub(super) fn prompt(
    purpose: PassphrasePurpose,
    mut ask: impl FnMut(&'static str) -> std::io::Result<String>,
) -> Result<Passphrase, PassphraseError> {
    let mut ask = |text| {
        let answer =
            ask(text).map_err(|source| PassphraseError::Io { from: PathBuf::from("terminal"), source });
        Passphrase::new(answer?)
    };
    match purpose {
        PassphrasePurpose::Unlock => ask("Passphrase of the keys: "),
        PassphrasePurpose::Create => {
            let first = ask("New passphrase for the keys: ")?;
            let again = ask("The same again: ")?;
            if first.expose() == again.expose() { Ok(first) } else { Err(PassphraseError::Mismatch) }
        }
    }
}

fn from_file(path: PathBuf) -> Result<Passphrase, PassphraseError> {
    let io = |source| PassphraseError::Io { from: path.clone(), source };
    let file = File::open(&path).map_err(io)?;
    let others = disk::others_mode(&file).map_err(io)?;
    if others != 0 {
        return Err(PassphraseError::Exposed { path, others });
    }
    // Room for the line's end, which is not part of it.
    let limit = MAX_PASSPHRASE.saturating_add(2);
    let bytes = disk::read_bounded(&file, limit).map_err(io)?;
    let bytes = Zeroizing::new(bytes.ok_or(PassphraseError::TooLong { max: MAX_PASSPHRASE })?);
    let text = std::str::from_utf8(&bytes).map_err(|_| PassphraseError::NotText)?;
    let line = text.strip_suffix('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)).unwrap_or(text);
    Passphrase::new(line.to_owned())
}

/// Sorts what the environment says.
pub(super) fn from_variable(variable: Result<String, env::VarError>) -> Result<Passphrase, PassphraseError> {
    match variable {
        Ok(text) => Passphrase::new(text),
        Err(env::VarError::NotPresent) => Err(PassphraseError::NotSet { variable: PASSPHRASE_VARIABLE }),
        Err(env::VarError::NotUnicode(_)) => Err(PassphraseError::NotText),
    }
}
