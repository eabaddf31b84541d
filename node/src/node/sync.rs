//! Catching up: who is ahead, and what to ask next (sans-IO).
//!
//! Rules: peers are asked for their status in turn; blocks are fetched from a peer that claims to be ahead, a batch at a
//! time; a peer whose batch is empty, malformed or refused loses its claim. Every block is verified by the replica.

use std::collections::BTreeMap;

use emotionalchain_shared::primitives::Height;
use libp2p::PeerId;

/// Blocks asked for at once.
pub const BATCH: u32 = 32;
/// Claims kept.
const MAX_CLAIMS: usize = 256;

/// What is known of who is ahead.
#[derive(Debug, Default)]
pub struct Sync {
    claims: BTreeMap<PeerId, Height>,
    fetching: bool,
}

impl Sync {
    /// A peer's own word on its head.
    pub fn claimed(&mut self, peer: PeerId, head: Height) {
        if self.claims.len() < MAX_CLAIMS || self.claims.contains_key(&peer) {
            self.claims.insert(peer, head);
        }
    }

    /// A peer is gone, or its claim was empty.
    pub fn forget(&mut self, peer: &PeerId) {
        self.claims.remove(peer);
    }

    /// Whom to ask for which blocks, if we are behind and nothing is under way.
    pub fn next(&mut self, head: Height, prefer: Option<PeerId>) -> Option<(PeerId, Height)> {
        if self.fetching {
            return None;
        }
        let ahead = |claim: &Height| *claim > head;
        let preferred = prefer.filter(|peer| self.claims.get(peer).is_some_and(ahead));
        let best = || {
            self.claims
                .iter()
                .filter(|(_, claim)| ahead(claim))
                .max_by_key(|(_, claim)| **claim)
                .map(|(p, _)| *p)
        };
        let peer = preferred.or_else(best)?;
        let from = head.next()?;
        self.fetching = true;
        Some((peer, from))
    }

    /// The fetch under way has ended.
    pub fn fetched(&mut self) {
        self.fetching = false;
    }

    /// Whether anybody claims a block that we do not have.
    pub fn is_ahead(&self, head: Height) -> bool {
        self.claims.values().any(|claim| *claim > head)
    }

    /// Whether somebody claims to be more than a block ahead: a normal node is now and then one behind.
    pub fn is_behind(&self, head: Height) -> bool {
        self.claims.values().any(|claim| claim.since(head).is_some_and(|ahead| ahead > 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_fetch_at_a_time_from_somebody_ahead() {
        let mut sync = Sync::default();
        let (one, two) = (PeerId::random(), PeerId::random());
        assert_eq!(sync.next(Height::new(5), None), None);
        sync.claimed(one, Height::new(5));
        sync.claimed(two, Height::new(9));
        assert!(sync.is_ahead(Height::new(8)) && !sync.is_ahead(Height::new(9)));
        assert!(sync.is_behind(Height::new(5)) && !sync.is_behind(Height::new(8)));
        assert_eq!(sync.next(Height::new(5), Some(one)), Some((two, Height::new(6))));
        assert_eq!(sync.next(Height::new(5), None), None);
        sync.fetched();
        sync.forget(&two);
        assert_eq!(sync.next(Height::new(5), None), None);
    }
}
