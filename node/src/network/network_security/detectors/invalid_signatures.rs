//! Signatures that do not verify.
//!
//! - **What:** a message whose signature was checked, against a known key, and is wrong.
//! - **From where on:** each one is charged, two ban. From the [`UNREAD`]th within a minute on, everything from that
//!   peer is dropped unread until a minute has passed without one: checks cost more than sending rubbish, and a ban
//!   takes effect only when the host gets to it.
//! - **Honest load** has none: nodes verify before they forward, transports detect flipped bits, and a signature by an
//!   unknown key (another validator set) is no event here.

use std::time::{Duration, Instant};

use libp2p::PeerId;

use super::{
    super::{recent::Recent, tally::Tally},
    MAX_PEERS,
};
use crate::network::conduct::Conduct;

/// Wrong signatures within a minute after which a peer is not read.
pub const UNREAD: u32 = 3;
const WINDOW: Duration = Duration::from_mins(1);

#[derive(Debug)]
struct Record {
    tally: Tally,
    unread_until: Option<Instant>,
}

/// The detector.
#[derive(Debug, Default)]
pub struct InvalidSignatures {
    peers: Recent<PeerId, Record, MAX_PEERS>,
}

impl InvalidSignatures {
    /// A signature was wrong.
    pub fn observe(&mut self, peer: PeerId, now: Instant) -> Option<Conduct> {
        let record = self.peers.touch(peer, now, || Record { tally: Tally::new(now), unread_until: None });
        if record.tally.add(1, WINDOW, now) >= UNREAD {
            record.unread_until = now.checked_add(WINDOW);
        }
        Some(Conduct::InvalidSignature)
    }

    /// Whether messages of a peer are dropped unread.
    pub fn is_unread(&self, peer: &PeerId, now: Instant) -> bool {
        self.peers.get(peer).and_then(|record| record.unread_until).is_some_and(|end| end > now)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::peer, *};

    #[test]
    fn each_is_charged_and_the_third_closes_the_ears() {
        let (mut signatures, now) = (InvalidSignatures::default(), Instant::now());
        for _ in 1..UNREAD {
            assert_eq!(signatures.observe(peer(1), now), Some(Conduct::InvalidSignature));
            assert!(!signatures.is_unread(&peer(1), now));
        }
        assert_eq!(signatures.observe(peer(1), now), Some(Conduct::InvalidSignature));
        assert!(signatures.is_unread(&peer(1), now + Duration::from_secs(59)));
        assert!(!signatures.is_unread(&peer(1), now + WINDOW));
        assert!(!signatures.is_unread(&peer(2), now));
    }

    #[test]
    fn slow_ones_are_charged_but_read() {
        let (mut signatures, start) = (InvalidSignatures::default(), Instant::now());
        for minute in 0..10 {
            let now = start + Duration::from_secs(60 * minute);
            assert!(signatures.observe(peer(1), now).is_some());
            assert!(!signatures.is_unread(&peer(1), now));
        }
    }
}
