//! The connected peers as the manager sees them.

use std::{
    net::IpAddr,
    time::{Duration, Instant},
};

use libp2p::{Multiaddr, PeerId};

use super::{
    super::{
        peers::Direction,
        subnet::{Subnet, peer_ip},
    },
    clock::later,
    events::Farewell,
    policy::Policy,
    quality::Measures,
};

/// A connection that ends sooner is a failed dial.
pub const LASTING: Duration = Duration::from_secs(5);
/// How long the end of a connection may take before it is ordered again.
pub const REMIND: Duration = Duration::from_secs(10);

/// A connected peer.
#[derive(Debug)]
pub struct Link {
    /// Who opened its first connection.
    pub direction: Direction,
    /// The peer's end of that.
    pub address: Multiaddr,
    /// Since when.
    pub since: Instant,
    /// Since when it takes a slot; `None` until it has shown that it is a full peer.
    pub full_since: Option<Instant>,
    /// Whose slot it was dialled for.
    pub replaces: Option<PeerId>,
    /// Since when, and why, it is being let go.
    pub leaving: Option<(Instant, Farewell)>,
    /// What was measured.
    pub measures: Measures,
}

impl Link {
    /// A connection that has just opened.
    pub const fn new(direction: Direction, address: Multiaddr, now: Instant) -> Self {
        Self {
            direction,
            address,
            since: now,
            full_since: None,
            replaces: None,
            leaving: None,
            measures: Measures::new(now),
        }
    }

    /// Whether it takes a slot.
    pub const fn is_full(&self) -> bool {
        self.full_since.is_some() && self.leaving.is_none()
    }

    /// Whether it takes a slot that it may keep for now although all are taken.
    pub fn is_graced(&self, policy: &Policy, now: Instant) -> bool {
        self.is_full() && self.grace_end(policy).is_some_and(|end| end > now)
    }

    /// The end of its grace.
    pub fn grace_end(&self, policy: &Policy) -> Option<Instant> {
        self.full_since.map(|since| later(since, policy.grace))
    }

    /// Whether this node dialled it and it has yet to say who it is.
    pub fn is_pending(&self, policy: &Policy, now: Instant) -> bool {
        self.pending_end(policy).is_some_and(|end| end > now)
    }

    /// Until when its word is awaited.
    pub fn pending_end(&self, policy: &Policy) -> Option<Instant> {
        let awaited =
            self.direction == Direction::Outbound && self.full_since.is_none() && self.leaving.is_none();
        awaited.then(|| later(self.since, policy.dial_patience))
    }

    /// The address that it connected from or was reached at.
    pub fn ip(&self) -> Option<IpAddr> {
        peer_ip(&self.address)
    }

    /// Where that is.
    pub fn subnet(&self) -> Option<Subnet> {
        Subnet::of(&self.address)
    }
}
