//! Names of what may be pruned, in parts of bounded size.
//!
//! A commit makes tens of thousands of entries. As records of their own they would cost as much as the nodes they name,
//! so a part holds up to [`PART`] of them.

use borsh::{BorshDeserialize, BorshSerialize};
use emotionalchain_shared::{
    merkle::{StaleEntry, StaleItem},
    primitives::Hash,
};
use redb::{ReadableTable, WriteTransaction};

use super::{
    StoreError,
    tables::{self, STALE, TREE_NODES, TREE_VALUES, value_key},
};

/// Entries in a part: small enough to prune in a few milliseconds, so it is the unit of bounded work.
pub(super) const PART: usize = 1024;

/// A part of what one version made stale.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(super) struct StalePart {
    /// Keys of nodes.
    pub nodes: Vec<Vec<u8>>,
    /// Key hashes whose older values are not needed.
    pub values: Vec<Hash>,
}

impl StalePart {
    fn new(entries: &[StaleEntry]) -> Self {
        let mut part = Self::default();
        for entry in entries {
            match &entry.item {
                StaleItem::Node(key) => part.nodes.push(key.clone()),
                StaleItem::Values(key_hash) => part.values.push(*key_hash),
            }
        }
        part
    }

    /// How many entries.
    pub fn len(&self) -> usize {
        self.nodes.len().saturating_add(self.values.len())
    }

    /// Stores the entries of one version in parts, in their order: the old root comes first, so a version of which
    /// anything is pruned has no root and is refused as a whole.
    pub fn store(txn: &WriteTransaction, version: u64, entries: &[StaleEntry]) -> Result<(), StoreError> {
        let mut table = txn.open_table(STALE)?;
        for (part, entries) in (0_u32..).zip(entries.chunks(PART)) {
            table.insert((version, part), tables::encode("stale", &Self::new(entries))?.as_slice())?;
        }
        Ok(())
    }

    /// Removes from the tree what the part names, by the rule of [`emotionalchain_shared::merkle::StateTree`]: the nodes;
    /// values older than `since`, and that of `since` if it is a deletion.
    pub fn prune(&self, txn: &WriteTransaction, since: u64) -> Result<(), StoreError> {
        let mut nodes = txn.open_table(TREE_NODES)?;
        for key in &self.nodes {
            nodes.remove(key.as_slice())?;
        }
        let mut values = txn.open_table(TREE_VALUES)?;
        for key_hash in &self.values {
            let (first, last) = (value_key(key_hash, 0), value_key(key_hash, since));
            let mut obsolete = Vec::new();
            for entry in values.range::<&[u8; 40]>(&first..=&last)? {
                let (key, value) = entry?;
                if *key.value() != last || value.value().is_none() {
                    obsolete.push(*key.value());
                }
            }
            for key in &obsolete {
                values.remove(key)?;
            }
        }
        Ok(())
    }
}
