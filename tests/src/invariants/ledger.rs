//! `validity`, `supply` and `churn`: every final block executed once more, on a store of their own.

use std::collections::BTreeMap;

use borsh::BorshDeserialize;
use emotionalchain_node::{
    consensus::replica::Commit,
    store::{CommitBatch, Snapshot, Store},
};
use emotionalchain_shared::{
    chain::{
        ChainSpec, NothingSeen, schedule_after,
        state::{Account, StateKey, Validator},
        verify_block,
    },
    consensus::ValidatorSet,
    epoch::churn_bound,
    mutations::{Defence, take_away},
    primitives::{Height, TimeMs},
};

use super::{Checked, Violation};
use crate::world::store::{batch, lay};

/// What state must say after the blocks so far.
pub struct Ledger {
    store: Store,
    sets: BTreeMap<Height, ValidatorSet>,
    times: BTreeMap<Height, TimeMs>,
    minted: u64,
    handed_out: u64,
    closes: u64,
}

impl Ledger {
    /// Before the first block.
    pub fn genesis(spec: &ChainSpec) -> Self {
        let store = lay(spec);
        let set = spec.genesis.validator_set().unwrap();
        Self {
            store,
            sets: BTreeMap::from([(Height::new(1), set)]),
            times: BTreeMap::new(),
            minted: 0,
            handed_out: spec.genesis.supply().unwrap().micro(),
            closes: 0,
        }
    }

    /// The set that decides a height.
    pub fn set(&self, height: Height) -> Option<&ValidatorSet> {
        self.sets.get(&height)
    }

    /// Epochs closed.
    pub fn closes(&self) -> u64 {
        self.closes
    }

    /// Executes the next final block.
    ///
    /// # Errors
    /// `validity`, `supply`, `churn`.
    pub fn execute(&mut self, spec: &ChainSpec, commit: &Commit) -> Checked {
        let height = commit.block.header.height;
        let invalid = |reason: String| Violation::of("validity", format!("height {height}: {reason}"));
        let snapshot = self.store.snapshot().unwrap();
        // Here no defence is gone but the bound on churn, which is looked at below.
        let gone = take_away(None);
        take_away(gone.filter(|one| *one == Defence::Churn));
        let verified = verify_block(spec, &snapshot, &NothingSeen, &commit.block);
        take_away(gone);
        let transition = verified.map_err(|reason| invalid(reason.to_string()))?;
        drop(snapshot);
        if let Some(summary) = &transition.executed.summary {
            self.closes += 1;
            self.minted += summary.rewards.iter().map(|(_, amount)| amount.micro()).sum::<u64>();
        }
        let batch: CommitBatch = batch(&Commit { transition, ..commit.clone() });
        self.store.commit(&batch).map_err(|reason| invalid(reason.to_string()))?;
        self.times.insert(height, commit.block.header.time);
        let snapshot = self.store.snapshot().unwrap();
        self.supply(&snapshot, height)?;
        let (_, set, _) = schedule_after(&snapshot).map_err(|reason| invalid(reason.to_string()))?;
        self.churn(height, &set)?;
        self.sets.insert(height.next().unwrap(), set);
        Ok(())
    }

    fn supply(&self, snapshot: &Snapshot, height: Height) -> Checked {
        let (globals, ..) = schedule_after(snapshot).unwrap();
        let prefix = |key: StateKey| key.to_bytes()[..1].to_vec();
        let nobody = emotionalchain_shared::primitives::Address::new([0; 20]);
        let all = |key| snapshot.state_prefix(&prefix(key), usize::MAX).unwrap();
        let balances: u64 = all(StateKey::Account(nobody))
            .iter()
            .map(|(_, bytes)| Account::try_from_slice(bytes).unwrap().balance.micro())
            .sum();
        let bonds: u64 = all(StateKey::Validator(nobody))
            .iter()
            .map(|(_, bytes)| Validator::try_from_slice(bytes).unwrap().bond.micro())
            .sum();
        let (held, supply, burned) = (balances + bonds, globals.supply.micro(), globals.burned.micro());
        if held != supply || supply + burned != self.handed_out + self.minted {
            let detail = format!(
                "height {height}: accounts and bonds hold {held}, supply is {supply}, burned {burned}, \
                 handed out {} and minted {}",
                self.handed_out, self.minted
            );
            return Err(Violation::of("supply", detail));
        }
        Ok(())
    }

    fn churn(&self, height: Height, next: &ValidatorSet) -> Checked {
        let now = &self.sets[&height];
        let left = now.members().iter().filter(|one| !next.contains(&one.address)).count();
        let entered = next.members().iter().filter(|one| !now.contains(&one.address)).count();
        if left + entered > churn_bound(now.len()) {
            let detail =
                format!("height {height}: of {} seats {left} leave and {entered} enter at once", now.len());
            return Err(Violation::of("churn", detail));
        }
        Ok(())
    }
}
