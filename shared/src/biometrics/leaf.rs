//! What one leaf of a commitment holds.
//!
//! Leaf data has a fixed width: `salt (16) ‖ slot (7) ‖ slot (7)`; a slot is a [`Sample`]'s encoding or, when empty,
//! seven zero bytes. No modality has code 0, so an empty slot is never a sample. The first slot is filled before
//! the second, and a leaf with two empty slots is padding.
//!
//! Two slots a leaf let 256 leaves hold 512 samples: the 440 beats of a heart at 220 bpm, which the gates admit, and a
//! reaction task beside them.

use std::fmt;

use thiserror::Error;
use zeroize::Zeroize;

use super::sample::{Sample, SampleError};

/// Random-looking bytes that keep a leaf's hash from being guessed.
pub(super) type Salt = [u8; LeafData::SALT_LEN];

/// The data of one leaf. Wiped when dropped; `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct LeafData {
    salt: Salt,
    first: Option<Sample>,
    second: Option<Sample>,
}

/// Why bytes are not leaf data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum LeafError {
    /// Another length than [`LeafData::LEN`].
    #[error("leaf has {0} bytes instead of {len}", len = LeafData::LEN)]
    Length(usize),
    /// A slot that is neither empty nor a legal sample.
    #[error("leaf has a malformed sample: {0}")]
    Sample(#[from] SampleError),
    /// The second slot is filled and the first is not.
    #[error("leaf has an empty slot before a filled one")]
    Gap,
}

impl LeafData {
    /// Bytes of the salt.
    pub const SALT_LEN: usize = 16;
    /// Samples that a leaf holds.
    pub const SLOTS: usize = 2;
    /// Bytes of the encoding.
    pub const LEN: usize = Self::SALT_LEN + Self::SLOTS * Sample::LEN;

    /// A leaf with up to two samples, the first before the second.
    pub(super) const fn new(salt: Salt, first: Option<Sample>, second: Option<Sample>) -> Self {
        Self { salt, first, second }
    }

    /// The samples, oldest first; none in padding.
    pub fn samples(&self) -> impl Iterator<Item = Sample> {
        self.first.into_iter().chain(self.second)
    }

    /// Whether the leaf only fills the tree up.
    pub const fn is_padding(&self) -> bool {
        self.first.is_none()
    }

    /// The bytes that the tree hashes.
    pub fn encode(&self) -> [u8; Self::LEN] {
        let slots =
            [self.first, self.second].map(|slot| slot.map_or([0; Sample::LEN], |sample| sample.encode()));
        let mut bytes = [0; Self::LEN];
        let parts = self.salt.iter().chain(slots.as_flattened());
        bytes.iter_mut().zip(parts).for_each(|(to, from)| *to = *from);
        bytes
    }

    /// Reads the encoding; what is accepted encodes to the same bytes.
    ///
    /// # Errors
    /// [`LeafError`] for the first rule broken.
    pub fn decode(bytes: &[u8]) -> Result<Self, LeafError> {
        let length = || LeafError::Length(bytes.len());
        if bytes.len() != Self::LEN {
            return Err(length());
        }
        let (salt, slots) = bytes.split_first_chunk().ok_or_else(length)?;
        let (first, second) = slots.split_first_chunk().ok_or_else(length)?;
        let second = second.first_chunk().ok_or_else(length)?;
        let leaf = Self { salt: *salt, first: decode_slot(first)?, second: decode_slot(second)? };
        if leaf.first.is_none() && leaf.second.is_some() {
            return Err(LeafError::Gap);
        }
        Ok(leaf)
    }
}

fn decode_slot(bytes: &[u8; Sample::LEN]) -> Result<Option<Sample>, SampleError> {
    if *bytes == [0; Sample::LEN] { Ok(None) } else { Sample::decode(bytes).map(Some) }
}

impl Drop for LeafData {
    fn drop(&mut self) {
        self.salt.zeroize();
        self.first = None;
        self.second = None;
    }
}

impl fmt::Debug for LeafData {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("LeafData(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::biometrics::Modality;

    #[test]
    fn has_one_encoding() {
        let sample = |value| Some(Sample { modality: Modality::RrInterval, offset_ticks: 9, value });
        for (first, second) in [(None, None), (sample(1), None), (sample(1), sample(2))] {
            let leaf = LeafData::new([7; 16], first, second);
            assert_eq!(LeafData::decode(&leaf.encode()), Ok(leaf.clone()));
            assert_eq!(leaf.is_padding(), first.is_none());
        }
        let gap = LeafData::new([7; 16], None, sample(2));
        assert_eq!(LeafData::decode(&gap.encode()), Err(LeafError::Gap));
        let mut tagged = LeafData::new([7; 16], None, None).encode();
        assert_eq!(LeafData::decode(&tagged[1..]), Err(LeafError::Length(29)));
        tagged[22] = 1;
        assert_eq!(LeafData::decode(&tagged), Err(LeafError::Sample(SampleError::Modality(0))));
    }
}
