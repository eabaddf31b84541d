//! What a core tells about itself.

use crate::{
    consensus::{
        CommitCertificate, ValidatorSet,
        engine::{Core, Halt, decided::Decided, running::Running},
    },
    primitives::{Address, BlockId, Height, Round, TimeMs},
};

/// Where a core stands within a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// No height was started.
    Idle,
    /// Waiting for a proposal, or making one.
    Propose,
    /// Waiting for prevotes.
    Prevote,
    /// Waiting for precommits.
    Precommit,
    /// Decided.
    Commit,
}

/// How much a core keeps, and how often it met something odd: for metrics and for tests of the bounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Votes of this height.
    pub votes: usize,
    /// Proposals of this height.
    pub proposals: usize,
    /// Verdicts on bodies of this height.
    pub bodies: usize,
    /// Messages for the next height.
    pub early: usize,
    /// Timers that run.
    pub timers: usize,
    /// Signatures that the guard refused.
    pub refusals: u64,
    /// Pieces of evidence reported.
    pub evidence: u64,
}

impl Core {
    /// The validator's address, if there is a key.
    pub fn address(&self) -> Option<Address> {
        self.effects.me
    }

    /// The height in progress or just decided; 0 before the first.
    pub fn height(&self) -> Height {
        self.running.as_ref().map_or(Height::ZERO, Running::height)
    }

    /// The round in progress.
    pub fn round(&self) -> Round {
        self.running.as_ref().map_or(Round::ZERO, Running::round)
    }

    /// When the round began.
    pub fn round_since(&self) -> Option<TimeMs> {
        self.running.as_ref().map(|running| running.since)
    }

    /// Where the core stands in the round.
    pub fn step(&self) -> Step {
        let Some(running) = &self.running else { return Step::Idle };
        let driver = &running.state.driver;
        if running.decided.is_some() || driver.step_is_commit() {
            Step::Commit
        } else if driver.step_is_precommit() {
            Step::Precommit
        } else if driver.step_is_prevote() {
            Step::Prevote
        } else {
            Step::Propose
        }
    }

    /// The set of the height.
    pub fn validator_set(&self) -> Option<&ValidatorSet> {
        self.running.as_ref().map(|running| running.seats.set())
    }

    /// Who proposes in the round.
    pub fn proposer(&self) -> Option<Address> {
        self.running.as_ref().and_then(|running| running.seats.proposer(running.height(), running.round()))
    }

    /// The block that we are locked on, and since which round (`lockedValue`, `lockedRound`).
    pub fn locked(&self) -> Option<(BlockId, Round)> {
        let locked = self.running.as_ref()?.state.driver.round_state().locked.as_ref()?;
        Some((locked.value, Round::new(locked.round.as_u32()?)))
    }

    /// The block that a quorum last prevoted, and in which round (`validValue`, `validRound`).
    pub fn valid(&self) -> Option<(BlockId, Round)> {
        let valid = self.running.as_ref()?.state.driver.valid_value()?;
        Some((valid.value, Round::new(valid.round.as_u32()?)))
    }

    /// The block decided at [`Self::height`], if it is decided.
    pub fn decided(&self) -> Option<BlockId> {
        self.running.as_ref()?.decided.as_ref().map(|decided| decided.block_id)
    }

    /// The fullest certificate of the last height that this core decided; late precommits make it grow. `None` if the
    /// host skipped over undecided heights, having synced them elsewhere.
    pub fn commit_certificate(&self) -> Option<CommitCertificate> {
        let current = self.running.as_ref().and_then(|running| running.decided.as_ref());
        let previous = self.previous.as_ref().map(|closed| &closed.decided);
        current.or(previous).map(Decided::certificate)
    }

    /// Proposals accepted at this height whose body has no verdict yet: to be fetched and verified, in particular
    /// after [`Core::recover`].
    pub fn awaiting(&self) -> Vec<(Round, BlockId)> {
        self.running.as_ref().map(Running::awaiting).unwrap_or_default()
    }

    /// Why the core stopped, if it did.
    pub fn halted(&self) -> Option<&Halt> {
        self.halted.as_ref()
    }

    /// How much is kept, and how often something odd was met.
    pub fn counts(&self) -> Counts {
        let running = self.running.as_ref();
        let (votes, proposals) = running.map(|running| running.ballots.counts()).unwrap_or_default();
        Counts {
            votes,
            proposals,
            bodies: running.map(|running| running.bodies.len()).unwrap_or_default(),
            early: self.waiting.len(),
            timers: self.effects.timers.len(),
            refusals: self.effects.guard.refusals(),
            evidence: self.evidence,
        }
    }
}
