//! The book as the peer manager sees it: on the clock that never jumps.

use std::time::Instant;

use libp2p::{Multiaddr, PeerId};

use super::{
    super::super::peer_manager::{Candidate, Candidates},
    AddressBook,
};

/// A book with a moment at which both clocks were read.
#[derive(Debug)]
pub struct TimedBook {
    /// The book.
    pub book: AddressBook,
    origin: Instant,
    origin_ms: u64,
}

impl TimedBook {
    /// A book; `now` and `now_ms` (unix milliseconds) are the same moment.
    pub const fn new(book: AddressBook, now: Instant, now_ms: u64) -> Self {
        Self { book, origin: now, origin_ms: now_ms }
    }

    /// A moment in unix milliseconds.
    pub fn unix_ms(&self, now: Instant) -> u64 {
        let passed = now.saturating_duration_since(self.origin).as_millis();
        self.origin_ms.saturating_add(u64::try_from(passed).unwrap_or(u64::MAX))
    }
}

impl Candidates for TimedBook {
    fn pick(&mut self, now: Instant, avoid: &dyn Fn(&PeerId, &[Multiaddr]) -> bool) -> Option<Candidate> {
        let now_ms = self.unix_ms(now);
        self.book.pick(now_ms, avoid).map(|(peer, addresses)| Candidate { peer, addresses })
    }

    fn worked(&mut self, peer: &PeerId, address: &Multiaddr, now: Instant) {
        let now_ms = self.unix_ms(now);
        self.book.worked(*peer, address, now_ms);
    }

    fn failed(&mut self, peer: &PeerId, now: Instant) {
        let now_ms = self.unix_ms(now);
        self.book.failed(peer, now_ms);
    }
}
