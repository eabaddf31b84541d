//! The keystore: a validator's secrets, encrypted at rest.
//!
//! # Rules
//! - One file holds the five 32-byte seeds of [`Keys`], sealed by XChaCha20-Poly1305 under a key that Argon2id makes of a
//!   passphrase. What stands in the clear, public keys and costs, is authenticated by the same seal.
//! - The costs in a file are bounded before any work is done: nobody can have a node spend gigabytes on opening a file.
//! - Files are made with mode 0600 and a file that others may read is refused. A key file is never overwritten, and is
//!   there whole or not at all.
//! - Seeds and passphrases do not print, and are cleared from memory when dropped.
//! - The memory of what was signed, the write-ahead log, is not part of a key file, so [`KeyFile::export_to`] omits it by
//!   nature. [`KeyFile::import`] therefore leaves a [`SignFloor`] beside the key: the validator signs nothing before the
//!   network's head is verified, and nothing below that head + 2. A copy of a running validator's disk has no such floor:
//!   restoring one is unsafe, and so is running one key twice.
//!
//! ```text
//!  passphrase ──Argon2id(salt, costs)──► key ─┐
//!  seeds ─────────────────────────────────────┴─XChaCha20-Poly1305(nonce, clear part)──► node.key
//! ```

mod container;
mod cost;
mod error;
mod file;
mod passphrase;
mod secrets;
mod sign_floor;

#[cfg(test)]
mod tests;

pub use container::{KeyFile, MAX_KEY_FILE};
pub use cost::KdfCost;
pub use error::{KeyFileError, PassphraseError, SignFloorError};
pub use passphrase::{PASSPHRASE_VARIABLE, Passphrase, PassphrasePurpose, PassphraseSource};
pub use secrets::{Keys, PublicKeys, Seed};
pub use sign_floor::{SIGN_FLOOR_FILE, SignFloor};
