//! What the keystore keeps.

use std::fmt;

use emotionalchain_shared::crypto::{PublicKey, SecretKey};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::KeyFileError;

/// 32 secret bytes. Does not print; cleared on drop.
#[derive(Clone, PartialEq, Eq)]
pub struct Seed(Zeroizing<[u8; Seed::LEN]>);

impl Seed {
    /// Bytes in a seed.
    pub const LEN: usize = 32;

    /// Wraps secret bytes.
    pub fn new(bytes: [u8; Self::LEN]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// A new one from the system's randomness.
    ///
    /// # Errors
    /// [`KeyFileError::Randomness`].
    pub fn random() -> Result<Self, KeyFileError> {
        let mut seed = Self::new([0; Self::LEN]);
        getrandom::fill(seed.0.as_mut_slice()).map_err(|_| KeyFileError::Randomness)?;
        Ok(seed)
    }

    /// The secret bytes.
    pub fn expose(&self) -> &[u8; Self::LEN] {
        &self.0
    }

    /// The signing key of this seed.
    pub fn signing_key(&self) -> SecretKey {
        SecretKey::from_seed(&self.0)
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Seed(…)")
    }
}

/// The secrets of one validator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    /// Signs proposals, votes and emotional votes.
    pub consensus: Seed,
    /// The libp2p identity.
    pub node: Seed,
    /// Owns the bond and pays.
    pub account: Seed,
    /// Signs biometric proofs measured at the validator.
    pub device: Seed,
    /// Begins the randomness chain.
    pub randomness: Seed,
}

/// What of the keys everybody may know; stands in the clear in a key file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicKeys {
    /// Verifies what the consensus key signs; the validator's address is made of it.
    pub consensus: PublicKey,
    /// The libp2p identity.
    pub node: PublicKey,
    /// Verifies the account's transactions.
    pub account: PublicKey,
    /// Verifies proofs of the validator's own device.
    pub device: PublicKey,
}

impl Keys {
    /// Five new seeds, independent of each other.
    ///
    /// # Errors
    /// [`KeyFileError::Randomness`].
    pub fn random() -> Result<Self, KeyFileError> {
        Ok(Self {
            consensus: Seed::random()?,
            node: Seed::random()?,
            account: Seed::random()?,
            device: Seed::random()?,
            randomness: Seed::random()?,
        })
    }

    /// The public keys.
    pub fn public(&self) -> PublicKeys {
        PublicKeys {
            consensus: self.consensus.signing_key().public(),
            node: self.node.signing_key().public(),
            account: self.account.signing_key().public(),
            device: self.device.signing_key().public(),
        }
    }

    /// The seeds in the order in which they are sealed.
    pub(super) const fn in_order(&self) -> [&Seed; 5] {
        [&self.consensus, &self.node, &self.account, &self.device, &self.randomness]
    }

    /// The inverse of [`Self::in_order`]; `None` for anything but five seeds.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (seeds, rest) = bytes.as_chunks::<{ Seed::LEN }>();
        match (seeds, rest) {
            ([consensus, node, account, device, randomness], []) => Some(Self {
                consensus: Seed::new(*consensus),
                node: Seed::new(*node),
                account: Seed::new(*account),
                device: Seed::new(*device),
                randomness: Seed::new(*randomness),
            }),
            _ => None,
        }
    }
}
