//! Merkle trees over lists, hashed as in RFC 6962 §2.1.
//!
//! - leaf = `SHA-256(0x00 ‖ data)`, node = `SHA-256(0x01 ‖ left ‖ right)`; the prefixes keep a node from being shown as
//!   a leaf. A node without a right neighbour is promoted unhashed. The empty tree's root is `SHA-256("")`.
//! - A proof is checked against what the verifier already knows: the root, the leaf's data, its index and the **total**
//!   number of leaves. The root does not commit to the total, and one path may fit several (index, total) pairs; so
//!   [`ListProof::verify_at`] is the check to use. [`ListProof::verify`] believes the proof's own index and total:
//!   it proves membership, not position.
//! - The path's length must be exactly the number that (index, total) gives: nothing is left over, and an empty path
//!   proves only the one-leaf tree.
//!
//! Trees are built by `rs_merkle`; proofs are checked by the one loop in [`ListProof::verify`], because
//! `rs_merkle` ignores surplus hashes and allocates before it looks.

// Property tests, for which there is no proptest in a browser.
#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))]
mod tests;

use rs_merkle::{Hasher, MerkleTree};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::primitives::{Hash, hash_bytes, hash_pair};

const LEAF_PREFIX: &[u8] = &[0x00];
const NODE_PREFIX: &[u8] = &[0x01];

/// RFC 6962's rules in the form that `rs_merkle` asks for.
#[derive(Clone, Debug)]
struct Rfc6962;

impl Hasher for Rfc6962 {
    type Hash = [u8; Hash::LEN];

    /// Hash of a leaf.
    fn hash(data: &[u8]) -> Self::Hash {
        *hash_pair(LEAF_PREFIX, data).as_bytes()
    }

    fn concat_and_hash(left: &Self::Hash, right: Option<&Self::Hash>) -> Self::Hash {
        let Some(right) = right else { return *left };
        Sha256::new().chain_update(NODE_PREFIX).chain_update(left).chain_update(right).finalize().into()
    }
}

/// A tree over a list, for its maker: gives the root and proves single leaves.
pub struct ListTree {
    tree: MerkleTree<Rfc6962>,
    len: usize,
}

impl ListTree {
    /// Hashes a list. Any length has a root; only lists of at most [`ListProof::MAX_LEAVES`] have proofs.
    pub fn from_leaves<I>(leaves: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<[u8]>,
    {
        let hashes: Vec<_> = leaves.into_iter().map(|leaf| Rfc6962::hash(leaf.as_ref())).collect();
        Self { tree: MerkleTree::from_leaves(&hashes), len: hashes.len() }
    }

    /// The root; `SHA-256("")` for an empty list.
    pub fn root(&self) -> Hash {
        self.tree.root().map_or_else(|| hash_bytes(&[]), Hash::new)
    }

    /// How many leaves there are.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no leaf.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Proves the leaf at `index` (from 0); `None` past the end, or in a list above [`ListProof::MAX_LEAVES`].
    pub fn prove(&self, index: usize) -> Option<ListProof> {
        let total = u64::try_from(self.len).ok()?;
        if index >= self.len || total > ListProof::MAX_LEAVES {
            return None;
        }
        let path = self.tree.proof(&[index]).proof_hashes().iter().copied().map(Hash::new).collect();
        Some(ListProof { index: u64::try_from(index).ok()?, total, path })
    }
}

/// The root of a list, without keeping its tree.
pub fn list_root<I>(leaves: I) -> Hash
where
    I: IntoIterator,
    I::Item: AsRef<[u8]>,
{
    ListTree::from_leaves(leaves).root()
}

/// The hash under which data stands in a list.
pub fn list_leaf(data: &[u8]) -> Hash {
    Hash::new(Rfc6962::hash(data))
}

/// The hash of two subtrees side by side.
pub fn list_node(left: &Hash, right: &Hash) -> Hash {
    Hash::new(Rfc6962::concat_and_hash(left.as_bytes(), Some(right.as_bytes())))
}

/// Shows that a leaf stands in a list; read the module's rules on what must be known from elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ListProof {
    /// Claimed position of the leaf, from 0; below `total`.
    pub index: u64,
    /// Claimed number of leaves, `1..=MAX_LEAVES`.
    pub total: u64,
    /// Sibling hashes from the leaf upwards; levels where the node is promoted have none.
    pub path: Vec<Hash>,
}

/// Why a list proof is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ListProofError {
    /// More leaves are claimed than a list may have.
    #[error("{total} leaves are claimed, at most {max} are allowed", max = ListProof::MAX_LEAVES)]
    TooManyLeaves {
        /// The claimed count.
        total: u64,
    },
    /// The index lies past the end.
    #[error("leaf {index} is outside a list of {total}")]
    Index {
        /// The claimed position.
        index: u64,
        /// The claimed count.
        total: u64,
    },
    /// The path is shorter or longer than the position asks for.
    #[error("path has {got} hashes instead of {expected}")]
    PathLength {
        /// Hashes in the proof.
        got: usize,
        /// Hashes that (index, total) needs.
        expected: usize,
    },
    /// The proof is for another place than the one asked for.
    #[error("proof is for leaf {index} of {total}, asked was leaf {expected_index} of {expected_total}")]
    Position {
        /// The claimed position.
        index: u64,
        /// The claimed count.
        total: u64,
        /// The position asked for.
        expected_index: u64,
        /// The count known to the verifier.
        expected_total: u64,
    },
    /// Leaf and path hash to another root.
    #[error("path leads to another root")]
    Root,
    /// The encoding is not 16 bytes and a whole number of hashes, at most `MAX_ENCODED` bytes.
    #[error("encoded proof of {len} bytes is malformed")]
    Encoding {
        /// Bytes given.
        len: usize,
    },
}

impl ListProof {
    /// The longest list with proofs: 2^20 leaves. No list of a 1 MiB block has more than one leaf a byte, and a path
    /// stays within [`Self::MAX_PATH`] hashes; longer claims are refused.
    pub const MAX_LEAVES: u64 = 1 << 20;
    /// The longest path: log2([`Self::MAX_LEAVES`]).
    pub const MAX_PATH: usize = 20;
    /// Bytes of the longest encoding: index, total and a full path.
    pub const MAX_ENCODED: usize = Self::HEAD + Self::MAX_PATH * Hash::LEN;
    /// Bytes of index and total.
    const HEAD: usize = 16;

    /// Whether each level from the leaf up has a sibling (`Some(node is the right one)`) or is promoted (`None`).
    /// Shifting an index by one level keeps it at most its last index, so the two never cross.
    fn levels(index: u64, total: u64) -> impl Iterator<Item = Option<bool>> {
        let last = total.saturating_sub(1);
        std::iter::successors(Some((index, last)), |(node, last)| Some((node >> 1, last >> 1)))
            .take_while(|(_, last)| *last > 0)
            .map(|(node, last)| match node & 1 {
                1 => Some(true),
                _ if node < last => Some(false),
                _ => None,
            })
    }

    /// The path from the leaf upwards: each hash, and whether it stands left of the node that it is joined with.
    pub fn siblings(&self) -> impl Iterator<Item = (&Hash, bool)> {
        self.path.iter().zip(Self::levels(self.index, self.total).flatten())
    }

    /// Index, total and path length, before anything is hashed.
    fn check_shape(&self) -> Result<(), ListProofError> {
        let (index, total) = (self.index, self.total);
        if total > Self::MAX_LEAVES {
            return Err(ListProofError::TooManyLeaves { total });
        }
        if index >= total {
            return Err(ListProofError::Index { index, total });
        }
        let (got, expected) = (self.path.len(), Self::levels(index, total).flatten().count());
        if got != expected {
            return Err(ListProofError::PathLength { got, expected });
        }
        Ok(())
    }

    /// Checks that `leaf` (its data, without prefix) is in the list with this `root`, at the place that the proof
    /// itself claims: membership only. Where the position or the count matters, use [`Self::verify_at`].
    ///
    /// # Errors
    /// A malformed shape or a wrong root, see [`ListProofError`].
    pub fn verify(&self, root: &Hash, leaf: &[u8]) -> Result<(), ListProofError> {
        self.check_shape()?;
        let top = self.siblings().fold(list_leaf(leaf), |node, (sibling, left)| {
            if left { list_node(sibling, &node) } else { list_node(&node, sibling) }
        });
        if top == *root { Ok(()) } else { Err(ListProofError::Root) }
    }

    /// Checks that `leaf` is the one at `index` in the list of `total` leaves with this `root`; all three are known
    /// to the verifier from elsewhere.
    ///
    /// # Errors
    /// [`ListProofError::Position`] when the proof claims another place; else as [`Self::verify`].
    pub fn verify_at(&self, root: &Hash, leaf: &[u8], index: u64, total: u64) -> Result<(), ListProofError> {
        if (self.index, self.total) != (index, total) {
            return Err(ListProofError::Position {
                index: self.index,
                total: self.total,
                expected_index: index,
                expected_total: total,
            });
        }
        self.verify(root, leaf)
    }

    /// The canonical form: index (u64, big-endian), total (u64, big-endian), then the hashes.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(Self::MAX_ENCODED);
        bytes.extend_from_slice(&self.index.to_be_bytes());
        bytes.extend_from_slice(&self.total.to_be_bytes());
        for hash in &self.path {
            bytes.extend_from_slice(hash.as_bytes());
        }
        bytes
    }

    /// Reads the canonical form; what is accepted encodes to the same bytes and has a legal shape.
    ///
    /// # Errors
    /// [`ListProofError::Encoding`], or a shape that no proof has.
    pub fn decode(bytes: &[u8]) -> Result<Self, ListProofError> {
        let refused = || ListProofError::Encoding { len: bytes.len() };
        if bytes.len() > Self::MAX_ENCODED {
            return Err(refused());
        }
        let (index, rest) = bytes.split_first_chunk().ok_or_else(refused)?;
        let (total, rest) = rest.split_first_chunk().ok_or_else(refused)?;
        let (hashes, rest) = rest.as_chunks();
        if !rest.is_empty() {
            return Err(refused());
        }
        let proof = Self {
            index: u64::from_be_bytes(*index),
            total: u64::from_be_bytes(*total),
            path: hashes.iter().copied().map(Hash::new).collect(),
        };
        proof.check_shape()?;
        Ok(proof)
    }
}
