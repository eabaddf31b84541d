//! Reading, proving and changing the state.

use std::collections::BTreeMap;

use jmt::{
    JellyfishMerkleTree, KeyHash,
    storage::{Node, StaleNodeIndex},
};
use thiserror::Error;

use super::{
    EMPTY_STATE_ROOT, MAX_KEY, MAX_VALUE, NodeStore, StaleEntry, StaleItem, StateProof, StoreError,
    TreeUpdate, ValueEntry,
    hashing::{StateHasher, bit, node_hash},
    nodes::{Reader, leaf_parts, node_key, node_key_of, state_error},
    proof::End,
};
use crate::primitives::{Hash, hash_bytes};

/// Levels of nodes below the root: one a nibble of a key's place.
const MAX_DEPTH: usize = 64;

/// The state over a store; holds nothing of its own.
pub struct StateTree<'a, S> {
    reader: Reader<'a, S>,
}

/// Why the state cannot be read or changed.
#[derive(Debug, Error)]
pub enum StateError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key is longer than [`MAX_KEY`].
    #[error("key has {len} bytes, at most {MAX_KEY} are allowed")]
    KeyLength {
        /// Bytes in the key.
        len: usize,
    },
    /// The value is longer than [`MAX_VALUE`].
    #[error("value has {len} bytes, at most {MAX_VALUE} are allowed")]
    ValueLength {
        /// Bytes in the value.
        len: usize,
    },
    /// The version was never committed, or is pruned.
    #[error("state version {version} is not in the store")]
    MissingVersion {
        /// The version asked for.
        version: u64,
    },
    /// `u64::MAX` is not a version.
    #[error("state versions end below {}", u64::MAX)]
    VersionRange,
    /// A stored node cannot be decoded: the database is damaged.
    #[error("a stored state node is corrupt")]
    Corrupt,
    /// A node or value that the tree refers to is missing: the database is damaged.
    #[error("the stored state tree is incomplete")]
    Inconsistent,
}

impl StateError {
    /// Whether the store itself failed or is damaged, so that going on makes no sense.
    pub const fn is_fatal(&self) -> bool {
        matches!(self, Self::Store(_) | Self::Corrupt | Self::Inconsistent)
    }
}

/// A child of a stored node, as far as hashing needs it.
#[derive(Clone, Copy)]
struct Child {
    hash: Hash,
    version: u64,
    nibble: u8,
    is_leaf: bool,
}

/// The only thing in a range of children: a lone leaf, or whatever stands in a range of one.
fn only_child(range: &[Option<Child>]) -> Option<Child> {
    let mut present = range.iter().flatten();
    let child = present.next()?;
    (range.len() == 1 || (child.is_leaf && present.next().is_none())).then_some(*child)
}

/// The hash of a range of 1, 2, 4, 8 or 16 children, seen as a binary tree.
fn range_hash(range: &[Option<Child>]) -> Hash {
    if range.iter().all(Option::is_none) {
        return EMPTY_STATE_ROOT;
    }
    match only_child(range) {
        Some(child) => child.hash,
        None => {
            let (left, right) = range.split_at(range.len() >> 1);
            node_hash(&range_hash(left), &range_hash(right))
        }
    }
}

/// A key's place in the tree.
fn place(key: &[u8]) -> Result<Hash, StateError> {
    if key.len() > MAX_KEY {
        return Err(StateError::KeyLength { len: key.len() });
    }
    Ok(hash_bytes(key))
}

impl<'a, S: NodeStore> StateTree<'a, S> {
    /// The state that a store holds.
    pub const fn new(store: &'a S) -> Self {
        Self { reader: Reader(store) }
    }

    /// The root of a version.
    ///
    /// # Errors
    /// [`StateError::MissingVersion`], or a failed store.
    pub fn root(&self, version: u64) -> Result<Hash, StateError> {
        match self.reader.read(&node_key(version, &[]))? {
            None => Err(StateError::MissingVersion { version }),
            Some(Node::Null) => Ok(EMPTY_STATE_ROOT),
            Some(Node::Leaf(leaf)) => Ok(Hash::new(leaf.hash::<StateHasher>())),
            Some(Node::Internal(node)) => Ok(Hash::new(node.hash::<StateHasher>())),
        }
    }

    /// Refuses versions whose root is not stored.
    fn require(&self, version: u64) -> Result<(), StateError> {
        match self.reader.0.node(&node_key(version, &[]))? {
            Some(_) => Ok(()),
            None => Err(StateError::MissingVersion { version }),
        }
    }

    /// The value of a key at a version, without a proof.
    ///
    /// # Errors
    /// [`StateError::MissingVersion`], [`StateError::KeyLength`], or a failed store.
    pub fn get(&self, version: u64, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
        let key_hash = place(key)?;
        self.require(version)?;
        Ok(self.reader.0.value(&key_hash, version)?)
    }

    /// The value of a key at a version, with the proof that it is this one or none.
    ///
    /// # Errors
    /// [`StateError::MissingVersion`], [`StateError::KeyLength`], or a failed store.
    pub fn get_with_proof(
        &self,
        version: u64,
        key: &[u8],
    ) -> Result<(Option<Vec<u8>>, StateProof), StateError> {
        let key_hash = place(key)?;
        let mut node = match self.reader.read(&node_key(version, &[]))? {
            Some(node) => node,
            None => return Err(StateError::MissingVersion { version }),
        };
        let mut path = Vec::with_capacity(MAX_DEPTH);
        // From the root down; turned round at the end.
        let mut siblings = Vec::new();
        let end = loop {
            match node {
                // Only the root may be null, but then there is nothing above it either.
                Node::Null => break End::Empty,
                Node::Leaf(leaf) => {
                    let (leaf_key, value_hash) = leaf_parts(&leaf)?;
                    if leaf_key == key_hash {
                        break End::Included;
                    }
                    break End::Other { key_hash: leaf_key, value_hash };
                }
                Node::Internal(internal) => {
                    if path.len() >= MAX_DEPTH {
                        return Err(StateError::Inconsistent);
                    }
                    let mut children = [None; 16];
                    for (nibble, child) in internal.children_sorted() {
                        if let Some(slot) = children.get_mut(nibble.as_usize()) {
                            *slot = Some(Child {
                                hash: Hash::new(child.hash),
                                version: child.version,
                                nibble: nibble.into(),
                                is_leaf: child.is_leaf(),
                            });
                        }
                    }
                    let depth = path.len().saturating_mul(4);
                    let Some(child) = descend(&children, &key_hash, depth, &mut siblings) else {
                        break End::Empty;
                    };
                    path.push(child.nibble);
                    let below = self.reader.read(&node_key(child.version, &path))?;
                    node = below.ok_or(StateError::Inconsistent)?;
                }
            }
        };
        let value = match end {
            End::Included => Some(self.reader.0.value(&key_hash, version)?.ok_or(StateError::Inconsistent)?),
            End::Empty | End::Other { .. } => None,
        };
        siblings.reverse();
        Ok((value, StateProof { end, siblings }))
    }

    /// What the state becomes at `version` when these keys are set (`Some`) or deleted (`None`) in version − 1: the new
    /// root, and the changes to commit. Of several writes to one key the last one counts; deleting what is absent
    /// changes nothing. Nothing is stored.
    ///
    /// # Errors
    /// [`StateError::MissingVersion`] for version − 1, keys and values past their bounds, or a failed store.
    pub fn apply(
        &self,
        version: u64,
        writes: impl IntoIterator<Item = (Vec<u8>, Option<Vec<u8>>)>,
    ) -> Result<(Hash, TreeUpdate), StateError> {
        // `jmt` keeps the last number for itself.
        if version == u64::MAX {
            return Err(StateError::VersionRange);
        }
        let parent = version.checked_sub(1);
        if let Some(parent) = parent {
            // `jmt` takes a missing parent for an empty tree.
            self.require(parent)?;
        }
        let mut last = BTreeMap::new();
        for (key, value) in writes {
            if let Some(len) = value.as_ref().map(Vec::len).filter(|len| *len > MAX_VALUE) {
                return Err(StateError::ValueLength { len });
            }
            last.insert(KeyHash(*place(&key)?.as_bytes()), value);
        }
        let tree = JellyfishMerkleTree::<_, StateHasher>::new(&self.reader);
        let (root, batch) = tree.put_value_set(last, version).map_err(state_error)?;

        let mut nodes = Vec::with_capacity(batch.node_batch.nodes().len());
        for (key, node) in batch.node_batch.nodes() {
            nodes.push((node_key_of(key), borsh::to_vec(node).map_err(|_| StateError::Corrupt)?));
        }
        let values = batch.node_batch.values().iter().map(|((version, key), value)| ValueEntry {
            key_hash: Hash::new(key.0),
            version: *version,
            value: value.clone(),
        });
        let values: Vec<_> = values.collect();
        let stale = stale_entries(version, &batch.stale_node_index_batch, &values);
        Ok((Hash::new(root.0), TreeUpdate { nodes, values, stale }))
    }
}

/// Goes down the four levels of one stored node towards a place, collecting the sibling of each level passed; gives the
/// child that stands there or stands alone in that range, `None` if the range is empty.
fn descend(
    children: &[Option<Child>; 16],
    place: &Hash,
    depth: usize,
    siblings: &mut Vec<Hash>,
) -> Option<Child> {
    let mut range = children.as_slice();
    for level in depth..depth.saturating_add(4) {
        let (left, right) = range.split_at(range.len() >> 1);
        let (ours, sibling) = if bit(place, level) { (right, left) } else { (left, right) };
        siblings.push(range_hash(sibling));
        range = ours;
        if range.iter().all(Option::is_none) {
            return None;
        }
        if let Some(child) = only_child(range) {
            return Some(child);
        }
    }
    None
}

/// All that versions from `version` on do not need.
fn stale_entries<'n>(
    version: u64,
    nodes: impl IntoIterator<Item = &'n StaleNodeIndex>,
    values: &[ValueEntry],
) -> Vec<StaleEntry> {
    // `jmt` forgets the old root when it is null or when nothing changes; it would stay for ever, and be readable with
    // its children pruned.
    let old_root = version.checked_sub(1).map(|parent| node_key(parent, &[]));
    let nodes = nodes.into_iter().map(|stale| node_key_of(&stale.node_key));
    let nodes = nodes.filter(|key| Some(key) != old_root.as_ref()).map(StaleItem::Node);
    let values = values.iter().map(|entry| StaleItem::Values(entry.key_hash));
    let root = old_root.clone().map(StaleItem::Node);
    root.into_iter()
        .chain(nodes)
        .chain(values)
        .map(|item| StaleEntry { since_version: version, item })
        .collect()
}
