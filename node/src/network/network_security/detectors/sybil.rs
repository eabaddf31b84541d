//! Sybil floods of the routing table.
//!
//! - **What:** peer ids that are new to the routing table, from whichever source.
//! - **From where on, first:** beyond `ids_per_hour` new ids from one subnet within an hour, further ones are dropped.
//! - **From where on, second:** ids that crowd around our own. Of `n` random ids, `n / 2^c` share `c` leading bits with
//!   ours (of the SHA-256 that Kademlia uses). Two bits beyond log2(n) fewer than one in four is expected; [`CROWD`]
//!   happen by chance once in three million. From then on a close id is dropped, unless it is the first close one of
//!   its subnet: whoever grinds ids does not own as many subnets, and an honest neighbour still gets in.
//! - **Nobody is charged:** honest peers pass on in their answers what attackers have told them.
//! - **Honest load:** ids are random and last; 32 new ones an hour from one /24 is a whole university joining at once,
//!   and the rest of it joins in the next.
//! - **Bounds:** [`MAX_IDS`] ids and [`MAX_SUBNETS`] subnets; the one not seen the longest is forgotten.

use std::time::Instant;

use libp2p::PeerId;
use sha2::{Digest, Sha256};

use super::super::{
    recent::Recent,
    token_bucket::{Rate, TokenBucket},
};
use crate::network::subnet::Subnet;

/// Ids remembered.
pub const MAX_IDS: usize = 4096;
/// Subnets whose newcomers are counted.
pub const MAX_SUBNETS: usize = 4096;
/// Close ids that are too many.
pub const CROWD: usize = 6;
/// How far beyond the expected bits "close" begins.
const MARGIN: u32 = 2;

#[derive(Debug)]
struct Known {
    shared: u32,
    subnet: Option<Subnet>,
}

/// Why an id is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crowding {
    /// Too many new ids from its subnet.
    Subnet(Subnet),
    /// Too many ids this close to our own.
    OwnId,
}

/// The detector.
#[derive(Debug)]
pub struct Sybil {
    own: [u8; 32],
    rate: Rate,
    ids: Recent<PeerId, Known, MAX_IDS>,
    subnets: Recent<Subnet, TokenBucket, MAX_SUBNETS>,
}

impl Sybil {
    /// Having seen nothing.
    pub fn new(own: PeerId, ids_per_hour: u32) -> Self {
        let ids = u64::from(ids_per_hour);
        Self {
            own: key(&own),
            rate: Rate::per_hour(ids, ids),
            ids: Recent::default(),
            subnets: Recent::default(),
        }
    }

    /// An id is about to enter the routing table.
    pub fn observe(&mut self, peer: PeerId, subnet: Option<Subnet>, now: Instant) -> Option<Crowding> {
        if self.ids.refresh(&peer, now) {
            return None;
        }
        let shared = shared_bits(&self.own, &key(&peer));
        if self.is_crowded(shared, subnet) {
            return Some(Crowding::OwnId);
        }
        if let Some(subnet) = subnet {
            let rate = self.rate;
            let bucket = self.subnets.touch(subnet, now, || TokenBucket::full(rate, now));
            if !bucket.try_take(1, now) {
                return Some(Crowding::Subnet(subnet));
            }
        }
        self.ids.touch(peer, now, || Known { shared, subnet });
        None
    }

    fn is_crowded(&self, shared: u32, subnet: Option<Subnet>) -> bool {
        let expected = self.ids.len().max(1).next_power_of_two().trailing_zeros();
        let close = expected.saturating_add(MARGIN);
        if shared < close {
            return false;
        }
        let there = || self.ids.iter().map(|(_, known)| known).filter(|known| known.shared >= close);
        let neighbour = subnet.is_none() || there().any(|known| known.subnet == subnet);
        neighbour && there().count() >= CROWD.saturating_sub(1)
    }
}

/// The place of an id in the routing table.
fn key(peer: &PeerId) -> [u8; 32] {
    Sha256::digest(peer.to_bytes()).into()
}

/// Leading bits that two keys share, 0 to 256.
fn shared_bits(a: &[u8; 32], b: &[u8; 32]) -> u32 {
    let mut bits = 0_u32;
    for (a, b) in a.iter().zip(b) {
        let equal = (a ^ b).leading_zeros();
        bits = bits.saturating_add(equal);
        if equal < 8 {
            break;
        }
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::{super::peer, *};
    use std::time::Duration;

    fn subnet(number: u64) -> Subnet {
        let [.., a, b, c] = number.to_be_bytes();
        Subnet::V4([a, b, c])
    }

    /// Ids that share at least so many bits with that of peer 0.
    fn close(bits: u32) -> impl Iterator<Item = PeerId> {
        let own = key(&peer(0));
        (1_000_000..).map(peer).filter(move |id| shared_bits(&own, &key(id)) >= bits)
    }

    #[test]
    fn new_ids_of_a_subnet_are_limited_by_the_hour() {
        let (mut sybil, start) = (Sybil::new(peer(0), 32), Instant::now());
        let mut take = |from: u64, now| {
            (from..from + 500).filter(|id| sybil.observe(peer(*id), Some(subnet(1)), now).is_none()).count()
        };
        assert_eq!(take(1_000, start), 32);
        assert_eq!(take(1_000, start), 32, "those are known");
        assert_eq!(take(2_000, start + Duration::from_hours(1)), 32);
    }

    #[test]
    fn ids_ground_to_be_close_are_dropped() {
        let (mut sybil, now) = (Sybil::new(peer(0), 32), Instant::now());
        for id in 1..=64 {
            assert_eq!(sybil.observe(peer(id), Some(subnet(id)), now), None);
        }
        let mut ground = close(9);
        let dropped = ground.by_ref().take(30).filter(|id| {
            let verdict = sybil.observe(*id, Some(subnet(70_000)), now);
            verdict == Some(Crowding::OwnId)
        });
        assert!(dropped.count() >= 24);
        let honest = ground.next().unwrap();
        assert_eq!(sybil.observe(honest, Some(subnet(80_000)), now), None, "the first of its subnet");
    }

    #[test]
    fn random_ids_never_crowd() {
        let (mut sybil, now) = (Sybil::new(peer(0), 32), Instant::now());
        for id in 1..10_000 {
            assert_eq!(sybil.observe(peer(id), Some(subnet(id / 16)), now), None);
        }
        assert_eq!(sybil.ids.len(), MAX_IDS);
    }

    #[test]
    fn shared_bits_are_counted_from_the_front() {
        let zero = [0; 32];
        let with = |at: usize, byte: u8| {
            let mut key = zero;
            key[at] = byte;
            shared_bits(&zero, &key)
        };
        assert_eq!((with(0, 0x80), with(0, 1), with(1, 0x40), with(31, 1)), (0, 7, 9, 255));
        assert_eq!(shared_bits(&zero, &zero), 256);
    }
}
