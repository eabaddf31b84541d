//! Messages handed to the application that have no verdict yet: bounded in number, bytes and age.

use std::{
    collections::{HashMap, VecDeque},
    time::{Duration, Instant},
};

use libp2p::PeerId;

use super::gossip::Topic;

/// What the application thinks of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Valid and of use: forward it.
    Accept,
    /// Stale, known or not decidable: drop it, nobody is to blame.
    Ignore,
    /// Invalid whatever the circumstances: drop it and let its sender pay.
    Reject,
}

/// How a message came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Route {
    /// By gossip: it is forwarded once accepted.
    Gossip,
    /// From its sender to this node alone: it is never forwarded.
    Direct,
}

/// The one right to judge one message; used up by [`report`](super::NetworkHandle::report).
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct MessageRef {
    pub(super) id: [u8; 32],
    pub(super) source: PeerId,
    pub(super) topic: Topic,
    pub(super) route: Route,
}

impl MessageRef {
    /// SHA-256(topic ‖ 0x00 ‖ data).
    pub const fn id(&self) -> &[u8; 32] {
        &self.id
    }

    /// The peer that handed the message to this node: not always its author.
    pub const fn source(&self) -> PeerId {
        self.source
    }

    /// How it came.
    pub const fn route(&self) -> Route {
        self.route
    }
}

/// A message's place in the table.
pub type Key = ([u8; 32], Route);

#[derive(Debug)]
struct Waiting {
    serial: u64,
    source: PeerId,
    size: usize,
}

/// The table. A message that does not fit is not handed out at all.
#[derive(Debug)]
pub struct Unjudged {
    max: usize,
    max_bytes: usize,
    patience: Duration,
    bytes: usize,
    serial: u64,
    waiting: HashMap<Key, Waiting>,
    by_age: VecDeque<(Instant, Key, u64)>,
}

impl Unjudged {
    /// An empty table.
    pub fn new(max: usize, max_bytes: usize, patience: Duration) -> Self {
        Self {
            max,
            max_bytes,
            patience,
            bytes: 0,
            serial: 0,
            waiting: HashMap::new(),
            by_age: VecDeque::new(),
        }
    }

    /// Enters a message; `false` when there is no room for it, or when it waits already.
    pub fn enter(&mut self, key: Key, source: PeerId, size: usize, now: Instant) -> bool {
        let bytes = self.bytes.saturating_add(size);
        // `by_age` keeps judged entries until they are old; it is bounded by the same number twice over.
        let full = self.waiting.len() >= self.max || self.by_age.len() >= self.max.saturating_mul(2);
        if full || bytes > self.max_bytes || self.waiting.contains_key(&key) {
            return false;
        }
        self.bytes = bytes;
        self.serial = self.serial.wrapping_add(1);
        self.waiting.insert(key, Waiting { serial: self.serial, source, size });
        self.by_age.push_back((now.checked_add(self.patience).unwrap_or(now), key, self.serial));
        true
    }

    /// Takes a message out; `None` when it was judged, or too old, before.
    pub fn leave(&mut self, key: &Key) -> Option<PeerId> {
        let waiting = self.waiting.remove(key)?;
        self.bytes = self.bytes.saturating_sub(waiting.size);
        if self.waiting.is_empty() {
            self.by_age.clear();
        }
        Some(waiting.source)
    }

    /// Takes out all that waited too long.
    pub fn expire(&mut self, now: Instant) -> Vec<(Key, PeerId)> {
        let mut expired = Vec::new();
        while let Some((end, key, serial)) = self.by_age.front().copied() {
            if end > now {
                break;
            }
            self.by_age.pop_front();
            if self.waiting.get(&key).is_some_and(|waiting| waiting.serial == serial) {
                expired.extend(self.leave(&key).map(|source| (key, source)));
            }
        }
        expired
    }

    /// Messages that wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u8) -> Key {
        ([n; 32], Route::Gossip)
    }

    #[test]
    fn bounded_in_number_and_bytes() {
        let (now, peer) = (Instant::now(), PeerId::random());
        let mut table = Unjudged::new(2, 100, Duration::from_secs(1));
        assert!(table.enter(key(1), peer, 60, now));
        assert!(!table.enter(key(1), peer, 1, now), "once only");
        assert!(!table.enter(key(2), peer, 41, now), "bytes");
        assert!(table.enter(key(2), peer, 40, now));
        assert!(!table.enter(key(3), peer, 0, now), "number");
        assert_eq!(table.leave(&key(1)), Some(peer));
        assert_eq!(table.leave(&key(1)), None);
        assert!(table.enter(key(3), peer, 60, now));
        for round in 0..10_000 {
            table.leave(&key(3));
            table.enter(key(3), peer, 1, now);
            assert!(table.by_age.len() <= 4, "round {round}");
        }
    }

    #[test]
    fn old_ones_expire_once() {
        let (now, peer) = (Instant::now(), PeerId::random());
        let mut table = Unjudged::new(8, 100, Duration::from_secs(1));
        let after = |ms| now + Duration::from_millis(ms);
        table.enter(key(1), peer, 10, now);
        table.enter(key(2), peer, 10, after(500));
        table.leave(&key(1));
        table.enter(key(1), peer, 10, after(600));
        assert!(table.expire(after(1499)).is_empty());
        assert_eq!(table.expire(after(1500)), [(key(2), peer)]);
        assert_eq!(table.expire(after(1600)), [(key(1), peer)]);
        assert_eq!((table.len(), table.bytes), (0, 0));
    }
}
