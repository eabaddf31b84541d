//! The predicates that every message passes before the state machine sees it: each small, in a fixed order, cheapest
//! first. Signatures are checked strictly and one at a time (protocol §2).

use std::collections::BTreeSet;

use crate::{
    consensus::{
        CertificateError, CommitCertificate, PolkaCertificate, Proposal, RoundCertificate, Vote,
        engine::{Refusal, ballots::Ballots, context::Seats, mutation::Faults},
    },
    crypto::SignDomain,
    primitives::{Height, Round},
};

/// What messages of one height are checked against.
#[derive(Clone, Copy)]
pub(super) struct Verifier<'a> {
    pub(super) domain: &'a SignDomain,
    pub(super) seats: &'a Seats,
    pub(super) faults: &'a Faults,
}

impl Verifier<'_> {
    /// The signer has a seat.
    pub(super) fn member(&self, vote: &Vote) -> Result<(), Refusal> {
        let known = self.seats.set().contains(&vote.validator) || self.faults.admits_strangers();
        known.then_some(()).ok_or(Refusal::NotMember)
    }

    /// The signature is the seat's.
    pub(super) fn vote_signature(&self, vote: &Vote) -> Result<(), Refusal> {
        match self.seats.set().key_of(&vote.validator) {
            Some(_) if self.faults.trusts_signatures() => Ok(()),
            Some(key) => vote.verify(self.domain, key).map_err(|_| Refusal::Signature),
            None => self.member(vote),
        }
    }

    /// The proof-of-lock round lies before the round.
    pub(super) fn proposal_form(&self, proposal: &Proposal) -> Result<(), Refusal> {
        let sound = proposal.pol_round.is_none_or(|pol_round| pol_round < proposal.round);
        sound.then_some(()).ok_or(Refusal::Malformed)
    }

    /// The proposer is the scheduled one, who has a seat.
    pub(super) fn proposer(&self, proposal: &Proposal) -> Result<(), Refusal> {
        let scheduled = self.seats.proposer(proposal.height, proposal.round) == Some(proposal.proposer);
        scheduled.then_some(()).ok_or(Refusal::Proposer)
    }

    /// The signature is the proposer's.
    pub(super) fn proposal_signature(&self, proposal: &Proposal) -> Result<(), Refusal> {
        let key = self.seats.set().key_of(&proposal.proposer).ok_or(Refusal::NotMember)?;
        proposal.verify(self.domain, key).map_err(|_| Refusal::Signature)
    }

    /// A quorum of seats prevoted; returns their votes.
    pub(super) fn polka(
        &self,
        certificate: &PolkaCertificate,
        ballots: &Ballots,
    ) -> Result<Vec<Vote>, Refusal> {
        let verified =
            certificate.verify_with(self.domain, self.seats.set(), |vote| self.known(vote, ballots));
        let votes = certificate.votes(self.seats.set())?;
        self.excuse(verified.map(drop), &votes, ballots)?;
        Ok(votes)
    }

    /// A quorum of seats precommitted; returns their votes.
    pub(super) fn commit(
        &self,
        certificate: &CommitCertificate,
        ballots: &Ballots,
    ) -> Result<Vec<Vote>, Refusal> {
        let verified =
            certificate.verify_with(self.domain, self.seats.set(), |vote| self.known(vote, ballots));
        let votes = certificate.votes(self.seats.set())?;
        self.excuse(verified.map(drop), &votes, ballots)?;
        Ok(votes)
    }

    fn known(&self, vote: &Vote, ballots: &Ballots) -> bool {
        ballots.knows(vote) || self.faults.trusts_signatures()
    }

    /// A smaller quorum is good enough for one fault of tests.
    fn excuse(
        &self,
        verified: Result<(), CertificateError>,
        votes: &[Vote],
        ballots: &Ballots,
    ) -> Result<(), Refusal> {
        match verified {
            Err(CertificateError::NoQuorum { got, .. }) if got >= self.faults.quorum(self.seats.set()) => {
                votes
                    .iter()
                    .filter(|vote| !ballots.knows(vote))
                    .try_for_each(|vote| self.vote_signature(vote))
            }
            other => other.map_err(Refusal::from),
        }
    }

    /// Distinct seats, enough of them, all of that height and round: a quorum of precommits (L47), or votes of more
    /// than a third (L55).
    pub(super) fn round(&self, certificate: &RoundCertificate, ballots: &Ballots) -> Result<(), Refusal> {
        let votes = &certificate.votes;
        let fits = |vote: &Vote| {
            vote.height == certificate.height
                && vote.round == certificate.round
                && (!certificate.precommit || vote.kind == crate::consensus::VoteKind::Precommit)
        };
        if !votes.iter().all(fits) {
            return Err(Refusal::Malformed);
        }
        votes.iter().try_for_each(|vote| self.member(vote))?;
        let signers: BTreeSet<_> = votes.iter().map(|vote| vote.validator).collect();
        if signers.len() != votes.len() {
            return Err(Refusal::DuplicateSigner);
        }
        let set = self.seats.set();
        // More than a third: one honest seat at least.
        let honest = set.len().checked_div(3).unwrap_or_default().saturating_add(1);
        let needed = if certificate.precommit { self.faults.quorum(set) } else { honest };
        if signers.len() < needed {
            return Err(Refusal::TooFew);
        }
        votes.iter().filter(|vote| !ballots.knows(vote)).try_for_each(|vote| self.vote_signature(vote))
    }

    /// A record of our log, as strictly as a message.
    pub(super) fn logged_vote(&self, vote: &Vote) -> Result<(), Refusal> {
        self.member(vote)?;
        self.vote_signature(vote)
    }

    /// A record of our log, as strictly as a message.
    pub(super) fn logged_proposal(&self, proposal: &Proposal) -> Result<(), Refusal> {
        self.proposal_form(proposal)?;
        self.proposer(proposal)?;
        self.proposal_signature(proposal)
    }
}

/// Where a round lies, seen from ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Distance {
    Past,
    Near,
    Future,
}

/// Whether a round is near enough to `current`.
pub(super) fn distance(round: Round, current: Round, past: u32, future: u32) -> Distance {
    if round.get() > current.get().saturating_add(future) {
        Distance::Future
    } else if round.get() < current.get().saturating_sub(past) {
        Distance::Past
    } else {
        Distance::Near
    }
}

/// Where a height lies, seen from ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    Past,
    Previous,
    Current,
    Next,
    Future,
}

/// Where `height` lies, seen from `current`.
pub(super) fn level(height: Height, current: Height) -> Level {
    if height == current {
        Level::Current
    } else if Some(height) == current.next() {
        Level::Next
    } else if height > current {
        Level::Future
    } else if Some(height) == current.prev() {
        Level::Previous
    } else {
        Level::Past
    }
}
