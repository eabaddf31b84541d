//! Its blocks claim another state than they come to, another epoch, another time or another parent.
//!
//! Defence: the one block verification, before any prevote.

use emotionalchain_shared::{
    primitives::{BlockId, Epoch, hash_bytes},
    wire::ConsensusMessage,
};

use super::{Behaviour, Said, Seat, To, as_it_is};

/// See the module.
#[derive(Debug, Default)]
pub struct InvalidBody {
    fired: u64,
}

impl Behaviour for InvalidBody {
    fn send(&mut self, seat: &mut Seat<'_>, message: ConsensusMessage) -> Vec<Said> {
        let ConsensusMessage::Proposal(proposal) = &message else { return as_it_is(message) };
        if proposal.proposal.proposer != seat.address {
            return as_it_is(message);
        }
        self.fired += 1;
        let mut block = proposal.block.clone();
        let nonsense = hash_bytes(b"nonsense");
        match seat.rng.below(6) {
            0 => block.header.state_root = nonsense,
            1 => block.header.epoch = Epoch::new(block.header.epoch.get() + 1),
            2 => block.header.parent_id = BlockId::new(nonsense),
            3 => block.header.next_validators_root = nonsense,
            4 => block.header.randomness_reveal = nonsense,
            _ => block.header.votes_root = nonsense,
        }
        vec![(To::All, seat.propose(block, proposal.proposal.round, proposal))]
    }

    fn fired(&self) -> u64 {
        self.fired
    }
}
