//! Two honest nodes run with one key and do not know of each other: each speaks to half of the network, at
//! every third height to all.
//!
//! Defence: as against equivocation, of which this is the kind that happens by mistake.

use emotionalchain_shared::{chain::EmotionalVote, wire::ConsensusMessage};

use super::{Behaviour, Said, Seat, To};
use crate::world::Payload;

/// See the module.
#[derive(Debug)]
pub struct Twin {
    second: bool,
    fired: u64,
}

impl Twin {
    /// One of the two.
    pub fn new(second: bool) -> Self {
        Self { second, fired: 0 }
    }

    fn side(&self, seat: &Seat<'_>) -> To {
        if seat.height.get().is_multiple_of(3) {
            return To::All;
        }
        let (even, odd) = seat.halves();
        if self.second { odd } else { even }
    }
}

impl Behaviour for Twin {
    fn send(&mut self, seat: &mut Seat<'_>, message: ConsensusMessage) -> Vec<Said> {
        // What the second one says on its own account is what no single node could say.
        self.fired += u64::from(self.second);
        vec![(self.side(seat), Payload::Consensus(message))]
    }

    fn feel(&mut self, seat: &mut Seat<'_>, vote: EmotionalVote) -> Vec<Said> {
        vec![(self.side(seat), Payload::Vote(Box::new(vote)))]
    }

    fn fired(&self) -> u64 {
        self.fired
    }
}
