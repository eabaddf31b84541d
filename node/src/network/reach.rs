//! Whether others can reach this node, and what it does where they cannot: a sans-IO core.
//!
//! - Peers dial this node back at the addresses under which it believes to be reachable (AutoNAT v2). One that is
//!   reached makes the node *public*; [`FAILURES`] tests without any that is make it *private*; before that nobody knows.
//! - A private node keeps reservations with up to [`RESERVATIONS`] relaying peers, so that others reach it through them;
//!   hole punching then gives most of them a direct connection. One that is lost is replaced by another peer's.
//! - A public node asks for none; what it reserved before stays until its relay is gone.
//!
//! At most [`MAX_RELAYS`] relaying peers are remembered, those that came first.

use std::collections::{BTreeMap, BTreeSet};

use libp2p::{Multiaddr, PeerId, multiaddr::Protocol};
use serde::Serialize;

/// Failed tests in a row after which a node counts as private: one may be a server's own trouble.
pub const FAILURES: u32 = 3;
/// Relays that a private node has at a time: one may fail.
pub const RESERVATIONS: usize = 2;
/// Relaying peers that are remembered.
pub const MAX_RELAYS: usize = 64;

/// What is known of this node's reachability.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Nat {
    /// Too little was tested.
    #[default]
    Unknown,
    /// Others reach it.
    Public,
    /// Others do not.
    Private,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReachEvent {
    /// A peer dialled this node back.
    Tested {
        /// Whether it came through.
        reached: bool,
    },
    /// A connected peer relays, and is itself reached at this address.
    Relays {
        /// The peer.
        peer: PeerId,
        /// Where, without the peer's id.
        address: Multiaddr,
    },
    /// A peer is no longer connected.
    Gone(PeerId),
    /// A reservation asked for has ended, or was refused.
    Lost(PeerId),
    /// A reservation asked for stands.
    Reserved(PeerId),
}

/// An order: listen through this relay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reserve {
    /// The relay.
    pub relay: PeerId,
    /// What to listen on.
    pub address: Multiaddr,
}

/// The judgement and the reservations.
#[derive(Debug, Default)]
pub struct Reach {
    nat: Nat,
    failures: u32,
    relays: BTreeMap<PeerId, Multiaddr>,
    asked: BTreeSet<PeerId>,
    reserved: BTreeSet<PeerId>,
}

impl Reach {
    /// Takes an event; answers with what to reserve.
    pub fn handle(&mut self, event: ReachEvent) -> Vec<Reserve> {
        match event {
            ReachEvent::Tested { reached: true } => {
                self.failures = 0;
                self.nat = Nat::Public;
            }
            ReachEvent::Tested { reached: false } => {
                self.failures = self.failures.saturating_add(1);
                if self.failures >= FAILURES {
                    self.nat = Nat::Private;
                }
            }
            ReachEvent::Relays { peer, address } => {
                if self.relays.len() < MAX_RELAYS || self.relays.contains_key(&peer) {
                    self.relays.insert(peer, address);
                }
            }
            ReachEvent::Gone(peer) | ReachEvent::Lost(peer) => {
                self.relays.remove(&peer);
                self.asked.remove(&peer);
                self.reserved.remove(&peer);
            }
            ReachEvent::Reserved(peer) => {
                self.reserved.insert(peer);
            }
        }
        self.reserve()
    }

    /// Whether others reach this node.
    pub const fn nat(&self) -> Nat {
        self.nat
    }

    /// The relays through which they do, in the order of their ids.
    pub fn reserved(&self) -> impl Iterator<Item = &PeerId> {
        self.reserved.iter()
    }

    fn reserve(&mut self) -> Vec<Reserve> {
        if self.nat != Nat::Private {
            return Vec::new();
        }
        let missing = RESERVATIONS.saturating_sub(self.asked.len());
        let free = self.relays.iter().filter(|(peer, _)| !self.asked.contains(peer)).take(missing);
        let orders: Vec<Reserve> = free
            .map(|(relay, address)| Reserve {
                relay: *relay,
                address: address.clone().with(Protocol::P2p(*relay)).with(Protocol::P2pCircuit),
            })
            .collect();
        self.asked.extend(orders.iter().map(|order| order.relay));
        orders
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relays(reach: &mut Reach, peer: PeerId) -> Vec<Reserve> {
        reach.handle(ReachEvent::Relays { peer, address: "/ip4/1.2.3.4/tcp/1".parse().unwrap() })
    }

    fn private() -> Reach {
        let mut reach = Reach::default();
        for _ in 0..FAILURES {
            assert_eq!(reach.handle(ReachEvent::Tested { reached: false }), []);
        }
        reach
    }

    #[test]
    fn one_failure_proves_nothing_and_one_success_does() {
        let mut reach = Reach::default();
        reach.handle(ReachEvent::Tested { reached: false });
        assert_eq!(reach.nat(), Nat::Unknown);
        reach.handle(ReachEvent::Tested { reached: true });
        assert_eq!(reach.nat(), Nat::Public);
        for _ in 1..FAILURES {
            reach.handle(ReachEvent::Tested { reached: false });
        }
        assert_eq!(reach.nat(), Nat::Public);
        reach.handle(ReachEvent::Tested { reached: false });
        assert_eq!(reach.nat(), Nat::Private);
    }

    #[test]
    fn a_private_node_reserves_with_two_relays_and_replaces_a_lost_one() {
        let mut reach = private();
        let peers = [(); 4].map(|()| PeerId::random());
        let orders: Vec<Reserve> = peers.iter().flat_map(|peer| relays(&mut reach, *peer)).collect();
        assert_eq!(orders.iter().map(|order| order.relay).collect::<Vec<_>>(), peers[..2]);
        assert!(orders[0].address.to_string().ends_with(&format!("/p2p/{}/p2p-circuit", peers[0])));
        assert_eq!(reach.handle(ReachEvent::Reserved(peers[0])), []);
        assert_eq!(reach.reserved().collect::<Vec<_>>(), [&peers[0]]);
        let next = reach.handle(ReachEvent::Lost(peers[0]));
        assert_eq!(next.len(), 1);
        assert!(peers[2..].contains(&next[0].relay));
        assert_eq!(reach.reserved().count(), 0);
    }

    #[test]
    fn a_public_node_reserves_nothing() {
        let mut reach = Reach::default();
        reach.handle(ReachEvent::Tested { reached: true });
        assert_eq!(relays(&mut reach, PeerId::random()), []);
    }

    #[test]
    fn relays_are_remembered_within_bounds() {
        let mut reach = Reach::default();
        for _ in 0..2 * MAX_RELAYS {
            relays(&mut reach, PeerId::random());
        }
        assert_eq!(reach.relays.len(), MAX_RELAYS);
    }
}
