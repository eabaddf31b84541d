//! With each vote come hundreds more of its own, for rounds and heights far ahead.
//!
//! Defence: bounds on rounds ahead and on what is kept for the next height.

use emotionalchain_shared::{
    consensus::{Vote, VoteKind},
    primitives::{Height, Round},
    wire::ConsensusMessage,
};

use super::{Behaviour, Said, Seat, To, as_it_is};
use crate::world::Payload;

/// Votes at a time.
const FLOOD: u64 = 200;

/// See the module.
#[derive(Debug, Default)]
pub struct RoundFlood {
    fired: u64,
}

impl Behaviour for RoundFlood {
    fn send(&mut self, seat: &mut Seat<'_>, message: ConsensusMessage) -> Vec<Said> {
        let mut said = Vec::new();
        if let ConsensusMessage::Vote(vote) = &message {
            for _ in 0..FLOOD {
                let ahead = seat.rng.below(3);
                let height = Height::new(vote.height.get() + ahead);
                let far = if seat.rng.chance(500) { 40 } else { u64::from(u32::MAX) / 2 };
                let round = u32::try_from(seat.rng.between(1, far)).unwrap_or(u32::MAX);
                let kind = if seat.rng.chance(500) { VoteKind::Prevote } else { VoteKind::Precommit };
                let (domain, key) = (&seat.spec.domain, seat.key);
                let flood = Vote::sign(domain, key, kind, height, Round::new(round), vote.block_id);
                said.push((To::All, Payload::Consensus(ConsensusMessage::Vote(flood))));
            }
            self.fired += FLOOD;
        }
        said.extend(as_it_is(message));
        said
    }

    fn fired(&self) -> u64 {
        self.fired
    }
}
