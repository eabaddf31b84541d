//! Certificates of peers: proofs of lock, justifications of rounds, and finalised blocks.
//!
//! Their votes are verified once, filed, and searched for contradictions. The state machine takes a proof of lock whole,
//! so that an equivocator's vote in it counts (L28, L36), and a justification of a round vote by vote (L47, L55). A
//! commit certificate decides without it.

use malachite::Input;

use crate::{
    consensus::{
        CommitCertificate, PolkaCertificate, RoundCertificate, Vote,
        engine::{
            Admission, Bounds, Core, Halt, Ignored, Refusal,
            ballots::Standing,
            convert::{polka_in, round_certificate_in, round_in},
            verify::{Level, Verifier},
        },
    },
    primitives::{BlockId, Height, Round},
};

impl Core {
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
            return Ok(Admission::Rejected(Refusal::Malformed));
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
}
