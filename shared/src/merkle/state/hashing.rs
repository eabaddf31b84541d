//! How leaves, nodes and empty places of the state tree are hashed.

use jmt::SimpleHasher;
use sha2::{Digest, Sha256};

use crate::primitives::Hash;

/// The root of a state without keys, and the hash of every empty subtree: a constant that is nobody's SHA-256.
pub const EMPTY_STATE_ROOT: Hash = Hash::new(*b"SPARSE_MERKLE_PLACEHOLDER_HASH__");

/// SHA-256 as `jmt` asks for it: its own impl covers an older `sha2` only.
pub(super) struct StateHasher(Sha256);

impl SimpleHasher for StateHasher {
    fn new() -> Self {
        Self(Sha256::new())
    }

    fn update(&mut self, data: &[u8]) {
        Digest::update(&mut self.0, data);
    }

    fn finalize(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

fn tagged(tag: &[u8], first: &Hash, second: &Hash) -> Hash {
    let hasher =
        Sha256::new().chain_update(tag).chain_update(first.as_bytes()).chain_update(second.as_bytes());
    Hash::new(hasher.finalize().into())
}

/// Hash of a leaf.
pub(super) fn leaf_hash(key_hash: &Hash, value_hash: &Hash) -> Hash {
    tagged(jmt::proof::LEAF_DOMAIN_SEPARATOR, key_hash, value_hash)
}

/// Hash of a binary node.
pub(super) fn node_hash(left: &Hash, right: &Hash) -> Hash {
    tagged(jmt::proof::INTERNAL_DOMAIN_SEPARATOR, left, right)
}

/// Bit `depth` of a key's place, 0 being the most significant one; right is `true`. Past the end it is `false`.
pub(super) fn bit(place: &Hash, depth: usize) -> bool {
    const MASKS: [u8; 8] = [0x80, 0x40, 0x20, 0x10, 0x08, 0x04, 0x02, 0x01];
    let byte = place.as_bytes().get(depth >> 3).copied().unwrap_or_default();
    MASKS.get(depth & 7).is_some_and(|mask| byte & mask != 0)
}
