//! Votes and proposals of peers: judged before the state machine sees them.
//!
//! Order of checks, cheapest first: height, membership, round, what is known already, signature. Nothing unverified is
//! kept or counted, except a bounded number of early messages of signers without a seat.

use malachite::Input;

use crate::{
    consensus::{
        Evidence, Proposal, Vote,
        engine::{
            Action, Admission, Bounds, Core, Halt, Ignored,
            ballots::{Ballots, MAX_PROPOSALS_PER_ROUND, Standing},
            convert::{proposal_in, round_in, vote_in},
            guard::Signed,
            verify::{Distance, Level, Verifier, distance, level},
            waiting::Early,
        },
    },
    primitives::{Height, Round},
};

/// What a verified vote is good for.
struct Heard {
    /// To be counted: it contradicts no earlier one of its signer.
    news: bool,
    /// Of the contradiction, if there is one and it is the first there.
    evidence: Option<Evidence>,
}

impl Core {
    pub(super) fn level(&self, height: Height) -> Option<Level> {
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
        let bounds = &self.config.bounds;
        let heard = match hear_vote(verifier, &mut running.ballots, bounds, round, vote, verified) {
            Err(admission) => return Ok(admission),
            Ok(heard) => heard,
        };
        self.learn_vote(vote);
        self.accuse(heard.evidence);
        if heard.news {
            self.drive(Input::Vote(vote_in(vote)))?;
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
        let heard = match heard {
            Err(admission) => return admission,
            Ok(heard) => heard,
        };
        decided.add(vote, seats.set());
        self.learn_vote(vote);
        self.accuse(heard.evidence);
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

    pub(super) fn accuse(&mut self, evidence: Option<Evidence>) {
        if let Some(evidence) = evidence.filter(|_| !self.effects.faults.keeps_silent()) {
            self.evidence = self.evidence.saturating_add(1);
            self.effects.actions.push(Action::Evidence(evidence));
        }
    }

    pub(super) fn learn_vote(&mut self, vote: &Vote) {
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
    Ok(Heard { news: standing != Standing::Contradiction, evidence })
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
