//! Taking finalised heights back, on the operator's word alone (protocol §7, partition).
//!
//! The validator has signed for the heights taken back and must not do so again: the caller keeps its sign floor above the
//! old head, and puts what proves the fork into pending evidence first, which stays.

use emotionalchain_shared::primitives::Height;
use redb::WriteTransaction;

use super::{
    Head, Store, StoreError,
    tables::{
        self, BLOCK_HEIGHTS, BLOCK_IDS, BLOCKS, CERTIFICATES, EPOCH_SUMMARIES, HEAD, PROOFS, STALE, STATE,
        SYSTEM, TRANSACTIONS, TREE_NODES, TREE_VALUES, UNDO, proof_key, value_key,
    },
    undo::UndoRecord,
};

impl Store {
    /// Makes `target` the head again, as if nothing had followed it. One transaction: all heights or none.
    ///
    /// # Errors
    /// [`StoreError::RollbackAhead`] above the head, [`StoreError::RollbackTooOld`] below
    /// [`super::Snapshot::oldest_version`]; a failed database.
    pub fn rollback_to(&self, target: Height) -> Result<Head, StoreError> {
        let txn = self.write()?;
        let (mut head, oldest) = {
            let system = txn.open_table(SYSTEM)?;
            (tables::head(&system)?.ok_or(StoreError::Empty)?, tables::oldest(&system)?)
        };
        if target > head.height {
            return Err(StoreError::RollbackAhead { target, head: head.height });
        }
        if target.get() < oldest {
            return Err(StoreError::RollbackTooOld { target, oldest: Height::new(oldest) });
        }
        while head.height > target {
            head = undo_head(&txn, head.height)?;
        }
        cut_tree(&txn, target)?;
        txn.open_table(SYSTEM)?.insert(HEAD, tables::encode("system", &head)?.as_slice())?;
        txn.commit()?;
        Ok(head)
    }
}

/// Takes one height back, all but the tree's nodes; returns the head before it.
fn undo_head(txn: &WriteTransaction, height: Height) -> Result<Head, StoreError> {
    let undo: UndoRecord = {
        let mut table = txn.open_table(UNDO)?;
        let bytes = table.remove(height.get())?.ok_or(StoreError::Damaged { table: "undo" })?;
        tables::record("undo", bytes.value())?
    };
    txn.open_table(BLOCKS)?.remove(height.get())?;
    txn.open_table(CERTIFICATES)?.remove(height.get())?;
    txn.open_table(BLOCK_IDS)?.remove(height.get())?;
    txn.open_table(BLOCK_HEIGHTS)?.remove(undo.block_id.as_bytes())?;
    let mut transactions = txn.open_table(TRANSACTIONS)?;
    for (id, before) in undo.transactions.iter().rev() {
        match before {
            Some(at) => transactions.insert(id.as_bytes(), (at.height.get(), at.index))?,
            None => transactions.remove(id.as_bytes())?,
        };
    }
    let mut proofs = txn.open_table(PROOFS)?;
    for (validator, epoch, before) in undo.proofs.iter().rev() {
        match before {
            Some(height) => proofs.insert(&proof_key(validator, *epoch), *height)?,
            None => proofs.remove(&proof_key(validator, *epoch))?,
        };
    }
    if let Some((epoch, before)) = &undo.epoch_summary {
        let mut summaries = txn.open_table(EPOCH_SUMMARIES)?;
        match before {
            Some(summary) => summaries.insert(epoch.get(), summary.as_slice())?,
            None => summaries.remove(epoch.get())?,
        };
    }
    let mut state = txn.open_table(STATE)?;
    for (key, before) in undo.state.iter().rev() {
        match before {
            Some(value) => state.insert(key.as_slice(), value.as_slice())?,
            None => state.remove(key.as_slice())?,
        };
    }
    let mut values = txn.open_table(TREE_VALUES)?;
    for key_hash in &undo.tree_values {
        values.remove(&value_key(key_hash, height.get()))?;
    }
    Ok(undo.previous)
}

/// Removes nodes and stale entries of the versions above `target`.
fn cut_tree(txn: &WriteTransaction, target: Height) -> Result<(), StoreError> {
    let Some(first) = target.next() else { return Ok(()) };
    let mut nodes = txn.open_table(TREE_NODES)?;
    nodes.retain_in(first.get().to_be_bytes().as_slice().., |_, _| false)?;
    let mut stale = txn.open_table(STALE)?;
    stale.retain_in((first.get(), 0).., |_, _| false)?;
    Ok(())
}
