//! How many peers there are, how many are on their way, and how many more are wanted.

use std::time::Instant;

use libp2p::PeerId;

use super::{
    super::{peers::Direction, subnet::Subnet},
    PeerManager,
    dials::Purpose,
    events::TargetId,
    links::Link,
    slots::Seat,
};

impl PeerManager {
    /// Full peers, with newcomers or without.
    pub(super) fn seats(&self, newcomers: bool) -> Vec<Seat> {
        let full = self.links.iter().filter(|(_, link)| newcomers || !link.is_graced(&self.policy, self.now));
        let seat = |(peer, link): (&PeerId, &Link)| {
            let since = link.full_since.filter(|_| link.is_full())?;
            let quality = link.measures.quality(true, self.reputation(peer), self.now);
            let (direction, subnet) = (link.direction, link.subnet());
            Some(Seat {
                peer: *peer,
                direction,
                subnet,
                since,
                quality,
                persistent: self.persistent.has(peer),
            })
        };
        full.filter_map(seat).collect()
    }

    /// Subnets of the peers that this node has dialled or is dialling.
    pub(super) fn taken_subnets(&self) -> Vec<Subnet> {
        let links = self.links.values().filter(|link| link.direction == Direction::Outbound);
        let flights = self.dials.iter().flat_map(|(_, flight)| flight.subnets.iter().copied());
        links.filter_map(Link::subnet).chain(flights).collect()
    }

    /// Since when a peer may be dialled: a time that has come if nothing bars it, `None` if it is banned for ever.
    pub(super) fn barred_until(&self, peer: Option<PeerId>) -> Option<Instant> {
        let Some(peer) = peer else { return Some(self.now) };
        let refused = self.refused.end(&peer, self.now).unwrap_or(self.now);
        let banned = match self.bans.of(&peer, self.clock.unix_ms(self.now)) {
            Some(until_ms) => self.clock.instant(until_ms)?,
            None => self.now,
        };
        Some(refused.max(banned))
    }

    pub(super) fn is_idle(&self, id: TargetId) -> bool {
        let peer = self.persistent.get(id).and_then(|target| target.peer);
        let dialled = self.dials.iter().any(|(flight, _)| flight == id);
        !dialled && !peer.is_some_and(|peer| self.links.contains_key(&peer))
    }

    pub(super) fn few(&self) -> bool {
        self.full_peers() < self.policy.low
    }

    /// Peers on their way to a slot of their own. An address of the configuration that has failed is no hope.
    pub(super) fn on_the_way(&self) -> usize {
        let hope = self.dials.iter().filter(|(id, flight)| match flight.purpose {
            Purpose::Persistent => self.persistent.get(*id).is_some_and(|target| target.failures == 0),
            Purpose::Slot => true,
            Purpose::Replace(_) => false,
        });
        let pending = self.links.values().filter(|link| link.replaces.is_none());
        hope.count().saturating_add(pending.filter(|link| link.is_pending(&self.policy, self.now)).count())
    }

    pub(super) fn wants_persistent(&self) -> bool {
        self.full_peers().saturating_add(self.on_the_way()) < self.policy.high
    }

    /// Candidates to dial so that `low` peers are there.
    pub(super) fn missing(&self) -> usize {
        self.policy.low.saturating_sub(self.full_peers()).saturating_sub(self.on_the_way())
    }

    /// Candidates to dial so that enough subnets are there.
    pub(super) fn missing_outbound(&self) -> usize {
        self.policy.min_outbound.saturating_sub(self.outbound_subnets()).saturating_sub(self.on_the_way())
    }

    pub(super) fn wants_spare(&self) -> bool {
        self.missing_outbound() > 0 || !self.unserved().is_empty()
    }

    /// Those to be replaced for whom nobody is on the way.
    pub(super) fn unserved(&self) -> Vec<PeerId> {
        let coming = |victim: &PeerId| {
            let dialled = self.dials.iter().any(|(_, flight)| flight.purpose == Purpose::Replace(*victim));
            let pending =
                |link: &Link| link.replaces == Some(*victim) && link.is_pending(&self.policy, self.now);
            dialled || self.links.values().any(pending)
        };
        self.replacing.keys().filter(|victim| !coming(victim)).copied().collect()
    }
}
