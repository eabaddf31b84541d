//! The one place where consensus messages are signed, and the memory of what was signed.
//!
//! Rules, whatever the state machine asks for:
//! 1. nothing below the floor: the height of an imported key's verified head plus two, or the height that the log says
//!    we had reached; nothing at all while the floor of an imported key is pending;
//! 2. one value for one (height, round, kind), kind being proposal, prevote or precommit;
//! 3. nothing before the last position signed, in the order height, round, proposal < prevote < precommit;
//! 4. the same value again yields the very same signature.
//!
//! A refusal is silent: nothing is sent, the refusal is counted. The memory is restored from the log, and fed with
//! messages of our own that come back from peers, so that even a lost log does not go unnoticed for long.

use std::collections::BTreeMap;

use crate::{
    consensus::{Proposal, Vote, VoteKind},
    crypto::{SecretKey, SignDomain},
    primitives::{BlockId, Height, Round},
};

/// What is signed once a round, in the order in which it is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Slot {
    Proposal,
    Prevote,
    Precommit,
}

/// A message of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Signed {
    Proposal(Proposal),
    Vote(Vote),
}

/// Why a signature was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// Rule 1.
    Floor,
    /// Rule 2.
    Conflict,
    /// Rule 3.
    Past,
    /// The log says otherwise further on.
    Diverged,
}

/// An answer of the guard.
#[derive(Debug)]
pub(super) enum Answer<T> {
    /// Signed now: to be logged before it is sent.
    Fresh(T),
    /// Signed and logged before.
    Again(T),
    /// Not signed.
    Refused(Refused),
}

/// The memory. It holds what was signed at one height: three messages a round, and rounds pass by our own timers.
#[derive(Debug, Default)]
pub(super) struct Guard {
    floor: Height,
    /// The floor of an imported key is not known yet.
    pending: bool,
    height: Height,
    signed: BTreeMap<(Round, Slot), Signed>,
    /// During a replay: what stands further on in the log, so that every answer is the one of the first life.
    ahead: BTreeMap<(Round, Slot), Signed>,
    /// A fault of tests.
    asleep: bool,
    refusals: u64,
}

impl Signed {
    pub(super) fn place(&self) -> (Height, Round, Slot) {
        match self {
            Self::Proposal(proposal) => (proposal.height, proposal.round, Slot::Proposal),
            Self::Vote(vote) => (vote.height, vote.round, slot(vote.kind)),
        }
    }

    fn block_id(&self) -> Option<BlockId> {
        match self {
            Self::Proposal(proposal) => Some(proposal.block_id),
            Self::Vote(vote) => vote.block_id,
        }
    }

    fn pol_round(&self) -> Option<Round> {
        if let Self::Proposal(proposal) = self { proposal.pol_round } else { None }
    }
}

const fn slot(kind: VoteKind) -> Slot {
    match kind {
        VoteKind::Prevote => Slot::Prevote,
        VoteKind::Precommit => Slot::Precommit,
    }
}

impl Guard {
    /// `floor`: `None` while it is pending.
    pub(super) fn new(floor: Option<Height>, asleep: bool) -> Self {
        Self { floor: floor.unwrap_or_default(), pending: floor.is_none(), asleep, ..Self::default() }
    }

    /// Rule 1: a pending floor is known now; what is known of it besides still holds.
    pub(super) fn settle(&mut self, floor: Height) {
        self.pending = false;
        self.raise(floor);
    }

    /// Rule 1: never again below `height`.
    pub(super) fn raise(&mut self, height: Height) {
        self.floor = self.floor.max(height);
    }

    /// Whether anything at all may be signed at `height`.
    pub(super) fn permits(&self, height: Height) -> bool {
        self.asleep || (!self.pending && height >= self.floor && height >= self.height)
    }

    /// How often a signature was refused.
    pub(super) const fn refusals(&self) -> u64 {
        self.refusals
    }

    /// What was signed at `height`, in order.
    pub(super) fn signed(&self, height: Height) -> impl Iterator<Item = &Signed> {
        self.signed.values().filter(move |signed| signed.place().0 == height)
    }

    /// Whether this very message is remembered.
    pub(super) fn remembers(&self, signed: &Signed) -> bool {
        let (_, round, slot) = signed.place();
        self.signed.get(&(round, slot)) == Some(signed)
    }

    /// Remembers a message with our valid signature, new or found; the first at a place stays.
    pub(super) fn note(&mut self, signed: Signed) {
        let (height, round, slot) = signed.place();
        if height < self.height {
            return;
        }
        if height > self.height {
            self.height = height;
            self.signed.clear();
        }
        self.signed.entry((round, slot)).or_insert(signed);
    }

    /// A replay will come to this message.
    pub(super) fn expect(&mut self, signed: Signed) {
        let (_, round, slot) = signed.place();
        self.ahead.entry((round, slot)).or_insert(signed);
    }

    /// The replay has come to this message.
    pub(super) fn pass(&mut self, signed: Signed) {
        let (_, round, slot) = signed.place();
        self.ahead.remove(&(round, slot));
        self.note(signed);
    }

    /// The replay is over; whatever it did not come to binds all the same.
    pub(super) fn end_replay(&mut self) {
        for signed in std::mem::take(&mut self.ahead).into_values() {
            self.note(signed);
        }
    }

    /// Signs a vote, if the rules allow it.
    pub(super) fn sign_vote(
        &mut self,
        domain: &SignDomain,
        key: &SecretKey,
        kind: VoteKind,
        (height, round): (Height, Round),
        block_id: Option<BlockId>,
    ) -> Answer<Vote> {
        match self.judge((height, round, slot(kind)), block_id, None) {
            Err(refused) => Answer::Refused(refused),
            Ok(Some(Signed::Vote(vote))) => Answer::Again(vote),
            Ok(_) => {
                let vote = Vote::sign(domain, key, kind, height, round, block_id);
                self.note(Signed::Vote(vote.clone()));
                Answer::Fresh(vote)
            }
        }
    }

    /// Signs a proposal, if the rules allow it.
    pub(super) fn sign_proposal(
        &mut self,
        domain: &SignDomain,
        key: &SecretKey,
        (height, round): (Height, Round),
        block_id: BlockId,
        pol_round: Option<Round>,
    ) -> Answer<Proposal> {
        match self.judge((height, round, Slot::Proposal), Some(block_id), pol_round) {
            Err(refused) => Answer::Refused(refused),
            Ok(Some(Signed::Proposal(proposal))) => Answer::Again(proposal),
            Ok(_) => {
                let proposal = Proposal::sign(domain, key, height, round, block_id, pol_round);
                self.note(Signed::Proposal(proposal.clone()));
                Answer::Fresh(proposal)
            }
        }
    }

    /// The rules: `Ok(None)` to sign, `Ok(Some(..))` for what was signed before.
    fn judge(
        &mut self,
        (height, round, slot): (Height, Round, Slot),
        block_id: Option<BlockId>,
        pol_round: Option<Round>,
    ) -> Result<Option<Signed>, Refused> {
        if self.asleep {
            return Ok(None);
        }
        let verdict = if self.pending || height < self.floor {
            Err(Refused::Floor)
        } else if height < self.height {
            Err(Refused::Past)
        } else if height > self.height {
            Ok(None)
        } else {
            match self.signed.get(&(round, slot)) {
                Some(signed) if signed.block_id() == block_id && signed.pol_round() == pol_round => {
                    Ok(Some(signed.clone()))
                }
                Some(_) => Err(Refused::Conflict),
                None if self.signed.last_key_value().is_some_and(|(last, _)| *last > (round, slot)) => {
                    Err(Refused::Past)
                }
                None => Ok(None),
            }
        };
        let verdict = match verdict {
            Ok(None) => self.look_ahead((round, slot), block_id, pol_round),
            other => other,
        };
        if verdict.is_err() {
            self.refusals = self.refusals.saturating_add(1);
        }
        verdict
    }

    /// What the first life answered where it signed: the message that stands further on in the log. It logged every
    /// signature, so one that is missing before others that are there, or is another, means that causes are missing.
    fn look_ahead(
        &mut self,
        place: (Round, Slot),
        block_id: Option<BlockId>,
        pol_round: Option<Round>,
    ) -> Result<Option<Signed>, Refused> {
        if self.ahead.is_empty() {
            return Ok(None);
        }
        match self.ahead.remove(&place) {
            Some(signed) if signed.block_id() == block_id && signed.pol_round() == pol_round => {
                self.note(signed.clone());
                Ok(Some(signed))
            }
            _ => Err(Refused::Diverged),
        }
    }
}

#[cfg(test)]
#[path = "tests/guard.rs"]
mod tests;
