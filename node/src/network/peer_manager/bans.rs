//! Who is kept out, and for how long.
//!
//! - The first ban lasts [`FIRST`], each further one twice as long as the last, at most [`LONGEST`]. A ban is remembered
//!   for [`MEMORY`] after its end; whoever behaves for so long begins anew.
//! - **Several identities, one address:** while [`SHARED`] peers that used one IPv4 address or one IPv6 /64 are banned,
//!   nobody is let in from there. This machine's own addresses are never banned: on devnets everybody has them.
//! - At most [`MAX_BANS`] are known, at most [`MAX_PER_PLACE`] of one address; past either bound the one that ends first
//!   goes. So whoever makes identities at one address pushes out only his own.
//! - Times are Unix milliseconds and passed in. [`Bans::encode`] and [`Bans::decode`] keep bans across restarts, in a
//!   versioned text that is bounded before it is read.

mod saved;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

use libp2p::PeerId;
use serde::{Deserialize, Serialize};

use super::{super::subnet::Subnet, clock::millis};

pub use saved::{BansError, MAX_SAVED_BYTES};

/// Bans known at once, ended ones that are remembered among them.
pub const MAX_BANS: usize = 4096;
/// Bans known of one address.
pub const MAX_PER_PLACE: usize = 16;
/// Banned peers of one address at which the address itself is banned.
pub const SHARED: usize = 4;
/// The first ban.
pub const FIRST: Duration = Duration::from_hours(1);
/// The longest ban that a reputation earns; an operator's may be longer.
pub const LONGEST: Duration = Duration::from_hours(7 * 24);
/// How long a ban is remembered after its end.
pub const MEMORY: Duration = Duration::from_hours(30 * 24);

/// A ban.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ban {
    /// The peer.
    #[serde(with = "saved::text")]
    pub peer: PeerId,
    /// Its end, in Unix milliseconds.
    pub until_ms: u64,
    /// How often its reputation has got the peer banned; 0 when only the operator has.
    pub times: u32,
    /// Where the peer connected from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip: Option<IpAddr>,
}

/// What one holder of addresses surely has: an IPv4 address, or an IPv6 /64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    One(Ipv4Addr),
    Block(Subnet),
}

impl Place {
    fn of(ip: IpAddr) -> Option<Self> {
        let subnet = Subnet::of_ip(ip)?;
        Some(match ip.to_canonical() {
            IpAddr::V4(ip) => Self::One(ip),
            IpAddr::V6(_) => Self::Block(subnet),
        })
    }
}

/// All bans.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bans {
    bans: BTreeMap<PeerId, Ban>,
    places: BTreeMap<Place, BTreeSet<PeerId>>,
}

impl Bans {
    /// The end of a peer's ban, in Unix milliseconds, if it is banned.
    pub fn of(&self, peer: &PeerId, now_ms: u64) -> Option<u64> {
        self.bans.get(peer).map(|ban| ban.until_ms).filter(|until| *until > now_ms)
    }

    /// The end of an address's ban, in Unix milliseconds, if it is banned.
    pub fn of_ip(&self, ip: IpAddr, now_ms: u64) -> Option<u64> {
        let peers = self.places.get(&Place::of(ip)?)?;
        let mut ends: Vec<u64> = peers.iter().filter_map(|peer| self.of(peer, now_ms)).collect();
        ends.sort_unstable_by(|a, b| b.cmp(a));
        // When this one ends, too few are left.
        ends.get(SHARED.saturating_sub(1)).copied()
    }

    /// The bans in force, in the order of the peers' ids.
    pub fn list(&self, now_ms: u64) -> Vec<Ban> {
        self.bans.values().filter(|ban| ban.until_ms > now_ms).cloned().collect()
    }

    /// Bans a peer for its reputation; answers with the end, in Unix milliseconds. `ip` is where it connected from.
    pub fn sentence(&mut self, peer: PeerId, ip: Option<IpAddr>, now_ms: u64) -> u64 {
        self.expire(now_ms);
        let old = self.bans.get(&peer);
        let times = old.map_or(0, |ban| ban.times);
        let doubled = FIRST.saturating_mul(1_u32.checked_shl(times.min(16)).unwrap_or(u32::MAX));
        let end = now_ms.saturating_add(millis(doubled.min(LONGEST)));
        let until_ms = end.max(old.map_or(0, |ban| ban.until_ms));
        let ip = ip.or(old.and_then(|ban| ban.ip));
        self.insert(Ban { peer, until_ms, times: times.saturating_add(1), ip });
        until_ms
    }

    /// Bans a peer at the operator's wish, which does not lengthen later bans; answers with the end, in Unix
    /// milliseconds.
    pub fn order(&mut self, peer: PeerId, duration: Duration, now_ms: u64) -> u64 {
        self.expire(now_ms);
        let until_ms = now_ms.saturating_add(millis(duration));
        let old = self.bans.get(&peer);
        let (times, ip) = old.map_or((0, None), |ban| (ban.times, ban.ip));
        self.insert(Ban { peer, until_ms, times, ip });
        until_ms
    }

    /// Lifts a peer's ban and forgets its earlier ones; whether it was banned.
    pub fn lift(&mut self, peer: &PeerId, now_ms: u64) -> bool {
        let banned = self.of(peer, now_ms).is_some();
        self.remove(peer);
        banned
    }

    fn insert(&mut self, mut ban: Ban) {
        self.remove(&ban.peer);
        ban.ip = ban.ip.map(|ip| ip.to_canonical());
        let place = ban.ip.and_then(Place::of);
        if let Some(peers) =
            place.and_then(|place| self.places.get(&place)).filter(|p| p.len() >= MAX_PER_PLACE)
        {
            let first = self.first_to_end(peers.iter());
            first.inspect(|peer| self.remove(peer));
        }
        if self.bans.len() >= MAX_BANS {
            let first = self.first_to_end(self.bans.keys());
            first.inspect(|peer| self.remove(peer));
        }
        if let Some(place) = place {
            self.places.entry(place).or_default().insert(ban.peer);
        }
        self.bans.insert(ban.peer, ban);
    }

    fn first_to_end<'a>(&'a self, peers: impl Iterator<Item = &'a PeerId>) -> Option<PeerId> {
        peers.filter_map(|peer| self.bans.get(peer)).min_by_key(|ban| ban.until_ms).map(|ban| ban.peer)
    }

    fn remove(&mut self, peer: &PeerId) {
        let Some(ban) = self.bans.remove(peer) else { return };
        let Some(place) = ban.ip.and_then(Place::of) else { return };
        if let Some(peers) = self.places.get_mut(&place) {
            peers.remove(peer);
            if peers.is_empty() {
                self.places.remove(&place);
            }
        }
    }

    fn expire(&mut self, now_ms: u64) {
        let forgotten = |ban: &&Ban| ban.until_ms.saturating_add(millis(MEMORY)) <= now_ms;
        let past: Vec<PeerId> = self.bans.values().filter(forgotten).map(|ban| ban.peer).collect();
        for peer in &past {
            self.remove(peer);
        }
    }
}

#[cfg(test)]
mod tests;
