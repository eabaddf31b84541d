//! Eclipse: surrounding a node with one party's peers.
//!
//! - **What, first:** addresses not known before that a peer announces unasked (identify, peer exchange, signed
//!   records). Answers to own questions are no announcements.
//! - **From where on:** beyond [`ADDRESSES`] a minute they are dropped and the source is charged, once a minute.
//! - **Honest load:** a node has at most eight addresses, and a peer exchange holds up to 32. What a peer whose line
//!   flaps says at each return is known.
//! - **What, second:** the subnets of the connected peers.
//! - **From where on:** with [`FEW`] peers or more in one direction, the subnet that holds more than a third of those
//!   dialled, or more than half of those who dialled in or of all, is named, at most once a minute: some of its peers
//!   should be replaced by others *where others are known*. Nobody is charged, since neighbours may be honest.
//! - **Honest load:** dials go to different subnets. A network that lies within one subnet gets the advice and has
//!   nobody to replace them with.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use libp2p::PeerId;

use super::{
    super::{
        gate::Link,
        recent::Recent,
        token_bucket::{Rate, TokenBucket},
    },
    MAX_PEERS,
};
use crate::network::{conduct::Conduct, peers::Direction, subnet::Subnet};

/// Addresses a minute that a source may announce.
pub const ADDRESSES: u32 = 64;
/// Below so many peers a share says nothing.
pub const FEW: usize = 4;
const RATE: Rate = Rate::per_minute(64, 64);
const MINUTE: Duration = Duration::from_mins(1);
/// Subnets named lately.
const MAX_NAMED: usize = 256;

/// What to do with announced addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Announced {
    /// Use them.
    Taken,
    /// Drop them; the deed if it is to be charged.
    Dropped(Option<Conduct>),
}

#[derive(Debug)]
struct Source {
    bucket: TokenBucket,
    charged: Option<Instant>,
}

/// The detector.
#[derive(Debug, Default)]
pub struct Eclipse {
    sources: Recent<PeerId, Source, MAX_PEERS>,
    named: Recent<Subnet, Option<Instant>, MAX_NAMED>,
}

impl Eclipse {
    /// A peer announced so many addresses at once.
    pub fn observe(&mut self, source: PeerId, addresses: u32, now: Instant) -> Announced {
        let source = self
            .sources
            .touch(source, now, || Source { bucket: TokenBucket::full(RATE, now), charged: None });
        if source.bucket.try_take(u64::from(addresses), now) {
            return Announced::Taken;
        }
        let again = source.charged.is_none_or(|at| now.saturating_duration_since(at) >= MINUTE);
        if again {
            source.charged = Some(now);
        }
        Announced::Dropped(again.then_some(Conduct::RoutingFlood))
    }

    /// Looks at who is connected; the subnets that hold too many of them, in order.
    pub fn captured<'a>(&mut self, links: impl Iterator<Item = &'a Link>, now: Instant) -> Vec<Subnet> {
        // A peer with several connections is one peer.
        let peers: BTreeMap<PeerId, (Option<Subnet>, bool)> =
            links.map(|link| (link.peer, (link.subnet, link.direction == Direction::Outbound))).collect();
        let of = |outbound: bool| {
            peers.values().filter(move |(_, other)| *other == outbound).map(|(subnet, _)| *subnet)
        };
        let all = peers.values().map(|(subnet, _)| *subnet);
        let mut found = share(of(true), 3);
        found.extend(share(of(false), 2));
        found.extend(share(all, 2));
        found.retain(|subnet| {
            let named = self.named.touch(*subnet, now, || None);
            let again = named.is_none_or(|at| now.saturating_duration_since(at) >= MINUTE);
            if again {
                *named = Some(now);
            }
            again
        });
        found.into_iter().collect()
    }
}

/// The subnets that hold more than one `part`th of the peers, when they are not few.
fn share(peers: impl Iterator<Item = Option<Subnet>>, part: usize) -> BTreeSet<Subnet> {
    let (mut counts, mut all) = (BTreeMap::<Subnet, usize>::new(), 0_usize);
    for subnet in peers {
        all = all.saturating_add(1);
        if let Some(subnet) = subnet {
            let count = counts.entry(subnet).or_default();
            *count = count.saturating_add(1);
        }
    }
    let many = |count: usize| all >= FEW && count > 1 && count.saturating_mul(part) > all;
    counts.into_iter().filter(|(_, count)| many(*count)).map(|(subnet, _)| subnet).collect()
}

#[cfg(test)]
mod tests {
    use super::{super::peer, *};
    use crate::network::network_security::gate::{Gate, GateConfig};
    use libp2p::swarm::ConnectionId;
    use std::net::IpAddr;

    fn gate(addresses: &[(Direction, [u8; 4])]) -> Gate {
        let mut gate = Gate::new(GateConfig::default());
        for (number, (direction, ip)) in addresses.iter().enumerate() {
            let id = ConnectionId::new_unchecked(number);
            let peer = peer(u64::try_from(number).unwrap());
            gate.established(id, Some(IpAddr::from(*ip)), peer, *direction).unwrap();
        }
        gate
    }

    #[test]
    fn a_flood_of_addresses_is_dropped_and_charged_once_a_minute() {
        let (mut eclipse, now) = (Eclipse::default(), Instant::now());
        let flood = Announced::Dropped(Some(Conduct::RoutingFlood));
        assert_eq!(eclipse.observe(peer(1), 32, now), Announced::Taken);
        assert_eq!(eclipse.observe(peer(1), 32, now), Announced::Taken);
        assert_eq!(eclipse.observe(peer(1), 1, now), flood);
        assert_eq!(eclipse.observe(peer(1), 1, now), Announced::Dropped(None));
        assert_eq!(eclipse.observe(peer(2), 65, now), flood, "all at once");
        assert_eq!(eclipse.observe(peer(1), 1000, now + MINUTE), flood);
        assert_eq!(eclipse.observe(peer(1), 64, now + MINUTE), Announced::Taken);
    }

    #[test]
    fn a_subnet_that_holds_too_many_is_named_once_a_minute() {
        use Direction::{Inbound, Outbound};
        for direction in [Inbound, Outbound] {
            let captured = gate(&[
                (direction, [6, 6, 6, 1]),
                (direction, [6, 6, 6, 2]),
                (direction, [6, 6, 6, 3]),
                (direction, [7, 7, 7, 1]),
            ]);
            let (mut eclipse, now) = (Eclipse::default(), Instant::now());
            assert_eq!(eclipse.captured(captured.links(), now), [Subnet::V4([6, 6, 6])]);
            assert_eq!(eclipse.captured(captured.links(), now), []);
            assert_eq!(eclipse.captured(captured.links(), now + MINUTE), [Subnet::V4([6, 6, 6])]);
        }
    }

    #[test]
    fn different_subnets_and_few_peers_are_honest() {
        use Direction::{Inbound, Outbound};
        let now = Instant::now();
        let mut spread: Vec<_> = (0..8).map(|b| (Outbound, [9, b, 1, 1])).collect();
        spread.extend([(Inbound, [9, 0, 1, 2]), (Inbound, [9, 1, 1, 2]), (Inbound, [8, 1, 1, 2])]);
        assert_eq!(Eclipse::default().captured(gate(&spread).links(), now), []);
        let few = [(Outbound, [9, 9, 9, 1]), (Outbound, [9, 9, 9, 2]), (Outbound, [9, 9, 9, 3])];
        assert_eq!(Eclipse::default().captured(gate(&few).links(), now), []);
        let here = [(Inbound, [127, 0, 0, 1]); 8];
        assert_eq!(Eclipse::default().captured(gate(&here).links(), now), [], "this machine is no subnet");
    }
}
