//! With each of its votes come votes in the names of all others: under its own signature, or none that is one.
//!
//! Defence: every signature is verified before a vote counts.

use emotionalchain_shared::{
    consensus::{Vote, VoteKind},
    crypto::Signature,
    wire::ConsensusMessage,
};

use super::{Behaviour, Said, Seat, To, as_it_is};
use crate::world::Payload;

/// See the module.
#[derive(Debug, Default)]
pub struct BadSignatures {
    fired: u64,
}

impl Behaviour for BadSignatures {
    fn hear(&mut self, seat: &mut Seat<'_>, message: &ConsensusMessage) -> Vec<Said> {
        let ConsensusMessage::Proposal(one) = message else { return Vec::new() };
        let (Some(set), proposal) = (seat.set, &one.proposal) else { return Vec::new() };
        let mut said = Vec::new();
        for member in set.members().iter().filter(|member| member.address != seat.address) {
            for kind in [VoteKind::Prevote, VoteKind::Precommit] {
                let id = Some(proposal.block_id);
                let (domain, key) = (&seat.spec.domain, seat.key);
                let mut vote = Vote::sign(domain, key, kind, proposal.height, proposal.round, id);
                vote.validator = member.address;
                if seat.rng.chance(300) {
                    vote.signature = Signature::new([0; Signature::LEN]);
                }
                self.fired += 1;
                said.push((To::All, Payload::Consensus(ConsensusMessage::Vote(vote))));
            }
        }
        said
    }

    fn send(&mut self, seat: &mut Seat<'_>, message: ConsensusMessage) -> Vec<Said> {
        let mut said = self.hear(seat, &message);
        said.extend(as_it_is(message));
        said
    }

    fn fired(&self) -> u64 {
        self.fired
    }
}
