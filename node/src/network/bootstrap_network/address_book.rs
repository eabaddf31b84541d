//! The peers that this node knows of, in two tables that floods cannot take over.
//!
//! The idea is that of Bitcoin Core's address manager (Heilman et al., "Eclipse Attacks on Bitcoin's Peer-to-Peer
//! Network", USENIX Security 2015). A *subnet* is a public IPv4 /24 or IPv6 /64; a private IP address and a peer on this
//! machine each count as a subnet of their own, since nobody out there can have many of them.
//!
//! 1. **New**: heard of, never reached. [`NEW_BUCKETS`] buckets of [`BUCKET_PEERS`] peers. A peer's bucket is a keyed
//!    hash of who told and of the subnet told, so that one source reaches [`BUCKETS_PER_SOURCE`] buckets: a sixteenth
//!    of the table, whatever it tells.
//! 2. **Tried**: dialled with success. [`TRIED_BUCKETS`] buckets of [`BUCKET_PEERS`]. The bucket follows the subnet
//!    alone, so that one subnet reaches [`BUCKETS_PER_SUBNET`] buckets: a thirty-second part.
//! 3. **A full bucket keeps what it has.** In new, a newcomer displaces only a peer that failed since it last worked or
//!    that nobody has named for [`STALE_MS`]; in tried, only one that failed since it last worked, which goes back to
//!    new. What finds no place is not kept; a peer that worked but finds no place in tried stays in new.
//! 4. **The key is secret**, so nobody can choose addresses that collide with those of a certain peer.
//! 5. **A pick** is from tried or new with even odds, then any bucket that has somebody to dial, then any peer in it: a
//!    source that fills its sixteenth is picked from new less often than one in four while honest peers lie in 48 other
//!    buckets or more, and less often than one in eight in all while tried is not empty.
//! 6. **After a failure a peer rests** for [`FIRST_WAIT_MS`], doubled with each further one up to [`LONGEST_WAIT_MS`],
//!    each rest between ¾ and 1¼ of that.
//! 7. **A failure is a strike if some other dial worked since the peer's last strike**: an outage of this node's own line
//!    empties nothing. After [`NEW_STRIKES`] strikes a new peer is forgotten; after [`TRIED_STRIKES`] a tried one goes
//!    back to new, rested.
//! 8. **Hearsay spreads outwards only**: who is in the public internet can name no private address, and nobody on
//!    another machine one of this machine; and so in answers ([`AddressBook::sample`]), which name nothing but addresses
//!    that worked within [`FRESH_MS`].
//! 9. **Bounds**: the tables; [`MAX_ADDRESSES`] addresses and [`MAX_PEER_BYTES`] bytes of them a peer. Of a peer whose
//!    addresses are full, the source that told most makes room for one that told less; what worked stays.
//!
//! Only addresses that begin with an IP address are kept; names belong to the seeds. Addresses are kept and handed out
//! without the peer's own id at their end. Times are unix milliseconds, so that they can be saved.

mod buckets;
mod entry;
mod saved;
mod scope;
mod timed;

use std::collections::BTreeMap;

use libp2p::{Multiaddr, PeerId, multiaddr::Protocol};

use self::{
    buckets::{Buckets, Key},
    entry::Entry,
};
use super::super::subnet::Subnet;

pub use saved::{BookError, MAX_BOOK_BYTES};
pub use scope::Scope;
pub use timed::TimedBook;

/// Buckets for peers that were heard of.
pub const NEW_BUCKETS: u16 = 256;
/// Buckets for peers that worked.
pub const TRIED_BUCKETS: u16 = 64;
/// Peers in a bucket.
pub const BUCKET_PEERS: usize = 4;
/// New buckets that one source reaches.
pub const BUCKETS_PER_SOURCE: u16 = 16;
/// Tried buckets that one subnet reaches.
pub const BUCKETS_PER_SUBNET: u16 = 2;
/// Peers in both tables at once: 1,024 new and 256 tried.
pub const MAX_PEERS: usize = 1280;
/// Addresses kept of one peer: each transport over IPv4 and IPv6.
pub const MAX_ADDRESSES: usize = 8;
/// Bytes of all addresses of one peer in binary form; eight of the longest that honest peers have take about 480.
pub const MAX_PEER_BYTES: usize = 512;
/// Strikes after which a new peer is forgotten.
pub const NEW_STRIKES: u32 = 5;
/// Strikes after which a tried peer goes back to new.
pub const TRIED_STRIKES: u32 = 10;
/// Rest after a first failure.
pub const FIRST_WAIT_MS: u64 = 15_000;
/// Longest rest, before it is spread.
pub const LONGEST_WAIT_MS: u64 = 3_600_000;
/// A new peer that nobody has named for so long, 30 days, makes room.
pub const STALE_MS: u64 = 30 * 86_400_000;
/// What worked within so long, a day, may be told to others.
pub const FRESH_MS: u64 = 86_400_000;
/// Peers in one answer to peer exchange.
pub const MAX_SAMPLE: usize = 32;
/// The same asker hears of the same peers for so long, so that asking again and again does not read the book out.
const SAMPLE_TURN_MS: u64 = 3_600_000;

/// The book.
#[derive(Debug)]
pub struct AddressBook {
    key: Key,
    peers: BTreeMap<PeerId, Entry>,
    new: Buckets,
    tried: Buckets,
    /// When any dial last worked.
    worked_ms: u64,
    draws: u64,
}

impl AddressBook {
    /// An empty book. The secret must be random, kept with the saved book, and known to nobody else.
    pub fn new(secret: [u8; 32]) -> Self {
        Self {
            key: Key::new(secret),
            peers: BTreeMap::new(),
            new: Buckets::default(),
            tried: Buckets::default(),
            worked_ms: 0,
            draws: 0,
        }
    }

    /// Enters an address of a peer that somebody in `source` told; `None` is this machine: its operator, its seeds, its
    /// other nodes. Whether the book knows the address now.
    pub fn learn(&mut self, peer: PeerId, address: &Multiaddr, source: Option<Subnet>, now_ms: u64) -> bool {
        let Some(address) = bare(address, &peer) else { return false };
        if Scope::of(&address).is_none_or(|scope| scope < Scope::of_subnet(source)) {
            return false;
        }
        if let Some(entry) = self.peers.get_mut(&peer) {
            entry.heard_ms = now_ms;
            return entry.hear(address, source);
        }
        self.enter(peer, Entry::new(address, source, now_ms), now_ms)
    }

    /// Enters that a dial reached a peer. To be called again now and then for as long as the connection stands, for
    /// [`FRESH_MS`] counts from the last call.
    pub fn worked(&mut self, peer: PeerId, address: &Multiaddr, now_ms: u64) {
        self.worked_ms = now_ms;
        let known = self.peers.get_mut(&peer);
        let Some(address) = bare(address, &peer).filter(|address| Scope::of(address).is_some()) else {
            if let Some(entry) = known {
                entry.rehabilitate();
            }
            return;
        };
        let mut entry = match known {
            Some(entry) if entry.tried => return entry.reached(address, now_ms),
            Some(entry) => entry.clone(),
            None => Entry::new(address.clone(), Subnet::of(&address), now_ms),
        };
        entry.reached(address.clone(), now_ms);
        let bucket = self.key.tried_bucket(&peer, &address);
        if !self.tried.has_room(bucket) {
            let Some(failed) = self.worst(self.tried.get(bucket), |_| false) else {
                if let Some(known) = self.peers.get_mut(&peer) {
                    *known = entry;
                } else {
                    self.enter(peer, entry, now_ms);
                }
                return;
            };
            // First, so that the one that goes back finds the place that this one leaves.
            self.remove(&peer);
            self.demote(&failed, now_ms);
        }
        self.remove(&peer);
        entry.promote(&address);
        entry.bucket = bucket;
        self.tried.insert(bucket, peer);
        self.peers.insert(peer, entry);
    }

    /// Enters that a dial did not reach a peer.
    pub fn failed(&mut self, peer: &PeerId, now_ms: u64) {
        let Some(entry) = self.peers.get_mut(peer) else { return };
        entry.failures = entry.failures.saturating_add(1);
        entry.retry_ms = now_ms.saturating_add(self.key.wait(peer, entry.failures));
        if self.worked_ms > entry.struck_ms {
            entry.strikes = entry.strikes.saturating_add(1);
            entry.struck_ms = now_ms;
        }
        let (tried, strikes) = (entry.tried, entry.strikes);
        if tried && strikes >= TRIED_STRIKES {
            self.demote(peer, now_ms);
        } else if !tried && strikes >= NEW_STRIKES {
            self.remove(peer);
        }
    }

    /// A peer to dial, with its addresses, those that worked last first: one that is not resting and that `avoid` does
    /// not name.
    pub fn pick(
        &mut self,
        now_ms: u64,
        avoid: &dyn Fn(&PeerId, &[Multiaddr]) -> bool,
    ) -> Option<(PeerId, Vec<Multiaddr>)> {
        self.draws = self.draws.wrapping_add(1);
        let [first, second, third] = self.key.draws(self.draws, now_ms);
        let tables = if first & 1 == 0 { [&self.tried, &self.new] } else { [&self.new, &self.tried] };
        tables.into_iter().find_map(|table| {
            let ready: Vec<Vec<(PeerId, Vec<Multiaddr>)>> = table
                .iter()
                .map(|bucket| bucket.iter().filter_map(|peer| self.ready(peer, now_ms, avoid)).collect())
                .filter(|bucket: &Vec<_>| !bucket.is_empty())
                .collect();
            choose(choose(&ready, second)?, third).cloned()
        })
    }

    /// Peers to tell somebody in `asker` of (`None`: on this machine): at most `n` and at most [`MAX_SAMPLE`] that
    /// worked within [`FRESH_MS`], with those of their addresses that did and that reach as far as the asker is.
    pub fn sample(&self, n: usize, asker: Option<Subnet>, now_ms: u64) -> Vec<(PeerId, Vec<Multiaddr>)> {
        let scope = Scope::of_subnet(asker);
        let turn = now_ms.checked_div(SAMPLE_TURN_MS).unwrap_or_default();
        let mut fresh: Vec<(u64, PeerId, Vec<Multiaddr>)> = self
            .peers
            .iter()
            .map(|(peer, entry)| (self.key.turn(peer, turn), *peer, entry.fresh(scope, now_ms)))
            .filter(|(_, _, addresses)| !addresses.is_empty())
            .collect();
        fresh.sort_unstable_by_key(|(order, peer, _)| (*order, *peer));
        fresh.into_iter().take(n.min(MAX_SAMPLE)).map(|(_, peer, addresses)| (peer, addresses)).collect()
    }

    /// Forgets a peer.
    pub fn remove(&mut self, peer: &PeerId) {
        if let Some(entry) = self.peers.remove(peer) {
            let table = if entry.tried { &mut self.tried } else { &mut self.new };
            table.remove(entry.bucket, peer);
        }
    }

    /// Peers in both tables.
    pub fn len(&self) -> usize {
        self.peers.len()
    }

    /// Whether nobody is known.
    pub fn is_empty(&self) -> bool {
        self.peers.is_empty()
    }

    /// Puts a peer that is in no table into new, if there is room or can be made.
    fn enter(&mut self, peer: PeerId, mut entry: Entry, now_ms: u64) -> bool {
        let Some(first) = entry.known.first() else { return false };
        let bucket = self.key.new_bucket(&peer, &first.address, first.source);
        if !self.new.has_room(bucket) {
            let stale = |other: &Entry| now_ms.saturating_sub(other.heard_ms) > STALE_MS;
            let Some(worst) = self.worst(self.new.get(bucket), stale) else { return false };
            self.remove(&worst);
        }
        entry.tried = false;
        entry.bucket = bucket;
        self.new.insert(bucket, peer);
        self.peers.insert(peer, entry);
        true
    }

    /// Takes a peer out of tried; it stays known if new has room for it.
    fn demote(&mut self, peer: &PeerId, now_ms: u64) {
        let Some(mut entry) = self.peers.get(peer).cloned() else { return };
        self.remove(peer);
        entry.strikes = 0;
        self.enter(*peer, entry, now_ms);
    }

    /// Who makes room for another: the one that failed most often since it worked, else one that is `old`.
    fn worst(&self, bucket: &[PeerId], old: impl Fn(&Entry) -> bool) -> Option<PeerId> {
        let known = bucket.iter().filter_map(|peer| self.peers.get(peer).map(|entry| (peer, entry)));
        known
            .filter(|(_, entry)| entry.failures > 0 || old(entry))
            .max_by_key(|(_, entry)| entry.failures)
            .map(|(peer, _)| *peer)
    }

    fn ready(
        &self,
        peer: &PeerId,
        now_ms: u64,
        avoid: &dyn Fn(&PeerId, &[Multiaddr]) -> bool,
    ) -> Option<(PeerId, Vec<Multiaddr>)> {
        let entry = self.peers.get(peer).filter(|entry| entry.rested(now_ms))?;
        let addresses = entry.addresses();
        (!avoid(peer, &addresses)).then_some((*peer, addresses))
    }
}

/// An address without the peer's own id at its end; `None` if it names another peer or is too long.
fn bare(address: &Multiaddr, peer: &PeerId) -> Option<Multiaddr> {
    let mut address = address.clone();
    if address.iter().last() == Some(Protocol::P2p(*peer)) {
        address.pop();
    }
    let named = matches!(address.iter().last(), Some(Protocol::P2p(_)));
    (!named && address.len() <= emotionalchain_shared::wire::MAX_ADDRESS).then_some(address)
}

/// The item that a draw falls on.
fn choose<T>(items: &[T], draw: u64) -> Option<&T> {
    let place = draw.checked_rem(u64::try_from(items.len()).ok()?)?;
    items.get(usize::try_from(place).ok()?)
}

#[cfg(test)]
mod tests;
