//! Messages of peers: judged before the state machine sees them.
//!
//! Order of checks, cheapest first: height, membership, round, what is known already, signature. Nothing unverified is
//! kept or counted, except a bounded number of early messages of signers without a seat.

use malachite::Input;

use crate::{
    consensus::{
        CommitCertificate, Evidence, PolkaCertificate, Proposal, RoundCertificate, Vote,
        engine::{
            Action, Admission, Bounds, Core, Halt, Ignored,
            ballots::{Ballots, MAX_PROPOSALS_PER_ROUND, Standing},
            convert::{polka_in, proposal_in, round_certificate_in, round_in, vote_in},
            guard::Signed,
            verify::{Distance, Level, Verifier, distance, level},
            waiting::Early,
        },
    },
    primitives::{BlockId, Height, Round},
};

/// What a verified vote or proposal is good for.
enum Heard {
    /// To be counted.
    News,
    /// It contradicts an earlier one of its signer.
    Contradiction(Option<Evidence>),
}

impl Core {
    fn level(&self, height: Height) -> Option<Level> {
        self.running.as_ref().map(|running| level(height, running.height()))
    }

    pub(super) fn on_vote(&mut self, vote: Vote, verified: bool) -> Result<Admission, Halt> {
        match self.level(vote.height) {
            None | Some(Level::Future) => Ok(Admission::Ignored(Ignored::FutureHeight)),
            Some(Level::Past) => Ok(Admission::Ignored(Ignored::Stale)),
            Some(Level::Next) => Ok(self.keep_early(Early::Vote(vote))),
            Some(Level::Previous) => Ok(self.late_vote(&vote)),
            Some(Level::Current) if self.decided().is_some() => Ok(self.late_vote(&vote)),
            Some(Level::Current) => self.current_vote(&vote, verified),
        }
    }

    fn current_vote(&mut self, vote: &Vote, verified: bool) -> Result<Admission, Halt> {
        let Some(running) = self.running.as_mut() else {
            return Ok(Admission::Ignored(Ignored::FutureHeight));
        };
        let round = running.round();
        let verifier =
            Verifier { domain: &self.effects.domain, seats: &running.seats, faults: &self.effects.faults };
        match hear_vote(verifier, &mut running.ballots, &self.config.bounds, round, vote, verified) {
            Err(admission) => return Ok(admission),
            Ok(Heard::Contradiction(evidence)) => {
                self.learn_vote(vote);
                self.accuse(evidence);
            }
            Ok(Heard::News) => {
                self.learn_vote(vote);
                self.drive(Input::Vote(vote_in(vote)))?;
            }
        }
        Ok(Admission::Accepted)
    }

    /// A vote for a decided height: fills the certificate, or proves a contradiction.
    fn late_vote(&mut self, vote: &Vote) -> Admission {
        let running = self.running.as_mut().and_then(|running| {
            running.decided.as_mut().map(|decided| (&running.seats, &mut running.ballots, decided))
        });
        let previous =
            self.previous.as_mut().map(|closed| (&closed.seats, &mut closed.ballots, &mut closed.decided));
        let place = running
            .filter(|(_, _, decided)| decided.height == vote.height)
            .or(previous.filter(|(_, _, decided)| decided.height == vote.height));
        let Some((seats, ballots, decided)) = place else { return Admission::Ignored(Ignored::Stale) };
        let verifier = Verifier { domain: &self.effects.domain, seats, faults: &self.effects.faults };
        let heard = hear_vote(verifier, ballots, &self.config.bounds, decided.round, vote, false);
        let evidence = match heard {
            Err(admission) => return admission,
            Ok(Heard::News) => None,
            Ok(Heard::Contradiction(evidence)) => evidence,
        };
        decided.add(vote, seats.set());
        self.learn_vote(vote);
        self.accuse(evidence);
        Admission::Accepted
    }

    pub(super) fn on_proposal(&mut self, proposal: Proposal, verified: bool) -> Result<Admission, Halt> {
        match self.level(proposal.height) {
            None | Some(Level::Future) => Ok(Admission::Ignored(Ignored::FutureHeight)),
            Some(Level::Past | Level::Previous) => Ok(Admission::Ignored(Ignored::Stale)),
            Some(Level::Next) => Ok(self.keep_early(Early::Proposal(proposal))),
            Some(Level::Current) => self.current_proposal(&proposal, verified),
        }
    }

    fn current_proposal(&mut self, proposal: &Proposal, verified: bool) -> Result<Admission, Halt> {
        let Some(running) = self.running.as_mut() else {
            return Ok(Admission::Ignored(Ignored::FutureHeight));
        };
        let (round, id) = (proposal.round, proposal.block_id);
        let has_polka = running.has_polka(round_in(round), &id);
        let verifier =
            Verifier { domain: &self.effects.domain, seats: &running.seats, faults: &self.effects.faults };
        let at = running.round();
        let heard = hear_proposal(
            verifier,
            &mut running.ballots,
            &self.config.bounds,
            at,
            proposal,
            verified,
            has_polka,
        );
        let evidence = match heard {
            Err(admission) => return Ok(admission),
            Ok(evidence) => evidence,
        };
        let over = running.decided.is_some();
        if running.bodies.is_valid(&id) {
            self.effects.faults.saw_valid(round, id);
        }
        if Some(proposal.proposer) == self.effects.me {
            self.effects.learn(Signed::Proposal(proposal.clone()));
        }
        let accused = evidence.is_some();
        self.accuse(evidence);
        if over {
            let admission = if accused { Admission::Accepted } else { Admission::Ignored(Ignored::Stale) };
            return Ok(admission);
        }
        self.drive(Input::Proposal(proposal_in(proposal)))?;
        if self.decided().is_none() {
            self.tell(id)?;
        }
        Ok(Admission::Accepted)
    }

    pub(super) fn on_polka(&mut self, certificate: &PolkaCertificate) -> Result<Admission, Halt> {
        if let Some(admission) = self.certificate_out_of_place(certificate.height, certificate.round) {
            return Ok(admission);
        }
        let Some(running) = self.running.as_ref() else {
            return Ok(Admission::Ignored(Ignored::FutureHeight));
        };
        if running.has_polka(round_in(certificate.round), &certificate.block_id) {
            let votes = certificate.votes(running.seats.set()).unwrap_or_default();
            self.salvage(&votes);
            return Ok(Admission::Ignored(Ignored::Duplicate));
        }
        let verifier =
            Verifier { domain: &self.effects.domain, seats: &running.seats, faults: &self.effects.faults };
        let votes = match verifier.polka(certificate, &running.ballots) {
            Err(refusal) => return Ok(Admission::Rejected(refusal)),
            Ok(votes) => votes,
        };
        self.file(&votes);
        self.drive(Input::PolkaCertificate(polka_in(certificate, &votes)))?;
        Ok(Admission::Accepted)
    }

    pub(super) fn on_round(&mut self, certificate: &RoundCertificate) -> Result<Admission, Halt> {
        if let Some(admission) = self.certificate_out_of_place(certificate.height, certificate.round) {
            return Ok(admission);
        }
        let Some(running) = self.running.as_ref() else {
            return Ok(Admission::Ignored(Ignored::FutureHeight));
        };
        let round = running.round();
        let over = if certificate.precommit { certificate.round < round } else { certificate.round <= round };
        if over {
            self.salvage(&certificate.votes);
            return Ok(Admission::Ignored(Ignored::Stale));
        }
        let verifier =
            Verifier { domain: &self.effects.domain, seats: &running.seats, faults: &self.effects.faults };
        if let Err(refusal) = verifier.round(certificate, &running.ballots) {
            return Ok(Admission::Rejected(refusal));
        }
        self.file(&certificate.votes);
        self.drive(Input::RoundCertificate(round_certificate_in(certificate)))?;
        Ok(Admission::Accepted)
    }

    pub(super) fn on_synced(
        &mut self,
        block_id: BlockId,
        certificate: &CommitCertificate,
    ) -> Result<Admission, Halt> {
        match self.level(certificate.height) {
            None | Some(Level::Future | Level::Next) => return Ok(Admission::Ignored(Ignored::FutureHeight)),
            Some(Level::Past | Level::Previous) => return Ok(Admission::Ignored(Ignored::Stale)),
            Some(Level::Current) => {}
        }
        let Some(running) = self.running.as_ref() else {
            return Ok(Admission::Ignored(Ignored::FutureHeight));
        };
        if certificate.block_id != block_id {
            return Ok(Admission::Rejected(super::Refusal::Malformed));
        }
        let verifier =
            Verifier { domain: &self.effects.domain, seats: &running.seats, faults: &self.effects.faults };
        let votes = match verifier.commit(certificate, &running.ballots) {
            Err(refusal) => return Ok(Admission::Rejected(refusal)),
            Ok(votes) => votes,
        };
        self.file(&votes);
        let Some(running) = self.running.as_mut() else { return Ok(Admission::Accepted) };
        match &mut running.decided {
            None => self.decide(certificate, |_| true)?,
            Some(ours) if ours.block_id == block_id => ours.merge(certificate, running.seats.set()),
            Some(ours) => {
                let (ours, theirs) = (Box::new(ours.certificate()), Box::new(certificate.clone()));
                return Err(Halt::Fork { ours, theirs });
            }
        }
        Ok(Admission::Accepted)
    }

    /// Why a certificate cannot matter now: another height, a decided one, or a round out of all proportion.
    fn certificate_out_of_place(&self, height: Height, round: Round) -> Option<Admission> {
        let ignored = match self.level(height) {
            None | Some(Level::Future | Level::Next) => Ignored::FutureHeight,
            Some(Level::Past | Level::Previous) => Ignored::Stale,
            Some(Level::Current) if self.decided().is_some() => Ignored::Stale,
            Some(Level::Current) if round.get() > Bounds::MAX_ROUND => Ignored::FutureRound,
            Some(Level::Current) => return None,
        };
        Some(Admission::Ignored(ignored))
    }

    /// Files the verified votes of a certificate, which the state machine has not counted one by one.
    fn file(&mut self, votes: &[Vote]) {
        for vote in votes {
            let evidence = self.running.as_mut().and_then(|running| running.ballots.file(vote, false));
            self.learn_vote(vote);
            self.accuse(evidence);
        }
    }

    /// Looks through a certificate that is of no use for votes that contradict known ones: it may hold the only copy.
    /// Only such votes cost a verification.
    fn salvage(&mut self, votes: &[Vote]) {
        for vote in votes {
            let Some(running) = self.running.as_mut() else { return };
            let verifier = Verifier {
                domain: &self.effects.domain,
                seats: &running.seats,
                faults: &self.effects.faults,
            };
            let proven = vote.height == running.height()
                && running.ballots.standing(vote) == Standing::Contradiction
                && verifier.vote_signature(vote).is_ok();
            if proven {
                let evidence = running.ballots.file(vote, false);
                self.accuse(evidence);
            }
        }
    }

    fn accuse(&mut self, evidence: Option<Evidence>) {
        if let Some(evidence) = evidence {
            self.evidence = self.evidence.saturating_add(1);
            self.effects.actions.push(Action::Evidence(evidence));
        }
    }

    fn learn_vote(&mut self, vote: &Vote) {
        if Some(vote.validator) == self.effects.me {
            self.effects.learn(Signed::Vote(vote.clone()));
        }
    }

    /// Keeps a message for the next height.
    fn keep_early(&mut self, early: Early) -> Admission {
        let bounds = &self.config.bounds;
        let Some(running) = self.running.as_ref() else { return Admission::Ignored(Ignored::FutureHeight) };
        if self.waiting.holds(&early) {
            return Admission::Ignored(Ignored::Duplicate);
        }
        let (signer, round) = match &early {
            Early::Vote(vote) => (vote.validator, vote.round),
            Early::Proposal(proposal) => (proposal.proposer, proposal.round),
        };
        if round.get() > bounds.future_rounds {
            return Admission::Ignored(Ignored::FutureRound);
        }
        if !running.seats.set().contains(&signer) {
            // It may have a seat then; until then it is nobody, and nothing of it is passed on.
            if self.waiting.unknown_has_room(bounds.next_height_unknown) {
                self.waiting.keep(early, false);
            }
            return Admission::Ignored(Ignored::FutureHeight);
        }
        if !self.waiting.seat_has_room(&early, bounds.next_height_per_seat) {
            return Admission::Ignored(Ignored::Full);
        }
        let verifier =
            Verifier { domain: &self.effects.domain, seats: &running.seats, faults: &self.effects.faults };
        let verified = match &early {
            Early::Vote(vote) => verifier.vote_signature(vote),
            // Whether it is the scheduled proposer is known when the height starts.
            Early::Proposal(proposal) => {
                verifier.proposal_form(proposal).and_then(|()| verifier.proposal_signature(proposal))
            }
        };
        match verified {
            Err(refusal) => Admission::Rejected(refusal),
            Ok(()) => {
                self.waiting.keep(early, true);
                Admission::Accepted
            }
        }
    }
}

/// Judges a vote of a height against what its seats have said; `verified`: its signature was checked before.
fn hear_vote(
    verifier: Verifier<'_>,
    ballots: &mut Ballots,
    bounds: &Bounds,
    current: Round,
    vote: &Vote,
    verified: bool,
) -> Result<Heard, Admission> {
    verifier.member(vote).map_err(Admission::Rejected)?;
    near(vote.round, current, bounds)?;
    let standing = ballots.standing(vote);
    let verified = match standing {
        Standing::Same { counted: true, .. } | Standing::Accused => {
            return Err(Admission::Ignored(Ignored::Duplicate));
        }
        Standing::Same { verified: known, .. } => verified || known,
        Standing::New | Standing::Contradiction => verified,
    };
    if !verified {
        verifier.vote_signature(vote).map_err(Admission::Rejected)?;
    }
    let evidence = ballots.file(vote, true);
    Ok(if standing == Standing::Contradiction { Heard::Contradiction(evidence) } else { Heard::News })
}

/// Judges a proposal; evidence if it contradicts an earlier one. `certified`: a quorum prevoted for it in its round.
fn hear_proposal(
    verifier: Verifier<'_>,
    ballots: &mut Ballots,
    bounds: &Bounds,
    current: Round,
    proposal: &Proposal,
    verified: bool,
    certified: bool,
) -> Result<Option<Evidence>, Admission> {
    verifier.proposal_form(proposal).map_err(Admission::Rejected)?;
    near(proposal.round, current, bounds)?;
    verifier.proposer(proposal).map_err(Admission::Rejected)?;
    let known = ballots.proposals(proposal.round);
    if known.iter().any(|one| one.block_id == proposal.block_id) {
        return Err(Admission::Ignored(Ignored::Duplicate));
    }
    if known.len() >= MAX_PROPOSALS_PER_ROUND && !certified {
        return Err(Admission::Ignored(Ignored::Full));
    }
    if !verified {
        verifier.proposal_signature(proposal).map_err(Admission::Rejected)?;
    }
    Ok(ballots.file_proposal(proposal))
}

fn near(round: Round, current: Round, bounds: &Bounds) -> Result<(), Admission> {
    let future = bounds.future_rounds.min(Bounds::MAX_FUTURE_ROUNDS);
    match distance(round, current, bounds.past_rounds, future) {
        Distance::Near => Ok(()),
        Distance::Past => Err(Admission::Ignored(Ignored::Stale)),
        Distance::Future => Err(Admission::Ignored(Ignored::FutureRound)),
    }
}
