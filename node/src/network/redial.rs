//! Whom to dial, and when: a sans-IO core. Events and the time in, dials out.
//!
//! - A *bootstrap* peer is dialled whenever it is not connected: after a loss or a failure it waits `base·2^failures`,
//!   at most `cap`, each wait between ¾ and 1¼ of that so that a restarted node does not meet all its peers in one
//!   instant. With the default cap of 1.5 s a validator that returns is dialled within 1.9 s.
//! - A *discovered* peer (identify, Kademlia) is dialled while fewer than `target` peers are connected or being
//!   dialled; the one with the fewest failures first. It waits longer (`cap·2^failures`) and is forgotten after
//!   [`MAX_FAILURES`]. At most [`MAX_DISCOVERED`] are known; a newcomer displaces only one that has failed.
//! - A *refused* peer (other chain, graylisted) is neither dialled nor learnt until its refusal ends.
//!
//! Issue 4's peer manager replaces the choice made here; the host's side (events in, dials out) stays.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::{Duration, Instant},
};

use libp2p::{Multiaddr, PeerId, multiaddr::Protocol};

/// Discovered peers known at once: enough to choose from, small enough to be filled by nobody's flood for long.
pub const MAX_DISCOVERED: usize = 256;
/// Addresses kept of one peer: one of each transport, on two interfaces.
pub const MAX_ADDRESSES: usize = 8;
/// Failures in a row after which a discovered peer is forgotten.
pub const MAX_FAILURES: u32 = 5;
/// Refused peers remembered at once; past it the one that ends first is let go.
pub const MAX_REFUSED: usize = 1024;

/// The times and numbers of the schedule.
#[derive(Clone, Copy, Debug)]
pub struct RedialPolicy {
    /// First wait.
    pub base: Duration,
    /// Longest wait for a bootstrap peer, first wait for a discovered one that failed.
    pub cap: Duration,
    /// Connected peers wanted.
    pub target: usize,
    /// How long a refusal lasts.
    pub refusal: Duration,
}

/// A place to dial; stays the same for the life of the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TargetId(u64);

/// What happened.
#[derive(Clone, Debug)]
pub enum RedialEvent {
    /// The first connection to a peer stands; `target` if a dial of ours made it.
    Connected {
        /// The peer.
        peer: PeerId,
        /// The dial.
        target: Option<TargetId>,
    },
    /// The last connection to a peer is gone.
    Disconnected(PeerId),
    /// A dial failed.
    DialFailed(TargetId),
    /// A dial reached this very node: the target is dropped.
    DialledSelf(TargetId),
    /// An address of a peer became known.
    Discovered(PeerId, Multiaddr),
    /// A peer is not wanted for a while.
    Refused(PeerId),
    /// Time passed.
    Tick,
}

/// An order to the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dial {
    /// What to name when the dial ends.
    pub target: TargetId,
    /// Who is expected to answer, if known.
    pub peer: Option<PeerId>,
    /// Where.
    pub addresses: Vec<Multiaddr>,
}

#[derive(Debug)]
struct Target {
    bootstrap: bool,
    peer: Option<PeerId>,
    addresses: Vec<Multiaddr>,
    failures: u32,
    due: Instant,
    dialling: bool,
}

/// The schedule.
#[derive(Debug)]
pub struct Redial {
    policy: RedialPolicy,
    targets: BTreeMap<TargetId, Target>,
    connected: HashSet<PeerId>,
    refused: HashMap<PeerId, Instant>,
    next_id: u64,
    random: u64,
}

impl Redial {
    /// A schedule that dials every bootstrap peer at once. `seed` spreads the waits; it need not be secret.
    pub fn new(policy: RedialPolicy, bootstrap: &[Multiaddr], seed: u64, now: Instant) -> Self {
        let mut redial = Self {
            policy,
            targets: BTreeMap::new(),
            connected: HashSet::new(),
            refused: HashMap::new(),
            next_id: 0,
            random: seed,
        };
        for address in bootstrap {
            let peer = peer_of(address);
            let known = redial.targets.values_mut().find(|target| peer.is_some() && target.peer == peer);
            match known {
                Some(target) => push_address(&mut target.addresses, address.clone()),
                None => redial.insert(true, peer, address.clone(), now),
            }
        }
        redial
    }

    /// Takes an event; answers with what to dial.
    pub fn handle(&mut self, now: Instant, event: RedialEvent) -> Vec<Dial> {
        match event {
            RedialEvent::Connected { peer, target } => self.connected(peer, target),
            RedialEvent::Disconnected(peer) => self.disconnected(peer, now),
            RedialEvent::DialFailed(id) => self.failed(id, now),
            RedialEvent::DialledSelf(id) => {
                self.targets.remove(&id);
            }
            RedialEvent::Discovered(peer, address) => self.discovered(peer, address, now),
            RedialEvent::Refused(peer) => self.refuse(peer, now),
            RedialEvent::Tick => self.refused.retain(|_, end| *end > now),
        }
        self.due(now)
    }

    /// When [`RedialEvent::Tick`] will next have something to do.
    pub fn next_wake(&self) -> Option<Instant> {
        let room = self.room() > 0;
        self.targets
            .values()
            .filter(|target| self.idle(target) && (target.bootstrap || room))
            .map(|t| t.due)
            .min()
    }

    /// Whether a peer is refused at this time.
    pub fn is_refused(&self, peer: &PeerId, now: Instant) -> bool {
        self.refused.get(peer).is_some_and(|end| *end > now)
    }

    fn connected(&mut self, peer: PeerId, target: Option<TargetId>) {
        self.connected.insert(peer);
        if let Some(target) = target.and_then(|id| self.targets.get_mut(&id)) {
            target.peer = Some(peer);
            target.dialling = false;
        }
        for target in self.targets.values_mut().filter(|target| target.peer == Some(peer)) {
            target.failures = 0;
        }
    }

    fn disconnected(&mut self, peer: PeerId, now: Instant) {
        self.connected.remove(&peer);
        let wait = self.jitter(self.policy.base);
        for target in self.targets.values_mut().filter(|target| target.peer == Some(peer)) {
            target.due = target.due.max(later(now, wait));
        }
    }

    fn failed(&mut self, id: TargetId, now: Instant) {
        let Some(target) = self.targets.get_mut(&id) else { return };
        target.dialling = false;
        target.failures = target.failures.saturating_add(1);
        let (bootstrap, failures) = (target.bootstrap, target.failures);
        if !bootstrap && failures >= MAX_FAILURES {
            self.targets.remove(&id);
            return;
        }
        let doublings = 1_u32.checked_shl(failures.min(20).saturating_sub(1)).unwrap_or(u32::MAX);
        let wait = if bootstrap {
            self.policy.base.saturating_mul(doublings).min(self.policy.cap)
        } else {
            self.policy.cap.saturating_mul(doublings)
        };
        let due = later(now, self.jitter(wait));
        if let Some(target) = self.targets.get_mut(&id) {
            target.due = due;
        }
    }

    fn discovered(&mut self, peer: PeerId, address: Multiaddr, now: Instant) {
        if self.is_refused(&peer, now) {
            return;
        }
        if let Some(target) = self.targets.values_mut().find(|target| target.peer == Some(peer)) {
            push_address(&mut target.addresses, address);
            return;
        }
        let known = self.targets.values().filter(|target| !target.bootstrap).count();
        if known >= MAX_DISCOVERED {
            let worst = self.targets.iter().filter(|(_, t)| !t.bootstrap && self.idle(t) && t.failures > 0);
            let Some(worst) = worst.max_by_key(|(_, t)| t.failures).map(|(id, _)| *id) else { return };
            self.targets.remove(&worst);
        }
        self.insert(false, Some(peer), address, now);
    }

    fn refuse(&mut self, peer: PeerId, now: Instant) {
        if self.refused.len() >= MAX_REFUSED {
            let first = self.refused.iter().min_by_key(|(_, end)| **end).map(|(peer, _)| *peer);
            first.and_then(|peer| self.refused.remove(&peer));
        }
        let end = later(now, self.policy.refusal);
        self.refused.insert(peer, end);
        self.targets.retain(|_, target| target.bootstrap || target.peer != Some(peer));
        for target in self.targets.values_mut().filter(|target| target.peer == Some(peer)) {
            target.due = end;
        }
    }

    fn due(&mut self, now: Instant) -> Vec<Dial> {
        let mut room = self.room();
        let mut ready: Vec<(bool, u32, Instant, TargetId)> = self
            .targets
            .iter()
            .filter(|(_, target)| self.idle(target) && target.due <= now)
            .map(|(id, target)| (!target.bootstrap, target.failures, target.due, *id))
            .collect();
        ready.sort_unstable();
        let mut dials = Vec::new();
        for (discovered, _, _, id) in ready {
            if discovered && room == 0 {
                continue;
            }
            let Some(target) = self.targets.get_mut(&id) else { continue };
            room = room.saturating_sub(1);
            target.dialling = true;
            dials.push(Dial { target: id, peer: target.peer, addresses: target.addresses.clone() });
        }
        dials
    }

    fn idle(&self, target: &Target) -> bool {
        !target.dialling && !target.peer.is_some_and(|peer| self.connected.contains(&peer))
    }

    fn room(&self) -> usize {
        let dialling = self.targets.values().filter(|target| target.dialling).count();
        self.policy.target.saturating_sub(self.connected.len()).saturating_sub(dialling)
    }

    fn insert(&mut self, bootstrap: bool, peer: Option<PeerId>, address: Multiaddr, now: Instant) {
        let id = TargetId(self.next_id);
        self.next_id = self.next_id.wrapping_add(1);
        let addresses = vec![address];
        self.targets
            .insert(id, Target { bootstrap, peer, addresses, failures: 0, due: now, dialling: false });
    }

    /// Between three and five quarters of a wait.
    fn jitter(&mut self, wait: Duration) -> Duration {
        // splitmix64: spreads waits, decides nothing.
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let per_mille = u32::try_from((mixed >> 31) % 501).unwrap_or(250).saturating_add(750);
        wait.saturating_mul(per_mille).checked_div(1000).unwrap_or(wait)
    }
}

/// The peer named at the end of an address.
pub fn peer_of(address: &Multiaddr) -> Option<PeerId> {
    address.iter().last().and_then(|part| if let Protocol::P2p(peer) = part { Some(peer) } else { None })
}

fn push_address(addresses: &mut Vec<Multiaddr>, address: Multiaddr) {
    if !addresses.contains(&address) && addresses.len() < MAX_ADDRESSES {
        addresses.push(address);
    }
}

fn later(now: Instant, wait: Duration) -> Instant {
    now.checked_add(wait).unwrap_or(now)
}

#[cfg(test)]
mod tests;
