//! What the seats of one height have verifiably said: spares second verifications and finds contradictions.
//!
//! Bounded by seats × kinds × rounds; the rounds are bounded by the caller, who drops the old ones with
//! [`Ballots::forget_before`]. The first statement of a seat stays; a second one becomes evidence, once for each
//! (round, kind, seat), and is forgotten: the state machine counts no second vote of a seat either.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    consensus::{Evidence, Proposal, Vote, VoteKind},
    primitives::{Address, BlockId, Round},
};

/// Proposals kept of one round: two prove a contradiction, and the state machine keeps no more.
pub(super) const MAX_PROPOSALS_PER_ROUND: usize = malachite::full_proposal::MAX_PROPOSALS_PER_ROUND;

#[derive(Debug)]
struct Ballot {
    vote: Vote,
    /// Whether the state machine has it; a vote known from a certificate alone may still be news to it.
    counted: bool,
}

/// The statements.
#[derive(Debug, Default)]
pub(super) struct Ballots {
    votes: BTreeMap<(Round, VoteKind, Address), Ballot>,
    proposals: BTreeMap<Round, Vec<Proposal>>,
    accused_votes: BTreeSet<(Round, VoteKind, Address)>,
    accused_proposals: BTreeSet<Round>,
}

/// How a vote relates to what is known.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Its seat has not voted there yet.
    New,
    /// Its seat has said the same; with this very signature if `verified`, and the state machine knows if `counted`.
    Same { counted: bool, verified: bool },
    /// Its seat has said something else, and has not been accused of it.
    Contradiction,
    /// Its seat has said something else, and evidence of that exists.
    Accused,
}

const fn key(vote: &Vote) -> (Round, VoteKind, Address) {
    (vote.round, vote.kind, vote.validator)
}

impl Ballots {
    /// How a vote relates to what is known.
    pub(super) fn standing(&self, vote: &Vote) -> Standing {
        match self.votes.get(&key(vote)) {
            None => Standing::New,
            Some(ballot) if ballot.vote.block_id == vote.block_id => {
                Standing::Same { counted: ballot.counted, verified: ballot.vote == *vote }
            }
            Some(_) if self.accused_votes.contains(&key(vote)) => Standing::Accused,
            Some(_) => Standing::Contradiction,
        }
    }

    /// Whether this very vote, signature included, was verified before.
    pub(super) fn knows(&self, vote: &Vote) -> bool {
        self.votes.get(&key(vote)).is_some_and(|ballot| ballot.vote == *vote)
    }

    /// Files a verified vote; evidence if it is the first contradiction of its seat there.
    pub(super) fn file(&mut self, vote: &Vote, counted: bool) -> Option<Evidence> {
        match self.votes.get_mut(&key(vote)) {
            None => {
                self.votes.insert(key(vote), Ballot { vote: vote.clone(), counted });
                None
            }
            Some(ballot) if ballot.vote.block_id == vote.block_id => {
                ballot.counted |= counted;
                None
            }
            Some(ballot) => self
                .accused_votes
                .insert(key(vote))
                .then(|| Evidence::duplicate_vote(ballot.vote.clone(), vote.clone())),
        }
    }

    /// The proposals of a round, oldest first.
    pub(super) fn proposals(&self, round: Round) -> &[Proposal] {
        self.proposals.get(&round).map_or(&[], Vec::as_slice)
    }

    /// Every proposal, by round.
    pub(super) fn all_proposals(&self) -> impl Iterator<Item = &Proposal> {
        self.proposals.values().flatten()
    }

    /// Files a verified proposal for a block not yet proposed in its round; evidence if it is the second one.
    pub(super) fn file_proposal(&mut self, proposal: &Proposal) -> Option<Evidence> {
        let round = self.proposals.entry(proposal.round).or_default();
        if round.iter().any(|known| known.block_id == proposal.block_id) {
            return None;
        }
        round.push(proposal.clone());
        let first = round.first().filter(|first| first.block_id != proposal.block_id)?;
        self.accused_proposals
            .insert(proposal.round)
            .then(|| Evidence::duplicate_proposal(first.clone(), proposal.clone()))
    }

    /// Precommits of a round for a block.
    pub(super) fn precommits(&self, round: Round, block_id: BlockId) -> impl Iterator<Item = &Vote> {
        self.votes.values().map(|ballot| &ballot.vote).filter(move |vote| {
            vote.kind == VoteKind::Precommit && vote.round == round && vote.block_id == Some(block_id)
        })
    }

    /// Drops what was said in rounds before `round`.
    pub(super) fn forget_before(&mut self, round: Round) {
        self.votes.retain(|(at, _, _), _| *at >= round);
        self.proposals.retain(|at, _| *at >= round);
        self.accused_votes.retain(|(at, _, _)| *at >= round);
        self.accused_proposals.retain(|at| *at >= round);
    }

    /// Votes and proposals kept.
    pub(super) fn counts(&self) -> (usize, usize) {
        (self.votes.len(), self.proposals.values().map(Vec::len).sum())
    }
}
