//! One opened leaf of a commitment, for an audit.
//!
//! On the wire: `leaf data (30) ‖ list proof` in the list proof's canonical form. The verifier knows that every
//! commitment has exactly 256 leaves, so position and path length are fixed; leaf data must be in its one encoding.

use thiserror::Error;

use super::{
    commitment::Commitment,
    leaf::{LeafData, LeafError},
};
use crate::{
    merkle::{ListProof, ListProofError},
    primitives::Hash,
};

/// A leaf's data and where it stands in the tree. `Debug` shows the position and the path only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    leaf: LeafData,
    proof: ListProof,
}

/// Why an opening is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OpeningError {
    /// Too short for a leaf.
    #[error("opening of {0} bytes is cut short")]
    Truncated(usize),
    /// The leaf data is not in its one encoding.
    #[error("opened leaf is malformed: {0}")]
    Leaf(#[from] LeafError),
    /// The proof is malformed, for another tree shape or for another root.
    #[error("opened leaf is not in the commitment: {0}")]
    Proof(#[from] ListProofError),
}

impl Opening {
    /// Bytes of every opening: leaf, index, total and the eight hashes of a 256-leaf tree.
    pub const LEN: usize = LeafData::LEN + 16 + 8 * Hash::LEN;

    pub(super) const fn new(leaf: LeafData, proof: ListProof) -> Self {
        Self { leaf, proof }
    }

    /// The leaf's position, as claimed: [`Self::verify`] checks it.
    pub const fn index(&self) -> u64 {
        self.proof.index
    }

    /// Checks that the leaf stands at its index in the 256 leaves under `root`, and gives its data.
    ///
    /// # Errors
    /// [`OpeningError::Proof`].
    pub fn verify(&self, root: &Hash) -> Result<&LeafData, OpeningError> {
        self.proof.verify_at(root, &self.leaf.encode(), self.proof.index, Commitment::LEAVES.into())?;
        Ok(&self.leaf)
    }

    /// The wire form. It holds the leaf's salt and samples: send it only to whom they are meant for.
    pub fn encode(&self) -> Vec<u8> {
        [self.leaf.encode().as_slice(), self.proof.encode().as_slice()].concat()
    }

    /// Reads the wire form; what is accepted encodes to the same bytes.
    ///
    /// # Errors
    /// [`OpeningError`] for malformed parts; that the leaf is under a root is for [`Self::verify`].
    pub fn decode(bytes: &[u8]) -> Result<Self, OpeningError> {
        let (leaf, proof) =
            bytes.split_at_checked(LeafData::LEN).ok_or(OpeningError::Truncated(bytes.len()))?;
        Ok(Self { leaf: LeafData::decode(leaf)?, proof: ListProof::decode(proof)? })
    }
}
