//! Writing a block and everything that follows from it, in one transaction.

use std::collections::BTreeMap;

use emotionalchain_shared::{
    merkle::TreeUpdate,
    primitives::{BlockId, Hash, Height, TimeMs},
    wire::Wire,
};
use redb::WriteTransaction;

use super::{
    CommitBatch, Head, Store, StoreError, TransactionLocation,
    stale::StalePart,
    tables::{
        self, BLOCK_HEIGHTS, BLOCK_IDS, BLOCKS, CERTIFICATES, EPOCH_SUMMARIES, HEAD, PROOFS, STATE, SYSTEM,
        TRANSACTIONS, TREE_NODES, TREE_VALUES, UNDO, proof_key, value_key,
    },
    undo::{OldLocations, OldProofs, OldState, OldSummary, UndoRecord},
};

impl Store {
    /// Makes genesis the head: height 0, with the genesis hash as its id and version 0 of the state.
    ///
    /// # Errors
    /// [`StoreError::HeightGap`] if there is a head already; a failed database.
    pub fn commit_genesis(
        &self,
        time: TimeMs,
        writes: &BTreeMap<Vec<u8>, Option<Vec<u8>>>,
        tree: &TreeUpdate,
    ) -> Result<(), StoreError> {
        let txn = self.write()?;
        {
            let mut system = txn.open_table(SYSTEM)?;
            if let Some(head) = tables::head(&system)? {
                let expected = head.height.next().unwrap_or(head.height);
                return Err(StoreError::HeightGap { expected, got: Height::ZERO });
            }
            let head = Head { height: Height::ZERO, block_id: BlockId::new(*self.genesis()), time };
            system.insert(HEAD, tables::encode("system", &head)?.as_slice())?;
        }
        write_state(&txn, writes)?;
        write_tree(&txn, Height::ZERO, tree)?;
        Ok(txn.commit()?)
    }

    /// Appends a finalised block. When the call returns the block is on disk; after an error nothing of it is.
    ///
    /// # Errors
    /// [`StoreError::Empty`] before genesis, [`StoreError::HeightGap`] unless the height follows the head,
    /// [`StoreError::CertificateMismatch`] for the certificate of another block; a failed database.
    pub fn commit(&self, batch: &CommitBatch) -> Result<(), StoreError> {
        if batch.certificate.height != batch.height || batch.certificate.block_id != batch.block_id {
            return Err(StoreError::CertificateMismatch { height: batch.height });
        }
        let txn = self.write()?;
        let previous = {
            let mut system = txn.open_table(SYSTEM)?;
            let previous = tables::head(&system)?.ok_or(StoreError::Empty)?;
            match previous.height.next() {
                Some(next) if next == batch.height => {}
                next => {
                    let expected = next.unwrap_or(previous.height);
                    return Err(StoreError::HeightGap { expected, got: batch.height });
                }
            }
            let head = Head { height: batch.height, block_id: batch.block_id, time: batch.time };
            system.insert(HEAD, tables::encode("system", &head)?.as_slice())?;
            previous
        };
        write_block(&txn, batch)?;
        let undo = UndoRecord {
            previous,
            block_id: batch.block_id,
            transactions: index_transactions(&txn, batch)?,
            proofs: index_proofs(&txn, batch)?,
            epoch_summary: write_summary(&txn, batch)?,
            state: write_state(&txn, &batch.writes)?,
            tree_values: batch.tree.values.iter().map(|entry| entry.key_hash).collect(),
        };
        write_tree(&txn, batch.height, &batch.tree)?;
        txn.open_table(UNDO)?.insert(batch.height.get(), tables::encode("undo", &undo)?.as_slice())?;
        self.prune(&txn, batch.height, batch.tree.stale.len())?;
        Ok(txn.commit()?)
    }
}

fn write_block(txn: &WriteTransaction, batch: &CommitBatch) -> Result<(), StoreError> {
    let height = batch.height.get();
    txn.open_table(BLOCKS)?.insert(height, batch.block.as_slice())?;
    txn.open_table(CERTIFICATES)?.insert(height, batch.certificate.encode().as_slice())?;
    txn.open_table(BLOCK_IDS)?.insert(height, batch.block_id.as_bytes())?;
    txn.open_table(BLOCK_HEIGHTS)?.insert(batch.block_id.as_bytes(), height)?;
    Ok(())
}

fn index_transactions(txn: &WriteTransaction, batch: &CommitBatch) -> Result<OldLocations, StoreError> {
    let mut order: Vec<(&Hash, u32)> = batch.transactions.iter().zip(0_u32..).collect();
    // In key order neighbours share a page; the index keeps equal ids in block order.
    order.sort_unstable();
    let mut table = txn.open_table(TRANSACTIONS)?;
    let mut undo = Vec::with_capacity(order.len());
    for (id, index) in order {
        let before = table.insert(id.as_bytes(), (batch.height.get(), index))?;
        let before = before.map(|guard| guard.value());
        undo.push((
            *id,
            before.map(|(height, index)| TransactionLocation { height: Height::new(height), index }),
        ));
    }
    Ok(undo)
}

fn index_proofs(txn: &WriteTransaction, batch: &CommitBatch) -> Result<OldProofs, StoreError> {
    let mut table = txn.open_table(PROOFS)?;
    let mut undo = Vec::with_capacity(batch.proofs.len());
    for (validator, epoch) in &batch.proofs {
        let before = table.insert(&proof_key(validator, *epoch), batch.height.get())?;
        undo.push((*validator, *epoch, before.map(|guard| guard.value())));
    }
    Ok(undo)
}

fn write_summary(txn: &WriteTransaction, batch: &CommitBatch) -> Result<OldSummary, StoreError> {
    let Some((epoch, summary)) = &batch.epoch_summary else { return Ok(None) };
    let mut table = txn.open_table(EPOCH_SUMMARIES)?;
    let before = table.insert(epoch.get(), summary.as_slice())?;
    Ok(Some((*epoch, before.map(|guard| guard.value().to_vec()))))
}

/// Writes the newest values; returns the ones they replace.
fn write_state(
    txn: &WriteTransaction,
    writes: &BTreeMap<Vec<u8>, Option<Vec<u8>>>,
) -> Result<OldState, StoreError> {
    let mut table = txn.open_table(STATE)?;
    let mut undo = Vec::with_capacity(writes.len());
    for (key, value) in writes {
        let before = match value {
            Some(value) => table.insert(key.as_slice(), value.as_slice())?,
            None => table.remove(key.as_slice())?,
        };
        undo.push((key.clone(), before.map(|guard| guard.value().to_vec())));
    }
    Ok(undo)
}

fn write_tree(txn: &WriteTransaction, height: Height, tree: &TreeUpdate) -> Result<(), StoreError> {
    let mut nodes = txn.open_table(TREE_NODES)?;
    for (key, node) in &tree.nodes {
        nodes.insert(key.as_slice(), node.as_slice())?;
    }
    let mut values = txn.open_table(TREE_VALUES)?;
    for entry in &tree.values {
        values.insert(&value_key(&entry.key_hash, entry.version), entry.value.as_deref())?;
    }
    StalePart::store(txn, height.get(), &tree.stale)
}
