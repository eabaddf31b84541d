//! Peers marked until a time. Bounded: past the bound the mark that ends first is dropped.

use std::{collections::BTreeMap, time::Instant};

use libp2p::PeerId;

/// A bounded set of peers, each with an end.
#[derive(Debug)]
pub struct Marks {
    max: usize,
    ends: BTreeMap<PeerId, Instant>,
}

impl Marks {
    /// An empty set for at most `max` peers.
    pub const fn new(max: usize) -> Self {
        Self { max, ends: BTreeMap::new() }
    }

    /// Marks a peer; an earlier mark is replaced.
    pub fn set(&mut self, peer: PeerId, end: Instant) {
        if self.ends.len() >= self.max && !self.ends.contains_key(&peer) {
            let first = self.ends.iter().min_by_key(|(_, end)| **end).map(|(peer, _)| *peer);
            first.and_then(|first| self.ends.remove(&first));
        }
        self.ends.insert(peer, end);
    }

    /// The end of a peer's mark, if that is still to come.
    pub fn end(&self, peer: &PeerId, now: Instant) -> Option<Instant> {
        self.ends.get(peer).copied().filter(|end| *end > now)
    }

    /// Drops the marks that have ended.
    pub fn expire(&mut self, now: Instant) {
        self.ends.retain(|_, end| *end > now);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_mark_ends_by_itself() {
        let (mut marks, peer, now) = (Marks::new(4), PeerId::random(), Instant::now());
        let end = now + Duration::from_secs(1);
        marks.set(peer, end);
        assert_eq!(marks.end(&peer, now), Some(end));
        assert_eq!(marks.end(&peer, end), None);
        marks.expire(end);
        assert!(marks.ends.is_empty());
    }

    #[test]
    fn past_the_bound_the_first_to_end_goes() {
        let (mut marks, now) = (Marks::new(4), Instant::now());
        let peers: Vec<PeerId> = (0..100).map(|_| PeerId::random()).collect();
        for (peer, after) in peers.iter().zip(1..) {
            marks.set(*peer, now + Duration::from_secs(after));
        }
        assert_eq!(marks.ends.len(), 4);
        assert!(peers[96..].iter().all(|peer| marks.end(peer, now).is_some()));
    }
}
