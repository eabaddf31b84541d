//! The commitment to a window's samples (protocol §5).
//!
//! Samples fill leaves two by two ([`LeafData`]); padding leaves fill the tree up to exactly 256, so that its shape
//! says nothing of the heart rate. Every leaf, padding too, has a salt of its own, derived by HKDF-SHA256 from one
//! secret a proof: `salt = HKDF(ikm = secret, no salt, info = domain ‖ index (u16, big endian))`. So one leaf can be
//! opened without telling anything of the others. The root, by RFC 6962, is a proof's `biometric_hash`.
//!
//! Secret, salts and samples stay on the device that measured. Deleting the secret and the samples leaves a root that
//! nothing can be learnt from.

use std::fmt;

use hkdf::Hkdf;
use sha2::Sha256;
use thiserror::Error;
use zeroize::{Zeroize, Zeroizing};

use super::{
    leaf::{LeafData, Salt},
    opening::Opening,
    sample::{Sample, SampleError},
};
use crate::{merkle::ListTree, primitives::Hash};

/// Names what the salts are for.
const SALT_DOMAIN: &[u8] = b"emotionalchain/v1 biometric leaf salt";

/// The secret of one proof: 32 bytes from the host's source of randomness, never used for a second proof.
///
/// Wiped when dropped; `Debug` does not show it.
pub struct CommitmentSecret([u8; CommitmentSecret::LEN]);

/// A committed window, for the device that holds its samples.
pub struct Commitment {
    leaves: Vec<LeafData>,
    filled: u16,
    tree: ListTree,
}

/// Why samples cannot be committed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CommitmentError {
    /// Nothing was measured.
    #[error("there are no samples to commit to")]
    Empty,
    /// More samples than leaves can hold.
    #[error("{got} samples do not fit, at most {max} do", max = Commitment::MAX_SAMPLES)]
    TooManySamples {
        /// Samples given.
        got: usize,
    },
    /// A sample outside its window.
    #[error("malformed sample: {0}")]
    Sample(#[from] SampleError),
    /// HKDF refused the salt's length; cannot happen, as 16 bytes are legal.
    #[error("salt could not be derived")]
    Salt,
}

impl CommitmentSecret {
    /// Bytes of the secret.
    pub const LEN: usize = 32;

    /// Takes 32 random bytes and wipes the caller's copy.
    pub fn new(bytes: &mut [u8; Self::LEN]) -> Self {
        let secret = Self(*bytes);
        bytes.zeroize();
        secret
    }

    /// The salt of one leaf.
    fn salt(&self, index: u16) -> Result<Zeroizing<Salt>, CommitmentError> {
        let mut salt = Zeroizing::new([0; LeafData::SALT_LEN]);
        Hkdf::<Sha256>::new(None, &self.0)
            .expand_multi_info(&[SALT_DOMAIN, &index.to_be_bytes()], salt.as_mut_slice())
            .map_err(|_| CommitmentError::Salt)?;
        Ok(salt)
    }
}

impl Drop for CommitmentSecret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for CommitmentSecret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("CommitmentSecret(..)")
    }
}

impl Commitment {
    /// Leaves of every commitment.
    pub const LEAVES: u16 = 256;
    /// The most samples: two a leaf.
    pub const MAX_SAMPLES: usize = LeafData::SLOTS * Self::LEAVES as usize;

    /// Commits to samples in the order given.
    ///
    /// # Errors
    /// [`CommitmentError`] for none, too many, or one outside its window.
    pub fn new(secret: &CommitmentSecret, samples: &[Sample]) -> Result<Self, CommitmentError> {
        if samples.is_empty() {
            return Err(CommitmentError::Empty);
        }
        if samples.len() > Self::MAX_SAMPLES {
            return Err(CommitmentError::TooManySamples { got: samples.len() });
        }
        samples.iter().try_for_each(Sample::check)?;
        let mut pairs = samples.chunks(LeafData::SLOTS);
        // At most 256 by the check above.
        let filled = u16::try_from(pairs.len()).unwrap_or(Self::LEAVES);
        let leaves = (0..Self::LEAVES).map(|index| {
            let pair = pairs.next().unwrap_or_default();
            Ok(LeafData::new(*secret.salt(index)?, pair.first().copied(), pair.get(1).copied()))
        });
        let leaves = leaves.collect::<Result<Vec<_>, CommitmentError>>()?;
        let tree = ListTree::from_leaves(leaves.iter().map(|leaf| Zeroizing::new(leaf.encode()).to_vec()));
        Ok(Self { leaves, filled, tree })
    }

    /// The root: a proof's `biometric_hash`.
    pub fn root(&self) -> Hash {
        self.tree.root()
    }

    /// Leaves that carry samples, 1..=256: a proof's `sample_count`.
    pub const fn filled_leaves(&self) -> u16 {
        self.filled
    }

    /// Opens one leaf; `None` past the 256th.
    pub fn open(&self, index: u16) -> Option<Opening> {
        let leaf = self.leaves.get(usize::from(index))?;
        Some(Opening::new(leaf.clone(), self.tree.prove(index.into())?))
    }
}

impl fmt::Debug for Commitment {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Commitment").field("root", &self.root()).field("filled", &self.filled).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::biometrics::Modality;

    fn samples(count: u32) -> Vec<Sample> {
        (1..=count)
            .map(|offset_ticks| Sample { modality: Modality::RrInterval, offset_ticks, value: 800 })
            .collect()
    }

    fn commit(byte: u8, count: u32) -> Result<Commitment, CommitmentError> {
        Commitment::new(&CommitmentSecret::new(&mut [byte; 32]), &samples(count))
    }

    #[test]
    fn every_leaf_opens_and_none_beyond() {
        for count in [1, 2, 151, 511, 512] {
            let commitment = commit(1, count).unwrap();
            let mut opened = Vec::new();
            for index in 0..256 {
                let opening = commitment.open(index).unwrap();
                let leaf = opening.verify(&commitment.root()).unwrap();
                assert_eq!(leaf.is_padding(), index >= commitment.filled_leaves());
                opened.extend(leaf.samples());
            }
            assert_eq!(opened, samples(count));
            assert!(commitment.open(256).is_none());
        }
    }

    #[test]
    fn bounds_the_samples() {
        assert_eq!(commit(1, 0).map(|_| ()), Err(CommitmentError::Empty));
        assert_eq!(commit(1, 513).map(|_| ()), Err(CommitmentError::TooManySamples { got: 513 }));
        let outside = Sample { modality: Modality::RrInterval, offset_ticks: 0, value: 800 };
        let refused = Commitment::new(&CommitmentSecret::new(&mut [1; 32]), &[outside]);
        assert_eq!(refused.map(|_| ()), Err(CommitmentError::Sample(SampleError::Offset(0))));
    }

    #[test]
    fn secrets_separate_equal_samples_and_stay_out_of_logs() {
        let (first, second) = (commit(1, 9).unwrap(), commit(2, 9).unwrap());
        assert_eq!(first.root(), commit(1, 9).unwrap().root());
        assert_ne!(first.root(), second.root());
        let salts: std::collections::BTreeSet<_> =
            first.leaves.iter().map(|leaf| leaf.encode()[..16].to_vec()).collect();
        assert_eq!(salts.len(), 256);
        let mut bytes = [0x5a; 32];
        let secret = CommitmentSecret::new(&mut bytes);
        assert_eq!((bytes, format!("{secret:?}").as_str()), ([0; 32], "CommitmentSecret(..)"));
        let shown = format!("{:?} {:?}", first.open(0), first);
        assert!(
            !shown.contains(&hex::encode(&first.leaves[0].encode()[..16])) && shown.contains("LeafData(..)")
        );
    }
}
