//! What can go wrong with keys.

use std::{io, path::PathBuf};

use emotionalchain_shared::primitives::{Hash, Height};
use thiserror::Error;

/// Why a key file is refused or cannot be made.
#[derive(Debug, Error)]
pub enum KeyFileError {
    /// The disk failed, or there is no such file.
    #[error("the key file {} cannot be read or written", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// There is a file already; keys are never overwritten.
    #[error("{} exists already, and keys are never overwritten: move it away first", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// Others than the owner may use the file.
    #[error("{} is open to others than its owner (mode bits {others:03o}): run `chmod 600` on it", path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Permission bits of group and world that are set.
        others: u32,
    },
    /// Longer than [`super::MAX_KEY_FILE`].
    #[error("a key file has at most {max} bytes")]
    TooLarge {
        /// [`super::MAX_KEY_FILE`].
        max: usize,
    },
    /// Not the JSON of a key file.
    #[error("not a key file")]
    Format(#[source] serde_json::Error),
    /// Another version of the format.
    #[error("the key file has version {found}, this software knows {supported}")]
    Version {
        /// The file's version.
        found: u32,
        /// The one known.
        supported: u32,
    },
    /// Costs outside the bounds.
    #[error("key derivation costs of {memory_kib} KiB, {passes} passes and {lanes} lanes are out of bounds")]
    Cost {
        /// Memory.
        memory_kib: u32,
        /// Passes.
        passes: u32,
        /// Lanes.
        lanes: u32,
    },
    /// The key derivation failed.
    #[error("the key derivation failed")]
    Kdf(#[source] argon2::Error),
    /// The seal does not open.
    #[error("wrong passphrase, or the key file is damaged")]
    WrongPassphrase,
    /// The seal opens, but not to five seeds.
    #[error("the key file holds something else than keys")]
    Contents,
    /// The keys cannot be sealed.
    #[error("the keys cannot be encrypted")]
    Seal,
    /// The system has no randomness.
    #[error("the system gives no randomness")]
    Randomness,
    /// The sign floor that an import must leave cannot be written.
    #[error(transparent)]
    SignFloor(#[from] SignFloorError),
}

/// Why there is no passphrase.
#[derive(Debug, Error)]
pub enum PassphraseError {
    /// The terminal, or the file, cannot be read.
    #[error("the passphrase cannot be read from {}", from.display())]
    Io {
        /// The file; `terminal` for a prompt.
        from: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Others than the owner may read the passphrase file.
    #[error("{} is open to others than its owner (mode bits {others:03o}): run `chmod 600` on it", path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Permission bits of group and world that are set.
        others: u32,
    },
    /// The environment has no such variable.
    #[error("{variable} is not set")]
    NotSet {
        /// The variable.
        variable: &'static str,
    },
    /// Not UTF-8.
    #[error("the passphrase is not valid UTF-8")]
    NotText,
    /// An empty one protects nothing.
    #[error("the passphrase is empty")]
    Empty,
    /// Longer than the bound.
    #[error("a passphrase has at most {max} bytes")]
    TooLong {
        /// The bound.
        max: usize,
    },
    /// The two prompts for a new one differ.
    #[error("the two passphrases differ")]
    Mismatch,
}

/// Why a sign floor is refused or cannot be kept. Whatever it is, the validator must not sign.
#[derive(Debug, Error)]
pub enum SignFloorError {
    /// The disk failed.
    #[error("the sign floor {} cannot be read or written", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Longer than any sign floor.
    #[error("a sign floor has at most {max} bytes")]
    TooLarge {
        /// The bound.
        max: usize,
    },
    /// Not the JSON of a sign floor.
    #[error("not a sign floor")]
    Format(#[source] serde_json::Error),
    /// Another version of the format.
    #[error("the sign floor has version {found}, this software knows {supported}")]
    Version {
        /// The file's version.
        found: u32,
        /// The one known.
        supported: u32,
    },
    /// The floor of another chain.
    #[error("the sign floor is for the chain with genesis {found}, not {expected}")]
    Chain {
        /// The file's genesis.
        found: Hash,
        /// The chain's.
        expected: Hash,
    },
    /// The floor of another key.
    #[error("the sign floor is for another consensus key")]
    Key,
    /// A floor is only ever raised.
    #[error("the sign floor is {current} and cannot be lowered to {wanted}")]
    Lowered {
        /// The floor in force.
        current: Height,
        /// The floor asked for.
        wanted: Height,
    },
    /// There is no height that far above the head.
    #[error("height {head} is too high for a sign floor")]
    Range {
        /// The head.
        head: Height,
    },
}
