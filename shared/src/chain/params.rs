//! Every constant that a genesis file may set, with its default (protocol: the values in bold).

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{
    primitives::{Amount, BasisPoints},
    wire::{MAX_BLOCK, MAX_BLOCK_VOTES, MAX_SEATS},
};

/// Genesis parameters; part of the genesis hash, so all nodes of a chain share them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Params {
    /// Length of an emotional round in milliseconds of block time.
    pub epoch_ms: u64,
    /// Least time between a block and its parent, milliseconds.
    pub block_interval_ms: u64,
    /// Largest block in bytes, at most 1 MiB.
    pub max_block_bytes: u32,
    /// Emotional votes in a block, at most 256.
    pub max_block_votes: u32,
    /// How far a fresh proposal's time may lie behind the local clock, milliseconds, plus
    /// [`Self::timely_behind_per_round_ms`] a round.
    pub timely_behind_ms: u64,
    /// See [`Self::timely_behind_ms`].
    pub timely_behind_per_round_ms: u64,
    /// How far a fresh proposal's time may lie ahead of the local clock, milliseconds.
    pub timely_ahead_ms: u64,
    /// Least bond of a validator.
    pub min_bond: Amount,
    /// Least fee of a transaction.
    pub min_fee: Amount,
    /// Money that may ever exist.
    pub supply_cap: Amount,
    /// Money that genesis may hand out.
    pub genesis_cap: Amount,
    /// Minted at each close of an epoch, until the first halving.
    pub epoch_reward: Amount,
    /// Epochs between halvings: 4 years.
    pub halving_epochs: u64,
    /// A proof's challenge block is one of the last this many.
    pub challenge_window: u64,
    /// How far a proof's window may end after the time of the block that includes it, milliseconds.
    pub proof_ahead_ms: u64,
    /// Smoothed score at which a validator becomes a candidate.
    pub gate_enter: BasisPoints,
    /// Smoothed score below which a seated validator stops to be one.
    pub gate_leave: BasisPoints,
    /// Consecutive epochs without a vote that cost nothing.
    pub free_misses: u32,
    /// What each further miss takes from the smoothed score.
    pub miss_penalty: BasisPoints,
    /// Most seats, at most 128.
    pub max_seats: u32,
    /// Closes over which the largest committee is remembered for the floor of seats.
    pub floor_window: u32,
    /// Fewest contributors for which a wellness aggregate is formed.
    pub wellness_min: u32,
    /// Seated heights over which downtime is judged.
    pub downtime_window: u32,
    /// Share of those a seat must have signed.
    pub downtime_min: BasisPoints,
    /// How long evidence is accepted, milliseconds.
    pub evidence_ms: u64,
    /// How long a bond stays locked after its validator left its seat, milliseconds.
    pub unbonding_ms: u64,
    /// Share of the bond that proven misbehaviour burns.
    pub slash: BasisPoints,
    /// Longest life of a delegated session key, milliseconds.
    pub session_ms: u64,
    /// Whether devices that replay recordings may be enrolled: development chains alone.
    pub allow_simulated: bool,
}

/// A parameter outside its range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("genesis parameter {0} is out of range")]
pub struct ParamsError(pub &'static str);

const DAY_MS: u64 = 86_400_000;

impl Default for Params {
    fn default() -> Self {
        let bp = |value| BasisPoints::new(value).unwrap_or_default();
        let emo = |value| Amount::from_emo(value).unwrap_or_default();
        Self {
            epoch_ms: 30_000,
            block_interval_ms: 1_000,
            max_block_bytes: 1 << 20,
            max_block_votes: 256,
            timely_behind_ms: 2_000,
            timely_behind_per_round_ms: 500,
            timely_ahead_ms: 500,
            min_bond: emo(10_000),
            min_fee: Amount::from_micro(1_000),
            supply_cap: emo(100_000_000),
            genesis_cap: emo(57_000_000),
            epoch_reward: emo(5),
            halving_epochs: 4_207_680,
            challenge_window: 20,
            proof_ahead_ms: 500,
            gate_enter: bp(5_000),
            gate_leave: bp(4_200),
            free_misses: 20,
            miss_penalty: bp(100),
            max_seats: 128,
            floor_window: 2_880,
            wellness_min: 20,
            downtime_window: 600,
            downtime_min: bp(5_000),
            evidence_ms: DAY_MS.saturating_mul(14),
            unbonding_ms: DAY_MS.saturating_mul(14),
            slash: bp(500),
            session_ms: 7_200_000,
            allow_simulated: false,
        }
    }
}

impl Params {
    /// Checks every range.
    ///
    /// # Errors
    /// [`ParamsError`] naming the first parameter out of range.
    pub fn check(&self) -> Result<(), ParamsError> {
        let rules = [
            (self.epoch_ms >= 1_000 && self.epoch_ms <= DAY_MS, "epoch_ms"),
            (self.block_interval_ms >= 10 && self.block_interval_ms <= self.epoch_ms, "block_interval_ms"),
            (
                self.max_block_bytes >= 65_536
                    && usize::try_from(self.max_block_bytes).is_ok_and(|bytes| bytes <= MAX_BLOCK),
                "max_block_bytes",
            ),
            (
                self.max_block_votes >= 1
                    && usize::try_from(self.max_block_votes).is_ok_and(|votes| votes <= MAX_BLOCK_VOTES),
                "max_block_votes",
            ),
            (self.timely_behind_ms <= 60_000, "timely_behind_ms"),
            (self.timely_behind_per_round_ms <= 60_000, "timely_behind_per_round_ms"),
            (self.timely_ahead_ms <= 60_000, "timely_ahead_ms"),
            (self.min_fee > Amount::ZERO, "min_fee"),
            (self.genesis_cap <= self.supply_cap, "genesis_cap"),
            (self.halving_epochs > 0, "halving_epochs"),
            (self.challenge_window >= 1 && self.challenge_window <= 1_000, "challenge_window"),
            (self.proof_ahead_ms <= 60_000, "proof_ahead_ms"),
            (self.gate_leave <= self.gate_enter, "gate_leave"),
            (
                self.max_seats >= 4 && usize::try_from(self.max_seats).is_ok_and(|seats| seats <= MAX_SEATS),
                "max_seats",
            ),
            (self.floor_window >= 1 && self.floor_window <= 100_000, "floor_window"),
            (self.wellness_min >= 1, "wellness_min"),
            // With one block an epoch a validator's record holds eight bytes a height of it: it must fit the tree.
            (self.downtime_window >= 1 && self.downtime_window <= 8_000, "downtime_window"),
            (self.evidence_ms >= self.epoch_ms, "evidence_ms"),
            (self.unbonding_ms >= self.epoch_ms, "unbonding_ms"),
            (self.session_ms >= 1_000 && self.session_ms <= 7_200_000, "session_ms"),
        ];
        rules.into_iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, name)| Err(ParamsError(name)))
    }
}
