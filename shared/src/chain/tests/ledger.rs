//! A ledger in memory.

use crate::{
    chain::{
        ChainSpec, Transition, genesis_writes,
        state::{StateError, StateRead, Writes},
    },
    merkle::{MemoryStore, NodeStore, StateTree, StoreError},
    primitives::Hash,
};

/// A flat state beside its tree, as a node's store keeps them.
#[derive(Clone)]
pub struct MemoryLedger {
    flat: Writes,
    tree: MemoryStore,
}

impl MemoryLedger {
    /// The state before block 1.
    pub fn genesis(spec: &ChainSpec) -> Self {
        let flat = genesis_writes(spec).unwrap();
        let mut tree = MemoryStore::new();
        let (_, update) = StateTree::new(&tree).apply(0, flat.clone()).unwrap();
        tree.commit(update);
        Self { flat, tree }
    }

    /// Takes over what one block changes.
    pub fn commit(&mut self, transition: &Transition) {
        self.tree.commit(transition.tree.clone());
        self.flat.extend(transition.executed.writes.clone());
    }

    /// Live values of the keys that begin with a prefix.
    pub fn values(&self, prefix: u8) -> impl Iterator<Item = &[u8]> {
        self.flat.iter().filter(move |(key, _)| key[0] == prefix).filter_map(|(_, value)| value.as_deref())
    }
}

impl StateRead for MemoryLedger {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
        StateRead::get(&self.flat, key)
    }
}

impl NodeStore for MemoryLedger {
    fn node(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.tree.node(key)
    }

    fn value(&self, key_hash: &Hash, max_version: u64) -> Result<Option<Vec<u8>>, StoreError> {
        self.tree.value(key_hash, max_version)
    }
}
