//! Its votes reach nobody, or one node.
//!
//! Defence: a quorum does not need them; timeouts pass over what does not come.

use emotionalchain_shared::wire::ConsensusMessage;

use super::{Behaviour, Said, Seat, To, as_it_is};
use crate::world::Payload;

/// See the module.
#[derive(Debug, Default)]
pub struct WithheldVotes {
    fired: u64,
}

impl Behaviour for WithheldVotes {
    fn send(&mut self, seat: &mut Seat<'_>, message: ConsensusMessage) -> Vec<Said> {
        if !matches!(&message, ConsensusMessage::Vote(vote) if vote.validator == seat.address) {
            return as_it_is(message);
        }
        self.fired += 1;
        if seat.rng.chance(500) {
            return Vec::new();
        }
        vec![(To::Some(vec![seat.rng.index(seat.nodes)]), Payload::Consensus(message))]
    }

    fn fired(&self) -> u64 {
        self.fired
    }
}
