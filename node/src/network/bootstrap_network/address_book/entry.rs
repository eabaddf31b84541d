//! What the book knows of one peer.

use libp2p::Multiaddr;

use super::{super::super::subnet::Subnet, FRESH_MS, LONGEST_WAIT_MS, MAX_ADDRESSES, MAX_PEER_BYTES, Scope};

/// An address of a peer.
#[derive(Clone, Debug)]
pub(super) struct Known {
    /// Without the peer's id.
    pub(super) address: Multiaddr,
    /// Who told it first.
    pub(super) source: Option<Subnet>,
    /// When a dial last reached it.
    pub(super) worked_ms: Option<u64>,
}

/// A peer. The first of its addresses is the one that chose its bucket; it stays for as long as the peer stays there.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) known: Vec<Known>,
    pub(super) tried: bool,
    pub(super) bucket: u16,
    /// When somebody last named it, or a dial reached it.
    pub(super) heard_ms: u64,
    /// Dials that failed since one worked.
    pub(super) failures: u32,
    /// Those of them that count towards forgetting it.
    pub(super) strikes: u32,
    pub(super) struck_ms: u64,
    /// Until when it rests.
    pub(super) retry_ms: u64,
}

impl Entry {
    pub(super) fn new(address: Multiaddr, source: Option<Subnet>, now_ms: u64) -> Self {
        Self {
            known: vec![Known { address, source, worked_ms: None }],
            tried: false,
            bucket: 0,
            heard_ms: now_ms,
            failures: 0,
            strikes: 0,
            struck_ms: 0,
            retry_ms: 0,
        }
    }

    /// Takes in hearsay; whether the address is known now.
    pub(super) fn hear(&mut self, address: Multiaddr, source: Option<Subnet>) -> bool {
        if self.known.iter().any(|known| known.address == address) {
            return true;
        }
        if !self.fits(&address) && !self.make_room(&address, source) {
            return false;
        }
        self.known.push(Known { address, source, worked_ms: None });
        true
    }

    /// Takes in that a dial worked, at the cost of other addresses if need be.
    pub(super) fn reached(&mut self, address: Multiaddr, now_ms: u64) {
        self.rehabilitate();
        self.heard_ms = now_ms;
        if let Some(known) = self.known.iter_mut().find(|known| known.address == address) {
            known.worked_ms = Some(now_ms);
            return;
        }
        while !self.fits(&address) {
            let oldest = self.known.iter().enumerate().skip(1).min_by_key(|(_, known)| known.worked_ms);
            let Some((place, _)) = oldest else { return };
            self.known.remove(place);
        }
        let source = Subnet::of(&address);
        self.known.push(Known { address, source, worked_ms: Some(now_ms) });
    }

    /// Clears what failures brought.
    pub(super) fn rehabilitate(&mut self) {
        self.failures = 0;
        self.strikes = 0;
        self.retry_ms = 0;
    }

    /// Marks it as tried under one of its addresses.
    pub(super) fn promote(&mut self, address: &Multiaddr) {
        self.tried = true;
        self.known.sort_by_key(|known| known.address != *address);
    }

    /// Whether it may be dialled. A rest that ends later than any rest can was set before the clock was put back.
    pub(super) fn rested(&self, now_ms: u64) -> bool {
        self.retry_ms <= now_ms || self.retry_ms.saturating_sub(now_ms) > LONGEST_WAIT_MS.saturating_mul(2)
    }

    /// All addresses, those that worked last first.
    pub(super) fn addresses(&self) -> Vec<Multiaddr> {
        let mut known: Vec<&Known> = self.known.iter().collect();
        known.sort_by_key(|known| std::cmp::Reverse(known.worked_ms));
        known.into_iter().map(|known| known.address.clone()).collect()
    }

    /// Those that worked within [`FRESH_MS`] and reach as far as `scope` or farther.
    pub(super) fn fresh(&self, scope: Scope, now_ms: u64) -> Vec<Multiaddr> {
        let fresh = |known: &&Known| {
            known.worked_ms.is_some_and(|worked| worked.abs_diff(now_ms) <= FRESH_MS)
                && Scope::of(&known.address).is_some_and(|own| own >= scope)
        };
        self.known.iter().filter(fresh).map(|known| known.address.clone()).collect()
    }

    /// Bytes of all addresses.
    pub(super) fn bytes(&self) -> usize {
        self.known.iter().fold(0, |sum, known| sum.saturating_add(known.address.len()))
    }

    fn fits(&self, address: &Multiaddr) -> bool {
        self.known.len() < MAX_ADDRESSES && self.bytes().saturating_add(address.len()) <= MAX_PEER_BYTES
    }

    /// Lets go the last hearsay of the source that told most, if that told two more than this one: room goes to who has
    /// less of it.
    fn make_room(&mut self, address: &Multiaddr, source: Option<Subnet>) -> bool {
        let told = |by: Option<Subnet>| self.known.iter().filter(|known| known.source == by).count();
        let hearsay = self.known.iter().enumerate().skip(1).filter(|(_, known)| known.worked_ms.is_none());
        let Some((count, place)) = hearsay.map(|(place, known)| (told(known.source), place)).max() else {
            return false;
        };
        let freed = self.known.get(place).map_or(0, |known| known.address.len());
        let bytes = self.bytes().saturating_sub(freed).saturating_add(address.len());
        if count < told(source).saturating_add(2) || bytes > MAX_PEER_BYTES {
            return false;
        }
        self.known.remove(place);
        true
    }
}
