//! Step 3: the end of an epoch (protocol §6, §7).
//!
//! In this order: smoothed scores move; attendance is settled from the commits carried since the last close and the
//! down are jailed; the reward is minted and split by credit; bonds whose delay is over are released; seats change
//! within the churn bound; the new set's schedule begins at the next height. Epochs without a block do not exist.

use crate::{
    chain::{
        EpochSummary, SeatScore,
        execution::{Execution, ExecutionError, validators::make_schedule},
        state::{Credits, ScoreEntry, StateError, StateKey, Validator},
    },
    consensus::ValidatorSet,
    epoch::{self, Contender, RecentLargest, WellnessTotals},
    primitives::{Address, Amount, BasisPoints, Epoch},
    wire::MAX_SUMMARY_SCORES,
};

/// A validator as it stands during a close.
struct Standing {
    address: Address,
    record: Validator,
    vote: Option<BasisPoints>,
}

impl Execution<'_> {
    pub(super) fn close_epoch(&mut self) -> Result<(), ExecutionError> {
        let closing = self.parent.epoch;
        let credits: Credits = self.state.read(StateKey::Credits)?.unwrap_or_default();
        let mut all = self.load_validators(closing)?;

        for one in &mut all {
            one.record.standing = one.record.standing.after_epoch(one.vote, self.spec.params());
            if let Some(credit) = credits.of(&one.address) {
                one.record.attendance.record(credit.possible, credit.signed, self.spec.params());
            }
        }
        let jailed = self.jail(&mut all);
        let rewards = self.reward(closing, &credits, &all)?;
        self.release_bonds(&mut all)?;
        let set = self.reseat(&mut all)?;

        for one in &all {
            self.state.write(StateKey::Validator(one.address), &one.record);
            if one.vote.is_some() || one.record.seated {
                let entry = ScoreEntry { vote: one.vote, smoothed: one.record.standing.score };
                self.state.write(StateKey::Score(one.address, closing), &entry);
            }
        }
        let first = self.place.height.next().ok_or(StateError::Corrupt(StateKey::Globals.name()))?;
        // The reveal of this very block is not in yet: it belongs to the epoch that begins.
        let schedule = make_schedule(&self.state, &set, &self.globals.seed, first)?;
        self.state.write(StateKey::Schedule, &schedule);
        self.state.write(StateKey::Credits, &Credits::default());
        if self.state.read::<ValidatorSet>(StateKey::Set(set.root()))?.is_none() {
            self.state.write(StateKey::Set(set.root()), &set);
        }
        self.globals.next_set = set.root();

        let standing = |one: &Standing| SeatScore {
            validator: one.address,
            score: one.record.standing.score,
            voted: one.vote.is_some(),
        };
        self.summary = Some(EpochSummary {
            epoch: closing,
            seats: all.iter().filter(|one| one.record.seated).map(standing).collect(),
            participation: credits.participation(),
            wellness: self.globals.wellness.finish(self.spec.params()),
            jailed,
            rewards,
            seed: self.globals.seed,
            scores: all
                .iter()
                .filter(|one| one.vote.is_some())
                .map(standing)
                .take(MAX_SUMMARY_SCORES)
                .collect(),
        });
        self.globals.wellness = WellnessTotals::default();
        Ok(())
    }

    /// Every validator in address order, with its vote of the closing epoch.
    fn load_validators(&self, closing: Epoch) -> Result<Vec<Standing>, StateError> {
        let mut addresses = self.validator_addresses()?;
        addresses.sort_unstable();
        let load = |address| {
            let record: Validator = self.state.require(StateKey::Validator(address))?;
            let vote = record.last_vote.filter(|(epoch, _)| *epoch == closing).map(|(_, score)| score);
            Ok(Standing { address, record, vote })
        };
        addresses.into_iter().map(load).collect()
    }

    /// Jails seats that were down, but never so many that the unjailed could not decide.
    fn jail(&self, all: &mut [Standing]) -> Vec<Address> {
        let params = self.spec.params();
        let seated = |one: &&Standing| one.record.seated && !one.record.tombstoned;
        let seats = self.signing_set.len();
        let unjailed = all.iter().filter(seated).filter(|one| !one.record.jailed).count();
        let down: Vec<_> = all
            .iter()
            .filter(seated)
            .filter(|one| !one.record.jailed && one.record.attendance.is_down(params))
            .map(|one| (one.address, one.record.attendance.share()))
            .collect();
        let mut jailed = epoch::jailable(seats, unjailed, &down);
        jailed.sort_unstable();
        for one in all.iter_mut().filter(|one| jailed.binary_search(&one.address).is_ok()) {
            one.record.jailed = true;
        }
        jailed
    }

    /// Mints the epoch's reward and pays it to the owners of those credited.
    fn reward(
        &mut self,
        closing: Epoch,
        credits: &Credits,
        all: &[Standing],
    ) -> Result<Vec<(Address, Amount)>, StateError> {
        let reward = epoch::epoch_reward(self.spec.params(), closing, self.globals.supply);
        let shares: Vec<(Address, u64)> =
            credits.entries.iter().map(|one| (one.validator, u64::from(one.signed))).collect();
        let rewards = epoch::split(reward, &shares);
        for (address, amount) in &rewards {
            let owner = all.iter().find(|one| one.address == *address).map(|one| one.record.account);
            let owner = owner.ok_or(StateError::Missing(StateKey::Validator(*address).name()))?;
            self.deposit(&owner, *amount)?;
            self.globals.supply = self
                .globals
                .supply
                .checked_add(*amount)
                .ok_or(StateError::Corrupt(StateKey::Globals.name()))?;
        }
        Ok(rewards)
    }

    /// Returns bonds whose delay is over.
    fn release_bonds(&mut self, all: &mut [Standing]) -> Result<(), StateError> {
        for one in all {
            if one.record.unbond_at.is_some_and(|at| at <= self.place.time) && !one.record.seated {
                self.deposit(&one.record.account, one.record.bond)?;
                one.record.bond = Amount::ZERO;
                one.record.unbond_at = None;
                one.record.unbonding = false;
            }
        }
        Ok(())
    }

    /// Chooses the seats of the epoch that begins.
    fn reseat(&mut self, all: &mut [Standing]) -> Result<ValidatorSet, ExecutionError> {
        let params = self.spec.params();
        let mut largest: RecentLargest = self.state.require(StateKey::Largest)?;
        let contenders: Vec<Contender> = all
            .iter()
            .map(|one| Contender {
                address: one.address,
                seated: one.record.seated,
                score: one.record.standing.score,
                bonded: one.record.bond > Amount::ZERO,
                jailed: one.record.jailed,
                tombstoned: one.record.tombstoned,
                unbonding: one.record.unbonding,
            })
            .collect();
        let committee = epoch::next_committee(params, &contenders, &self.globals.seed, largest.largest());
        for one in all.iter_mut() {
            one.record.seated = committee.seats.binary_search(&one.address).is_ok();
            if one.record.unbonding && !one.record.seated && one.record.unbond_at.is_none() {
                one.record.unbond_at = Some(self.place.time.saturating_add(params.unbonding_ms));
            }
        }
        largest.push(committee.seats.len(), params);
        self.state.write(StateKey::Largest, &largest);
        let seated = all.iter().filter(|one| one.record.seated).map(|one| one.record.key);
        // An empty or oversized committee would be a fault of the rules, and no block may carry it.
        ValidatorSet::new(seated).map_err(|_| StateError::Corrupt(StateKey::Largest.name()).into())
    }
}
