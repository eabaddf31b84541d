//! The state in memory: for tests, simulators and short-lived chains.

use std::collections::BTreeMap;

use super::{NodeStore, StaleItem, StoreError, TreeUpdate};
use crate::primitives::Hash;

/// A [`NodeStore`] in ordered maps. Never fails.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    nodes: BTreeMap<Vec<u8>, Vec<u8>>,
    values: BTreeMap<(Hash, u64), Option<Vec<u8>>>,
    stale: BTreeMap<u64, Vec<StaleItem>>,
}

impl MemoryStore {
    /// An empty store, without even version 0.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes over what one version changes.
    pub fn commit(&mut self, update: TreeUpdate) {
        self.nodes.extend(update.nodes);
        self.values
            .extend(update.values.into_iter().map(|entry| ((entry.key_hash, entry.version), entry.value)));
        for entry in update.stale {
            self.stale.entry(entry.since_version).or_default().push(entry.item);
        }
    }

    /// Drops what only versions below `oldest` need; those versions can then no longer be read.
    pub fn prune(&mut self, oldest: u64) {
        let kept = oldest.checked_add(1).map(|from| self.stale.split_off(&from)).unwrap_or_default();
        for (since, items) in std::mem::replace(&mut self.stale, kept) {
            for item in items {
                match item {
                    StaleItem::Node(key) => drop(self.nodes.remove(&key)),
                    StaleItem::Values(key_hash) => self.prune_values(key_hash, since),
                }
            }
        }
    }

    fn prune_values(&mut self, key_hash: Hash, since: u64) {
        let older: Vec<_> =
            self.values.range((key_hash, 0)..(key_hash, since)).map(|(key, _)| *key).collect();
        for key in older {
            self.values.remove(&key);
        }
        if self.values.get(&(key_hash, since)) == Some(&None) {
            self.values.remove(&(key_hash, since));
        }
    }

    /// How many nodes and value entries are held, all versions together.
    pub fn len(&self) -> (usize, usize) {
        (self.nodes.len(), self.values.len())
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.len() == (0, 0)
    }
}

impl NodeStore for MemoryStore {
    fn node(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.nodes.get(key).cloned())
    }

    fn value(&self, key_hash: &Hash, max_version: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let newest = self.values.range((*key_hash, 0)..=(*key_hash, max_version)).next_back();
        Ok(newest.and_then(|(_, value)| value.clone()))
    }
}
