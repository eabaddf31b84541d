//! Spam: a peer that keeps sending beyond its budget.
//!
//! - **What:** messages that did not fit into the sender's budget.
//! - **From where on:** every [`OVERRUNS`]th within a minute is a flood. Five such ban, so 100 times the allowed rate
//!   lasts a fraction of a second.
//! - **Honest load** has half a budget to spare; a burst at its very edge overruns a few times, and those are dropped
//!   for free.

use std::time::{Duration, Instant};

use libp2p::PeerId;

use super::{
    super::{recent::Recent, tally::Tally},
    MAX_PEERS,
};
use crate::network::conduct::Conduct;

/// Overruns that make a flood.
pub const OVERRUNS: u32 = 32;
const WINDOW: Duration = Duration::from_mins(1);

/// The detector.
#[derive(Debug, Default)]
pub struct Spam {
    overruns: Recent<PeerId, Tally, MAX_PEERS>,
}

impl Spam {
    /// A message did not fit.
    pub fn observe(&mut self, peer: PeerId, now: Instant) -> Option<Conduct> {
        let tally = self.overruns.touch(peer, now, || Tally::new(now));
        if tally.add(1, WINDOW, now) < OVERRUNS {
            return None;
        }
        *tally = Tally::new(now);
        Some(Conduct::Flood)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::peer, *};

    #[test]
    fn every_thirty_second_overrun_is_a_flood() {
        let (mut spam, now) = (Spam::default(), Instant::now());
        let floods = (0..320).filter(|_| spam.observe(peer(1), now) == Some(Conduct::Flood)).count();
        assert_eq!(floods, 10);
    }

    #[test]
    fn few_overruns_a_minute_are_free() {
        let (mut spam, start) = (Spam::default(), Instant::now());
        for overrun in 0..600 {
            let now = start + Duration::from_secs(2 * overrun);
            assert_eq!(spam.observe(peer(1), now), None);
        }
    }

    #[test]
    fn peers_are_counted_apart() {
        let (mut spam, now) = (Spam::default(), Instant::now());
        for id in 0..200 {
            for _ in 1..OVERRUNS {
                assert_eq!(spam.observe(peer(id), now), None);
            }
        }
    }
}
