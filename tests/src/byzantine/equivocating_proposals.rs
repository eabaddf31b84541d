//! In its turn it builds two valid blocks and sends each to half of the network; now and then both to all.
//!
//! Defence: contradictions become evidence; a block needs more than two thirds of prevotes.

use emotionalchain_shared::{
    chain::{BlockPlace, Ingredients, NothingSeen, build_block},
    wire::ConsensusMessage,
};

use super::{Behaviour, Said, Seat, as_it_is};
use crate::world::Payload;

/// See the module.
#[derive(Debug, Default)]
pub struct EquivocatingProposals {
    fired: u64,
}

impl Behaviour for EquivocatingProposals {
    fn send(&mut self, seat: &mut Seat<'_>, message: ConsensusMessage) -> Vec<Said> {
        let ConsensusMessage::Proposal(first) = &message else { return as_it_is(message) };
        let block = &first.block;
        if first.proposal.proposer != seat.address || block.header.proposer != seat.address {
            return as_it_is(message);
        }
        let mut place = BlockPlace::of(&block.header);
        place.time = place.time.saturating_add(1);
        let commit = block.last_commit.clone();
        let built = build_block(seat.spec, seat.ledger, &NothingSeen, place, commit, Ingredients::default());
        // Its own store may have moved on since it proposed.
        let Ok(built) = built else { return as_it_is(message) };
        self.fired += 1;
        let second = seat.propose(built.block, first.proposal.round, first);
        let (even, odd) = seat.sides();
        vec![(even, Payload::Consensus(message)), (odd, second)]
    }

    fn fired(&self) -> u64 {
        self.fired
    }
}
