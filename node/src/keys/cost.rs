//! What it costs to make a key of a passphrase, for the owner and for who guesses.

use argon2::{Algorithm, Argon2, Params, Version};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{KeyFileError, Passphrase};

/// Costs of Argon2id. The default is what OWASP recommends: 19 MiB, two passes, one lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KdfCost {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

impl Default for KdfCost {
    fn default() -> Self {
        Self { memory_kib: 19 * 1024, passes: 2, lanes: 1 }
    }
}

impl KdfCost {
    /// The most memory: 256 MiB, above every common recommendation and below what hurts a small machine.
    pub const MAX_MEMORY_KIB: u32 = 256 * 1024;
    /// The most passes: with the most memory, some ten seconds.
    pub const MAX_PASSES: u32 = 16;
    /// The most lanes.
    pub const MAX_LANES: u32 = 16;

    /// The least that Argon2 takes: guessing is almost free. For development networks alone, which start many nodes at
    /// once and whose keys guard nothing.
    pub const DEVNET: Self = Self { memory_kib: 8, passes: 1, lanes: 1 };

    /// Costs within the bounds.
    ///
    /// # Errors
    /// [`KeyFileError::Cost`] outside them.
    pub fn new(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, KeyFileError> {
        let cost = Self { memory_kib, passes, lanes };
        cost.check().map(|()| cost)
    }

    /// Refuses costs outside the bounds; those of a file are checked with it before any work.
    pub(super) const fn check(self) -> Result<(), KeyFileError> {
        let Self { memory_kib, passes, lanes } = self;
        let lanes_fit = lanes >= 1 && lanes <= Self::MAX_LANES && memory_kib / 8 >= lanes;
        if lanes_fit && memory_kib <= Self::MAX_MEMORY_KIB && passes >= 1 && passes <= Self::MAX_PASSES {
            Ok(())
        } else {
            Err(KeyFileError::Cost { memory_kib, passes, lanes })
        }
    }

    /// The three numbers, to be authenticated.
    pub(super) const fn to_words(self) -> [u32; 3] {
        [self.memory_kib, self.passes, self.lanes]
    }

    /// The key of a passphrase.
    pub(super) fn derive(
        self,
        passphrase: &Passphrase,
        salt: &[u8],
    ) -> Result<Zeroizing<[u8; 32]>, KeyFileError> {
        self.check()?;
        let mut key = Zeroizing::new([0; 32]);
        let params = Params::new(self.memory_kib, self.passes, self.lanes, Some(key.len()));
        let params = params.map_err(KeyFileError::Kdf)?;
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(passphrase.expose(), salt, key.as_mut_slice())
            .map_err(KeyFileError::Kdf)?;
        Ok(key)
    }
}
