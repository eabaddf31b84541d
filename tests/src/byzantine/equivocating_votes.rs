//! Every vote goes to half of the network; the other half gets one for nil, or for another proposal of the round. Now and
//! then all get both, as they would where gossip passes everything on.
//!
//! Defence: contradictions become evidence, and quorums of more than two thirds share an honest seat.

use std::collections::BTreeMap;

use emotionalchain_shared::{
    consensus::Vote,
    primitives::{BlockId, Height},
    wire::ConsensusMessage,
};

use super::{Behaviour, Said, Seat, as_it_is};
use crate::world::Payload;

/// See the module.
#[derive(Debug, Default)]
pub struct EquivocatingVotes {
    seen: BTreeMap<Height, BlockId>,
    fired: u64,
}

impl Behaviour for EquivocatingVotes {
    fn send(&mut self, seat: &mut Seat<'_>, message: ConsensusMessage) -> Vec<Said> {
        let ConsensusMessage::Vote(vote) = &message else { return as_it_is(message) };
        if vote.validator != seat.address {
            return as_it_is(message);
        }
        let other = match vote.block_id {
            Some(_) => None,
            None => self.seen.get(&vote.height).copied(),
        };
        if other == vote.block_id {
            return as_it_is(message);
        }
        self.fired += 1;
        let twin = Vote::sign(&seat.spec.domain, seat.key, vote.kind, vote.height, vote.round, other);
        let (even, odd) = seat.sides();
        vec![(even, Payload::Consensus(message)), (odd, Payload::Consensus(ConsensusMessage::Vote(twin)))]
    }

    fn hear(&mut self, _: &mut Seat<'_>, message: &ConsensusMessage) -> Vec<Said> {
        if let ConsensusMessage::Proposal(proposal) = message {
            self.seen.insert(proposal.proposal.height, proposal.proposal.block_id);
        }
        Vec::new()
    }

    fn fired(&self) -> u64 {
        self.fired
    }
}
