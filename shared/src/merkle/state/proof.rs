//! Proofs that a key has a value in the state, or that it has none.
//!
//! A proof is the hashes beside the way from the key's place up to the root, and what stands at the lower end:
//! - *included*: the leaf of the key itself, made from key and value by the verifier;
//! - *empty*: nothing, so the key is absent;
//! - *other*: the leaf of another key that shares every bit of the way, so the key would have to stand there: absent.
//!
//! Encoding, canonical and at most [`StateProof::MAX_ENCODED`] bytes: kind (u8: 0, 1, 2) ‖ number of siblings
//! (u16, big-endian, ≤ 256) ‖ bitmap, a bit for each sibling from the leaf up, most significant bit first, set where the
//! sibling is not empty, the rest of the last byte zero ‖ the non-empty siblings ‖ for *other*: key hash, value hash.

use thiserror::Error;

use super::{
    EMPTY_STATE_ROOT,
    hashing::{bit, leaf_hash, node_hash},
};
use crate::primitives::{Hash, hash_bytes};

/// What stands at the lower end of the way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum End {
    /// The key's own leaf.
    Included,
    /// Nothing.
    Empty,
    /// Another key's leaf.
    Other {
        /// Place of the other key.
        key_hash: Hash,
        /// Hash of its value.
        value_hash: Hash,
    },
}

/// Shows what the state holds for one key; made by [`super::StateTree::get_with_proof`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StateProof {
    pub(super) end: End,
    /// From the lower end up; at most [`StateProof::MAX_SIBLINGS`].
    pub(super) siblings: Vec<Hash>,
}

/// Why a state proof is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StateProofError {
    /// The proof is one of absence.
    #[error("the proof does not show a value")]
    NotInclusion,
    /// The proof is one of inclusion.
    #[error("the proof does not show absence")]
    NotAbsence,
    /// The other leaf does not stand where the key would.
    #[error("the leaf shown does not stand in the key's place")]
    Elsewhere,
    /// Key, value and siblings hash to another root.
    #[error("the proof leads to another root")]
    Root,
    /// More siblings than a place has bits.
    #[error("{count} siblings are claimed, at most {max} exist", max = StateProof::MAX_SIBLINGS)]
    TooManySiblings {
        /// The claimed number.
        count: usize,
    },
    /// Not the canonical encoding of a proof.
    #[error("encoded proof of {len} bytes is malformed")]
    Encoding {
        /// Bytes given.
        len: usize,
    },
}

impl StateProof {
    /// Bits in a key's place.
    pub const MAX_SIBLINGS: usize = 256;
    /// Bytes of the longest encoding: kind, count, bitmap, 256 siblings and another leaf.
    pub const MAX_ENCODED: usize = 1 + 2 + 32 + Self::MAX_SIBLINGS * Hash::LEN + 2 * Hash::LEN;

    /// Whether the proof claims that the key has a value.
    pub const fn is_inclusion(&self) -> bool {
        matches!(self.end, End::Included)
    }

    /// Checks that the state with this `root` holds exactly `value` under `key`.
    ///
    /// # Errors
    /// [`StateProofError::NotInclusion`] or [`StateProofError::Root`].
    pub fn verify_inclusion(&self, root: &Hash, key: &[u8], value: &[u8]) -> Result<(), StateProofError> {
        if !self.is_inclusion() {
            return Err(StateProofError::NotInclusion);
        }
        let place = hash_bytes(key);
        self.climb(root, &place, leaf_hash(&place, &hash_bytes(value)))
    }

    /// Checks that the state with this `root` holds nothing under `key`.
    ///
    /// # Errors
    /// [`StateProofError::NotAbsence`], [`StateProofError::Elsewhere`] or [`StateProofError::Root`].
    pub fn verify_absence(&self, root: &Hash, key: &[u8]) -> Result<(), StateProofError> {
        let place = hash_bytes(key);
        let lowest = match &self.end {
            End::Included => return Err(StateProofError::NotAbsence),
            End::Empty => EMPTY_STATE_ROOT,
            End::Other { key_hash, value_hash } => {
                if *key_hash == place {
                    return Err(StateProofError::NotAbsence);
                }
                if (0..self.siblings.len()).any(|depth| bit(key_hash, depth) != bit(&place, depth)) {
                    return Err(StateProofError::Elsewhere);
                }
                leaf_hash(key_hash, value_hash)
            }
        };
        self.climb(root, &place, lowest)
    }

    /// Hashes up to the root.
    fn climb(&self, root: &Hash, place: &Hash, lowest: Hash) -> Result<(), StateProofError> {
        let count = self.siblings.len();
        if count > Self::MAX_SIBLINGS {
            return Err(StateProofError::TooManySiblings { count });
        }
        let depths = (0..count).rev();
        let top = depths.zip(&self.siblings).fold(lowest, |node, (depth, sibling)| {
            if bit(place, depth) { node_hash(sibling, &node) } else { node_hash(&node, sibling) }
        });
        if top == *root { Ok(()) } else { Err(StateProofError::Root) }
    }

    /// The canonical form.
    pub fn encode(&self) -> Vec<u8> {
        let present = || self.siblings.iter().filter(|sibling| **sibling != EMPTY_STATE_ROOT);
        let kind = match self.end {
            End::Included => 0,
            End::Empty => 1,
            End::Other { .. } => 2,
        };
        // At most 256, by decoding and by building.
        let count = u16::try_from(self.siblings.len()).unwrap_or(u16::MAX);
        let mut bytes = vec![kind];
        bytes.extend_from_slice(&count.to_be_bytes());
        bytes.extend(self.siblings.chunks(8).map(|eight| {
            eight
                .iter()
                .zip(BITS)
                .fold(0, |byte, (sibling, bit)| if *sibling == EMPTY_STATE_ROOT { byte } else { byte | bit })
        }));
        for sibling in present() {
            bytes.extend_from_slice(sibling.as_bytes());
        }
        if let End::Other { key_hash, value_hash } = &self.end {
            bytes.extend_from_slice(key_hash.as_bytes());
            bytes.extend_from_slice(value_hash.as_bytes());
        }
        bytes
    }

    /// Reads the canonical form; what is accepted encodes to the same bytes.
    ///
    /// # Errors
    /// [`StateProofError::Encoding`] or [`StateProofError::TooManySiblings`].
    pub fn decode(bytes: &[u8]) -> Result<Self, StateProofError> {
        let refused = || StateProofError::Encoding { len: bytes.len() };
        if bytes.len() > Self::MAX_ENCODED {
            return Err(refused());
        }
        let ([kind], rest) = bytes.split_first_chunk().ok_or_else(refused)?;
        let (count, rest) = rest.split_first_chunk().ok_or_else(refused)?;
        let count = usize::from(u16::from_be_bytes(*count));
        if count > Self::MAX_SIBLINGS {
            return Err(StateProofError::TooManySiblings { count });
        }
        let (bitmap, rest) = rest.split_at_checked(count.div_ceil(8)).ok_or_else(refused)?;
        let mut flags = bitmap.iter().flat_map(|byte| BITS.map(|bit| byte & bit != 0));
        let (hashes, rest) = rest.as_chunks::<{ Hash::LEN }>();
        if !rest.is_empty() {
            return Err(refused());
        }
        let mut hashes = hashes.iter().copied().map(Hash::new);
        let mut siblings = Vec::with_capacity(count);
        for present in flags.by_ref().take(count) {
            let sibling = if present { hashes.next().ok_or_else(refused)? } else { EMPTY_STATE_ROOT };
            // An empty sibling has one spelling: a clear bit.
            if present && sibling == EMPTY_STATE_ROOT {
                return Err(refused());
            }
            siblings.push(sibling);
        }
        if flags.any(|stray| stray) {
            return Err(refused());
        }
        let end = match kind {
            0 => End::Included,
            1 => End::Empty,
            2 => {
                let key_hash = hashes.next().ok_or_else(refused)?;
                End::Other { key_hash, value_hash: hashes.next().ok_or_else(refused)? }
            }
            _ => return Err(refused()),
        };
        if hashes.next().is_some() {
            return Err(refused());
        }
        Ok(Self { end, siblings })
    }
}

/// The bits of a byte, most significant first.
const BITS: [u8; 8] = [0x80, 0x40, 0x20, 0x10, 0x08, 0x04, 0x02, 0x01];
