//! The tables of the file, and how their keys and small records are encoded.

use borsh::BorshDeserialize;
use emotionalchain_shared::primitives::{Address, Epoch, Hash};
use redb::{ReadableTable, TableDefinition, WriteTransaction};

use super::{Head, StoreError};

/// Named records of the store itself.
pub(super) const SYSTEM: TableDefinition<&str, &[u8]> = TableDefinition::new("system");
/// Encoded blocks by height.
pub(super) const BLOCKS: TableDefinition<u64, &[u8]> = TableDefinition::new("blocks");
/// Encoded commit certificates by height.
pub(super) const CERTIFICATES: TableDefinition<u64, &[u8]> = TableDefinition::new("certificates");
/// Block ids by height.
pub(super) const BLOCK_IDS: TableDefinition<u64, &[u8; 32]> = TableDefinition::new("block_ids");
/// Heights by block id.
pub(super) const BLOCK_HEIGHTS: TableDefinition<&[u8; 32], u64> = TableDefinition::new("block_heights");
/// Height and index by transaction id.
pub(super) const TRANSACTIONS: TableDefinition<&[u8; 32], (u64, u32)> = TableDefinition::new("transactions");
/// Height of inclusion by validator and epoch.
pub(super) const PROOFS: TableDefinition<&[u8; 28], u64> = TableDefinition::new("proofs");
/// Encoded summaries by epoch.
pub(super) const EPOCH_SUMMARIES: TableDefinition<u64, &[u8]> = TableDefinition::new("epoch_summaries");
/// Newest values of the state by key.
pub(super) const STATE: TableDefinition<&[u8], &[u8]> = TableDefinition::new("state");
/// Nodes of the state tree; keys begin with the version, so that a commit appends and a rollback cuts the end off.
pub(super) const TREE_NODES: TableDefinition<&[u8], &[u8]> = TableDefinition::new("tree_nodes");
/// Values of the state tree by key hash and version; none is a deletion.
pub(super) const TREE_VALUES: TableDefinition<&[u8; 40], Option<&[u8]>> = TableDefinition::new("tree_values");
/// What may be pruned, by the first version that does not need it; a version's entries are cut in parts.
pub(super) const STALE: TableDefinition<(u64, u32), &[u8]> = TableDefinition::new("stale");
/// Undo records by height.
pub(super) const UNDO: TableDefinition<u64, &[u8]> = TableDefinition::new("undo");
/// Pending evidence by hash.
pub(super) const EVIDENCE: TableDefinition<&[u8; 32], &[u8]> = TableDefinition::new("evidence");
/// Small records of other modules by name.
pub(super) const BLOBS: TableDefinition<&str, &[u8]> = TableDefinition::new("blobs");

/// [`SYSTEM`]: the schema version, u32 little-endian.
pub(super) const SCHEMA: &str = "schema";
/// [`SYSTEM`]: the genesis hash.
pub(super) const GENESIS: &str = "genesis";
/// [`SYSTEM`]: the borsh [`Head`].
pub(super) const HEAD: &str = "head";
/// [`SYSTEM`]: the oldest version of the state that is whole, u64 little-endian.
pub(super) const OLDEST: &str = "oldest";

/// Makes every table exist, so that a read never meets a missing one.
pub(super) fn create_all(txn: &WriteTransaction) -> Result<(), StoreError> {
    macro_rules! create {
        ($($table:ident),*) => { $(txn.open_table($table)?;)* };
    }
    create!(
        SYSTEM,
        BLOCKS,
        CERTIFICATES,
        BLOCK_IDS,
        BLOCK_HEIGHTS,
        TRANSACTIONS,
        PROOFS,
        EPOCH_SUMMARIES,
        STATE,
        TREE_NODES,
        TREE_VALUES,
        STALE,
        UNDO,
        EVIDENCE,
        BLOBS
    );
    Ok(())
}

/// Decodes a borsh record that this module wrote.
pub(super) fn record<T: BorshDeserialize>(table: &'static str, bytes: &[u8]) -> Result<T, StoreError> {
    borsh::from_slice(bytes).map_err(|_| StoreError::Damaged { table })
}

/// Encodes a borsh record; writing into memory cannot fail, the error is for form's sake.
pub(super) fn encode<T: borsh::BorshSerialize>(
    table: &'static str,
    value: &T,
) -> Result<Vec<u8>, StoreError> {
    borsh::to_vec(value).map_err(|_| StoreError::Damaged { table })
}

/// The head, if genesis is committed.
pub(super) fn head(
    system: &impl ReadableTable<&'static str, &'static [u8]>,
) -> Result<Option<Head>, StoreError> {
    system.get(HEAD)?.map(|bytes| record("system", bytes.value())).transpose()
}

/// The oldest version of the state that is whole.
pub(super) fn oldest(system: &impl ReadableTable<&'static str, &'static [u8]>) -> Result<u64, StoreError> {
    let oldest = system.get(OLDEST)?.map(|bytes| record("system", bytes.value())).transpose()?;
    Ok(oldest.unwrap_or_default())
}

/// Key of [`TREE_VALUES`].
pub(super) fn value_key(key_hash: &Hash, version: u64) -> [u8; 40] {
    let mut key = [0; 40];
    let (hash, rest) = key.split_at_mut(Hash::LEN);
    hash.copy_from_slice(key_hash.as_bytes());
    rest.copy_from_slice(&version.to_be_bytes());
    key
}

/// Key of [`PROOFS`].
pub(super) fn proof_key(validator: &Address, epoch: Epoch) -> [u8; 28] {
    let mut key = [0; 28];
    let (address, rest) = key.split_at_mut(Address::LEN);
    address.copy_from_slice(validator.as_bytes());
    rest.copy_from_slice(&epoch.get().to_be_bytes());
    key
}
