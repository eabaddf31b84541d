//! The addresses from the configuration: dialled for the life of the node.
//!
//! - A peer that is lost or cannot be reached is dialled again after `base·2^failures`, at most `cap`, while peers are
//!   few; with enough of them after the same doubled up to `far`. Each wait is spread between ¾ and 1¼, so that a
//!   restarted node does not meet all its peers in one instant. With the default cap of 1.5 s a node that returns is
//!   dialled within 1.9 s.
//! - Failures are forgotten once a connection has held for a minute, not when it opens: a peer that hangs up, at once or
//!   after the grace of a newcomer, has no room.
//! - Addresses of one peer are one target. An address without a peer id expects whoever answered, until a dial fails.

use std::{collections::BTreeMap, time::Duration, time::Instant};

use libp2p::{Multiaddr, PeerId, multiaddr::Protocol};

use super::{
    MAX_ADDRESSES,
    clock::{Spread, later},
    events::TargetId,
    policy::Policy,
};

/// One peer of the configuration.
#[derive(Debug)]
pub struct Target {
    /// Who is expected, if known.
    pub peer: Option<PeerId>,
    /// Where; at most [`MAX_ADDRESSES`].
    pub addresses: Vec<Multiaddr>,
    /// Failures in a row.
    pub failures: u32,
    named: bool,
    near: Instant,
    far: Instant,
}

impl Target {
    /// When to dial next.
    pub const fn due(&self, few: bool) -> Instant {
        if few { self.near } else { self.far }
    }
}

/// All of them. Bounded by the configuration.
#[derive(Debug)]
pub struct Persistent {
    policy: Policy,
    targets: BTreeMap<TargetId, Target>,
}

impl Persistent {
    /// Targets that are all due at once, numbered from 0.
    pub fn new(policy: Policy, addresses: &[Multiaddr], now: Instant) -> Self {
        let mut targets: BTreeMap<TargetId, Target> = BTreeMap::new();
        for (address, id) in addresses.iter().zip(0..) {
            let peer = peer_of(address);
            let known = targets.values_mut().find(|target| peer.is_some() && target.peer == peer);
            let Some(target) = known else {
                let (named, addresses) = (peer.is_some(), vec![address.clone()]);
                let target = Target { peer, addresses, failures: 0, named, near: now, far: now };
                targets.insert(TargetId(id), target);
                continue;
            };
            if target.addresses.len() < MAX_ADDRESSES && !target.addresses.contains(address) {
                target.addresses.push(address.clone());
            }
        }
        Self { policy, targets }
    }

    /// A target.
    pub fn get(&self, id: TargetId) -> Option<&Target> {
        self.targets.get(&id)
    }

    /// All targets.
    pub fn iter(&self) -> impl Iterator<Item = (TargetId, &Target)> {
        self.targets.iter().map(|(id, target)| (*id, target))
    }

    /// Whether a peer is one of them.
    pub fn has(&self, peer: &PeerId) -> bool {
        self.targets.values().any(|target| target.peer == Some(*peer))
    }

    /// A dial of a target reached a peer.
    pub fn reached(&mut self, id: TargetId, peer: PeerId) {
        if let Some(target) = self.targets.get_mut(&id) {
            target.peer = Some(peer);
        }
    }

    /// A dial failed.
    pub fn failed(&mut self, id: TargetId, spread: &mut Spread, now: Instant) {
        let Some(target) = self.targets.get_mut(&id) else { return };
        target.failures = target.failures.saturating_add(1);
        if !target.named {
            target.peer = None;
        }
        target.wait(&self.policy, spread, now);
    }

    /// A peer is gone; `held` if that is no failure of it.
    pub fn left(&mut self, peer: &PeerId, held: bool, spread: &mut Spread, now: Instant) {
        for target in self.targets.values_mut().filter(|target| target.peer == Some(*peer)) {
            target.failures = if held { 0 } else { target.failures.saturating_add(1) };
            target.wait(&self.policy, spread, now);
        }
    }

    /// Drops a target: it is this node itself.
    pub fn remove(&mut self, id: TargetId) {
        self.targets.remove(&id);
    }
}

impl Target {
    fn wait(&mut self, policy: &Policy, spread: &mut Spread, now: Instant) {
        let doublings = 1_u32.checked_shl(self.failures.min(20).saturating_sub(1)).unwrap_or(u32::MAX);
        let wait = policy.base.saturating_mul(doublings);
        let after = |spread: &mut Spread, longest: Duration| later(now, spread.jitter(wait.min(longest)));
        self.near = after(spread, policy.cap);
        self.far = after(spread, policy.far).max(self.near);
    }
}

/// The peer named at the end of an address.
pub fn peer_of(address: &Multiaddr) -> Option<PeerId> {
    address.iter().last().and_then(|part| if let Protocol::P2p(peer) = part { Some(peer) } else { None })
}
