//! Keys and encodings of stored nodes, and the face that the store shows to `jmt`.
//!
//! - Key: version (u64, big-endian) ‖ depth in nibbles (u8) ‖ path, two nibbles a byte, the last half zero when odd.
//!   Versions come first, so a commit appends to an ordered database.
//! - Node: `jmt`'s own borsh encoding.

use jmt::{
    KeyHash, OwnedValue,
    storage::{LeafNode, Node, NodeKey, TreeReader},
};
use thiserror::Error;

use super::{NodeStore, StateError, StoreError};
use crate::primitives::Hash;

/// A stored node is not a node's encoding.
#[derive(Debug, Error)]
#[error("a stored state node is corrupt")]
struct CorruptNode;

/// The key of the node at `path` (one nibble a byte, at most 64) that `version` wrote.
pub(super) fn node_key(version: u64, path: &[u8]) -> Vec<u8> {
    let (pairs, odd) = path.as_chunks::<2>();
    let mut key = Vec::with_capacity(41);
    key.extend_from_slice(&version.to_be_bytes());
    // A path has at most 64 nibbles.
    key.push(u8::try_from(path.len()).unwrap_or(u8::MAX));
    key.extend(pairs.iter().map(|[high, low]| (high << 4) | low));
    key.extend(odd.iter().map(|high| high << 4));
    key
}

/// The same for a key of `jmt`.
pub(super) fn node_key_of(key: &NodeKey) -> Vec<u8> {
    let path: Vec<u8> = key.nibble_path().nibbles().map(u8::from).collect();
    node_key(key.version(), &path)
}

/// Key hash and value hash of a leaf.
pub(super) fn leaf_parts(leaf: &LeafNode) -> Result<(Hash, Hash), StateError> {
    // The value's hash is private to `jmt`; the encoding is the two hashes, one after the other.
    let bytes = borsh::to_vec(leaf).map_err(|_| StateError::Corrupt)?;
    let (key_hash, value_hash) = bytes.split_at_checked(Hash::LEN).ok_or(StateError::Corrupt)?;
    let hash = |bytes: &[u8]| Hash::try_from(bytes).map_err(|_| StateError::Corrupt);
    Ok((hash(key_hash)?, hash(value_hash)?))
}

/// A store as `jmt` reads it.
pub(super) struct Reader<'a, S>(pub(super) &'a S);

impl<S: NodeStore> Reader<'_, S> {
    /// The decoded node under a key.
    pub(super) fn read(&self, key: &[u8]) -> Result<Option<Node>, StateError> {
        let Some(bytes) = self.0.node(key)? else { return Ok(None) };
        borsh::from_slice(&bytes).map(Some).map_err(|_| StateError::Corrupt)
    }
}

impl<S: NodeStore> TreeReader for Reader<'_, S> {
    fn get_node_option(&self, node_key: &NodeKey) -> anyhow::Result<Option<Node>> {
        self.read(&node_key_of(node_key)).map_err(|error| match error {
            StateError::Store(error) => anyhow::Error::new(error),
            _ => anyhow::Error::new(CorruptNode),
        })
    }

    fn get_value_option(&self, max_version: u64, key_hash: KeyHash) -> anyhow::Result<Option<OwnedValue>> {
        self.0.value(&Hash::new(key_hash.0), max_version).map_err(anyhow::Error::new)
    }

    /// Only restoring from another node's parts asks for it, which is not done here.
    fn get_rightmost_leaf(&self) -> anyhow::Result<Option<(NodeKey, LeafNode)>> {
        Ok(None)
    }
}

/// Finds the typed error in what `jmt` hands through.
pub(super) fn state_error(error: anyhow::Error) -> StateError {
    match error.downcast::<StoreError>() {
        Ok(error) => StateError::Store(error),
        Err(error) if error.is::<CorruptNode>() => StateError::Corrupt,
        Err(_) => StateError::Inconsistent,
    }
}
