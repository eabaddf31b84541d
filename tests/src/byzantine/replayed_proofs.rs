//! It wraps old proofs of its own and proofs of others into fresh emotional votes, and often keeps its fresh proof back.
//!
//! Defence: sequence, challenge and epoch make a proof fresh; a device serves one validator.

use std::collections::BTreeSet;

use emotionalchain_shared::{
    chain::{BiometricProof, EmotionalVote},
    primitives::{Epoch, Hash},
};

use super::{Behaviour, Said, Seat, To};
use crate::world::Payload;

/// See the module.
#[derive(Debug, Default)]
pub struct ReplayedProofs {
    old: Vec<BiometricProof>,
    /// Commitments of proofs stolen: each once, or two thieves would steal from each other for ever.
    stolen: BTreeSet<Hash>,
    fired: u64,
}

impl ReplayedProofs {
    fn wrap(&mut self, seat: &Seat<'_>, proof: BiometricProof, epoch: Epoch) -> Said {
        self.fired += 1;
        let vote = EmotionalVote::sign(&seat.spec.domain, seat.key, proof, epoch);
        (To::All, Payload::Vote(Box::new(vote)))
    }
}

impl Behaviour for ReplayedProofs {
    fn feel(&mut self, seat: &mut Seat<'_>, vote: EmotionalVote) -> Vec<Said> {
        let epoch = vote.epoch;
        let old = self.old.clone();
        self.old.push(vote.proof.clone());
        let mut said: Vec<Said> = old.into_iter().map(|proof| self.wrap(seat, proof, epoch)).collect();
        if said.is_empty() || seat.rng.chance(500) {
            said.push((To::All, Payload::Vote(Box::new(vote))));
        }
        said
    }

    fn hear_vote(&mut self, seat: &mut Seat<'_>, vote: &EmotionalVote) -> Vec<Said> {
        if vote.validator() == seat.address || !self.stolen.insert(vote.proof.commitment) {
            return Vec::new();
        }
        let mut stolen = vote.proof.clone();
        if seat.rng.chance(500) {
            stolen.validator = seat.address;
        }
        vec![self.wrap(seat, stolen, vote.epoch)]
    }

    fn fired(&self) -> u64 {
        self.fired
    }
}
