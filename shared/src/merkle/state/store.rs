//! The seam between the state tree and the host's database.

use std::error::Error;

use thiserror::Error;

use crate::primitives::Hash;

/// Where nodes and values are kept. Read only: changes go through [`TreeUpdate`].
pub trait NodeStore {
    /// The node under an opaque key of at most 41 bytes, as committed; `None` if there is none.
    ///
    /// # Errors
    /// The database's failure.
    fn node(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// The newest value entry of a key whose version is at most `max_version`; `None` if there is none, or if it is a
    /// deletion.
    ///
    /// # Errors
    /// The database's failure.
    fn value(&self, key_hash: &Hash, max_version: u64) -> Result<Option<Vec<u8>>, StoreError>;
}

/// The host's database failed.
#[derive(Debug, Error)]
#[error("state store failed")]
pub struct StoreError(#[source] Box<dyn Error + Send + Sync>);

impl StoreError {
    /// Wraps the database's own error.
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(source.into())
    }
}

/// What one version changes; committed by the host in one atomic step, all of it or nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TreeUpdate {
    /// New nodes as (key, encoding); keys begin with the version, big-endian, and are ascending.
    pub nodes: Vec<(Vec<u8>, Vec<u8>)>,
    /// New value entries, ascending by key hash.
    pub values: Vec<ValueEntry>,
    /// What no version from this one on needs.
    pub stale: Vec<StaleEntry>,
}

/// One write to one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueEntry {
    /// SHA-256 of the key.
    pub key_hash: Hash,
    /// The version that wrote it.
    pub version: u64,
    /// The value; `None` for a deletion.
    pub value: Option<Vec<u8>>,
}

/// Something that versions from `since_version` on do not need.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StaleEntry {
    /// The first version that does not need it.
    pub since_version: u64,
    /// What it is.
    pub item: StaleItem,
}

/// What may be pruned.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StaleItem {
    /// The node under this key.
    Node(Vec<u8>),
    /// The value entries of this key hash that are older than the entry's version, and that one too if it is a deletion.
    Values(Hash),
}
