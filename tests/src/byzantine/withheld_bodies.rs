//! Its blocks reach a third of the network, or two thirds, and it answers nobody who asks for one.
//!
//! Defence: who lacks a body asks all, or takes the finalised block from sync.

use emotionalchain_shared::wire::ConsensusMessage;

use super::{Behaviour, Said, Seat, To, as_it_is};
use crate::world::Payload;

/// See the module.
#[derive(Debug, Default)]
pub struct WithheldBodies {
    fired: u64,
}

impl Behaviour for WithheldBodies {
    fn send(&mut self, seat: &mut Seat<'_>, message: ConsensusMessage) -> Vec<Said> {
        if !matches!(message, ConsensusMessage::Proposal(_)) {
            return as_it_is(message);
        }
        self.fired += 1;
        let count = seat.nodes * (1 + seat.rng.index(2)) / 3;
        vec![(To::Some(seat.rng.some(count, seat.nodes)), Payload::Consensus(message))]
    }

    fn answer(&mut self, _: &mut Seat<'_>, _: usize, _: ConsensusMessage) -> Vec<Said> {
        self.fired += 1;
        Vec::new()
    }

    fn fired(&self) -> u64 {
        self.fired
    }
}
