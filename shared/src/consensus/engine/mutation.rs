//! Deliberate faults (feature `mutations`): each takes away one defence, so that a test can show that an invariant
//! notices. Without the feature every question below is answered at compile time by "no fault".

use crate::{
    consensus::{ValidatorSet, VoteKind, engine::CoreConfig},
    primitives::{BlockId, Round},
};

/// A defence taken away.
#[cfg(feature = "mutations")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutation {
    /// One vote less than a quorum decides, locks and certifies.
    QuorumMinusOne,
    /// Every seat must vote to decide, lock and certify.
    QuorumOfAll,
    /// The signatures of votes are not looked at.
    SignaturesUnchecked,
    /// Contradictions are seen and not reported.
    EvidenceDropped,
    /// A prevote of nil that a lock demands goes to the valid proposal instead (L23, L29 left out).
    LockIgnored,
    /// Signers without a seat count like seats, and their signatures are not looked at.
    MembershipUnchecked,
    /// Whatever the state machine asks for is signed, whatever was signed before.
    NoGuard,
}

/// The faults of one core.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults {
    #[cfg(feature = "mutations")]
    active: Option<Mutation>,
    /// Valid proposals of the height, by round.
    #[cfg(feature = "mutations")]
    valid: std::collections::BTreeMap<Round, BlockId>,
    /// The block of our last precommit for one.
    #[cfg(feature = "mutations")]
    locked: Option<BlockId>,
}

#[cfg(not(feature = "mutations"))]
#[allow(clippy::unused_self)]
impl Faults {
    pub(super) fn new(_: &CoreConfig) -> Self {
        Self::default()
    }

    pub(super) fn quorum(&self, set: &ValidatorSet) -> usize {
        set.quorum()
    }

    pub(super) fn any(&self) -> bool {
        false
    }

    pub(super) fn admits_strangers(&self) -> bool {
        false
    }

    pub(super) fn trusts_signatures(&self) -> bool {
        false
    }

    pub(super) fn keeps_silent(&self) -> bool {
        false
    }

    pub(super) fn unguarded(&self) -> bool {
        false
    }

    pub(super) fn start_height(&mut self) {}

    pub(super) fn saw_valid(&mut self, _: Round, _: BlockId) {}

    pub(super) fn vote(&mut self, _: VoteKind, _: Round, block_id: Option<BlockId>) -> Option<BlockId> {
        block_id
    }
}

#[cfg(feature = "mutations")]
impl Faults {
    pub(super) fn new(config: &CoreConfig) -> Self {
        Self { active: config.mutation, ..Self::default() }
    }

    fn is(&self, mutation: Mutation) -> bool {
        self.active == Some(mutation)
    }

    /// Votes that decide.
    pub(super) fn quorum(&self, set: &ValidatorSet) -> usize {
        if self.is(Mutation::QuorumOfAll) {
            return set.len();
        }
        let less = usize::from(self.is(Mutation::QuorumMinusOne));
        set.quorum().saturating_sub(less).max(1)
    }

    /// Whether certificates of our own may not verify.
    pub(super) fn any(&self) -> bool {
        self.active.is_some()
    }

    /// Whether signers without a seat count.
    pub(super) fn admits_strangers(&self) -> bool {
        self.is(Mutation::MembershipUnchecked)
    }

    /// Whether any signature will do.
    pub(super) fn trusts_signatures(&self) -> bool {
        self.is(Mutation::SignaturesUnchecked)
    }

    /// Whether contradictions go unreported.
    pub(super) fn keeps_silent(&self) -> bool {
        self.is(Mutation::EvidenceDropped)
    }

    /// Whether the guard sleeps.
    pub(super) fn unguarded(&self) -> bool {
        self.is(Mutation::NoGuard)
    }

    /// Forgets the last height.
    pub(super) fn start_height(&mut self) {
        self.valid.clear();
        self.locked = None;
    }

    /// Notes a valid proposal.
    pub(super) fn saw_valid(&mut self, round: Round, block_id: BlockId) {
        self.valid.insert(round, block_id);
    }

    /// What to vote for instead.
    pub(super) fn vote(
        &mut self,
        kind: VoteKind,
        round: Round,
        block_id: Option<BlockId>,
    ) -> Option<BlockId> {
        if !self.is(Mutation::LockIgnored) {
            return block_id;
        }
        match (kind, block_id) {
            (VoteKind::Precommit, Some(_)) => self.locked = block_id,
            (VoteKind::Prevote, None) if self.locked.is_some() => return self.valid.get(&round).copied(),
            _ => {}
        }
        block_id
    }
}
