//! Pending changes over a committed state, with roll-back of a failed step.

use std::collections::BTreeMap;

use borsh::{BorshDeserialize, BorshSerialize};
use thiserror::Error;

use super::StateKey;

/// Changed keys: a new value, or removal.
pub type Writes = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// A committed state.
pub trait StateRead {
    /// The newest value of a key.
    ///
    /// # Errors
    /// [`StateError::Storage`] when the host cannot read.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StateError>;
}

/// The host's state is unusable: never a peer's fault.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StateError {
    /// The host cannot read.
    #[error("state cannot be read: {0}")]
    Storage(String),
    /// A record that does not decode.
    #[error("state record {0} is corrupt")]
    Corrupt(&'static str),
    /// A record that every state holds is not there.
    #[error("state record {0} is missing")]
    Missing(&'static str),
}

impl StateRead for Writes {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
        Ok(BTreeMap::get(self, key).cloned().flatten())
    }
}

/// What stood in the writes before: nothing, a removal or a value.
type Earlier = Option<Option<Vec<u8>>>;

/// Reads through to a base, keeps writes to itself.
pub struct Overlay<'a> {
    base: &'a dyn StateRead,
    writes: Writes,
    /// Earlier entries of `writes` since the last checkpoint, newest last.
    journal: Vec<(Vec<u8>, Earlier)>,
}

impl<'a> Overlay<'a> {
    /// No changes yet.
    pub fn new(base: &'a dyn StateRead) -> Self {
        Self { base, writes: Writes::new(), journal: Vec::new() }
    }

    /// Reads a record.
    ///
    /// # Errors
    /// [`StateError`] when it cannot be read or decoded.
    pub fn read<T: BorshDeserialize>(&self, key: StateKey) -> Result<Option<T>, StateError> {
        let bytes = key.to_bytes();
        let value = match self.writes.get(&bytes) {
            Some(written) => written.clone(),
            None => self.base.get(&bytes)?,
        };
        value.map(|value| borsh::from_slice(&value).map_err(|_| StateError::Corrupt(key.name()))).transpose()
    }

    /// Reads a record that every state holds.
    ///
    /// # Errors
    /// [`StateError::Missing`] when it is not there.
    pub fn require<T: BorshDeserialize>(&self, key: StateKey) -> Result<T, StateError> {
        self.read(key)?.ok_or(StateError::Missing(key.name()))
    }

    /// Writes a record.
    pub fn write<T: BorshSerialize>(&mut self, key: StateKey, value: &T) {
        // Serialising into memory cannot fail.
        let encoded = borsh::to_vec(value).unwrap_or_default();
        self.set(key, Some(encoded));
    }

    /// Removes a record.
    pub fn remove(&mut self, key: StateKey) {
        self.set(key, None);
    }

    fn set(&mut self, key: StateKey, value: Option<Vec<u8>>) {
        let key = key.to_bytes();
        let before = self.writes.insert(key.clone(), value);
        self.journal.push((key, before));
    }

    /// Forgets how to undo: what is written so far stays.
    pub fn checkpoint(&mut self) {
        self.journal.clear();
    }

    /// Undoes everything since the last checkpoint.
    pub fn rollback(&mut self) {
        while let Some((key, before)) = self.journal.pop() {
            match before {
                Some(value) => self.writes.insert(key, value),
                None => self.writes.remove(&key),
            };
        }
    }

    /// All changes.
    pub fn into_writes(self) -> Writes {
        self.writes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::primitives::Address;

    #[test]
    fn a_rolled_back_step_leaves_no_trace() {
        let base = Writes::new();
        let mut overlay = Overlay::new(&base);
        let (one, two) = (StateKey::Account(Address::new([1; 20])), StateKey::Account(Address::new([2; 20])));
        overlay.write(one, &1_u64);
        overlay.checkpoint();
        overlay.write(one, &2_u64);
        overlay.write(two, &3_u64);
        overlay.remove(one);
        overlay.rollback();
        assert_eq!(overlay.read::<u64>(one), Ok(Some(1)));
        assert_eq!(overlay.read::<u64>(two), Ok(None));
        assert_eq!(overlay.into_writes().len(), 1);
    }
}
