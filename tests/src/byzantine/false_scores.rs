//! Its emotional votes state what nobody measured: the best that the rules allow, or more.
//!
//! Defence: a statement must recompute and stay within the device's tier; what passes is worth one ticket more.

use emotionalchain_shared::{
    biometrics::OpenStatement,
    chain::{BiometricProof, EmotionalVote, Statement},
    primitives::BasisPoints,
};

use super::{Behaviour, Said, Seat, To};
use crate::world::Payload;

/// See the module.
#[derive(Debug, Default)]
pub struct FalseScores {
    fired: u64,
}

impl Behaviour for FalseScores {
    fn feel(&mut self, seat: &mut Seat<'_>, vote: EmotionalVote) -> Vec<Said> {
        self.fired += 1;
        let mut proof = vote.proof.clone();
        let Statement::Open(open) = &mut proof.authenticity.statement;
        *open = OpenStatement { stress: 0, focus: 100, authenticity: 80, ..*open };
        match seat.rng.below(3) {
            // Within the rules: nobody can tell.
            0 => open.score = open.recompute_score().unwrap_or_default(),
            1 => open.score = BasisPoints::new(10_000).unwrap_or_default(),
            _ => {
                open.authenticity = 100;
                open.score = open.recompute_score().unwrap_or_default();
            }
        }
        let domain = &seat.spec.domain;
        let (commitment, context) = (proof.commitment, proof.authenticity);
        let proof = BiometricProof::sign(domain, seat.device, seat.address, commitment, context);
        let vote = EmotionalVote::sign(domain, seat.key, proof, vote.epoch);
        vec![(To::All, Payload::Vote(Box::new(vote)))]
    }

    fn fired(&self) -> u64 {
        self.fired
    }
}
