//! Dropping what no kept version of the state needs, a bounded piece with every commit.

use emotionalchain_shared::primitives::Height;
use redb::{ReadableTable, WriteTransaction};

use super::{
    Store, StoreError,
    stale::{PART, StalePart},
    tables::{self, OLDEST, STALE, SYSTEM, UNDO},
};

/// Undo records dropped with a commit: one is due at each, more only after `keep_versions` was lowered.
const UNDO_BATCH: usize = 16;

impl Store {
    /// Prunes for a commit that adds `added` stale entries at `height`. Twice that many, and a few more, go: the backlog
    /// after a lowered `keep_versions` or a burst of large blocks shrinks, and no commit does much more than its own
    /// share of work.
    pub(super) fn prune(
        &self,
        txn: &WriteTransaction,
        height: Height,
        added: usize,
    ) -> Result<(), StoreError> {
        // Versions target..=height are kept.
        let target = height.get().saturating_add(1).saturating_sub(self.options.keep_versions.max(1));
        let mut budget = added.saturating_mul(2).saturating_add(PART);
        let mut system = txn.open_table(SYSTEM)?;
        let before = tables::oldest(&system)?;
        let mut oldest = before;
        while budget > 0 {
            let next = {
                let mut table = txn.open_table(STALE)?;
                let due = table.first()?.map(|(key, _)| key.value()).filter(|(since, _)| *since <= target);
                match due {
                    Some((since, part)) => {
                        let bytes = table.remove((since, part))?;
                        let part = bytes.map(|bytes| tables::record::<StalePart>("stale", bytes.value()));
                        part.transpose()?.map(|part| (since, part))
                    }
                    None => None,
                }
            };
            let Some((since, part)) = next else { break };
            part.prune(txn, since)?;
            oldest = oldest.max(since);
            budget = budget.saturating_sub(part.len().max(1));
        }
        let mut undo = txn.open_table(UNDO)?;
        for _ in 0..UNDO_BATCH {
            // The record of a height leads to the one below, so that of `target` is not needed either.
            let due = undo.first()?.map(|(key, _)| key.value()).filter(|height| *height <= target);
            let Some(height) = due else { break };
            undo.remove(height)?;
            oldest = oldest.max(height);
        }
        if oldest != before {
            system.insert(OLDEST, tables::encode("system", &oldest)?.as_slice())?;
        }
        Ok(())
    }
}
