//! The store as the ledger that blocks are verified and built on.

use emotionalchain_shared::chain::state::{StateError, StateRead};

use super::{Snapshot, Store, StoreError};

fn unreadable(error: StoreError) -> StateError {
    StateError::Storage(error.to_string())
}

impl StateRead for Snapshot {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
        self.state_get(key).map_err(unreadable)
    }
}

impl StateRead for Store {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
        self.state_get(key).map_err(unreadable)
    }
}
