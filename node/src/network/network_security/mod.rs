//! What peers may take, and how attacks are told from load: a sans-IO core. Events and the time in, orders out.
//!
//! 1. **The gate comes first** (see [`gate`]): a connection that is refused costs no handshake.
//! 2. **Every message is charged to the peer that brought it** before it is read (see [`budgets`], [`traffic`]): what
//!    does not fit is dropped. **Every good signature is charged to the validator** whose it is.
//! 3. **Detectors judge what passes** (see [`detectors`]). A deed is charged to a peer only if no honest node, whatever
//!    its line and whoever its neighbours, does it; reputation decides what follows. All else is dropped, refused,
//!    reset or handed on for free.
//! 4. **Everything is bounded**: each table states its size and whom it lets go.
//! 5. **The host obeys**: it asks before it acts on the event, and an empty answer means "go on".
//!
//! A host calls [`Security::handle`] with every event, [`SecurityEvent::Tick`] once a second.

pub mod budgets;
mod config;
pub mod detectors;
pub mod events;
pub mod gate;
mod recent;
mod tally;
pub mod token_bucket;
pub mod traffic;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    time::{Duration, Instant},
};

use libp2p::{PeerId, swarm::ConnectionId};

use self::{
    budgets::{Budgets, Charge},
    detectors::{
        bombs,
        eclipse::{Announced, Eclipse},
        equivocation::Equivocation,
        invalid_signatures::InvalidSignatures,
        mesh_abuse::MeshAbuse,
        replay::Replay,
        slow_loris::{SlowLoris, Stall},
        spam::Spam,
        sybil::Sybil,
    },
    gate::{Gate, GateConfig, GateRefusal, part_of},
};
use super::{conduct::Conduct, peers::Direction};

pub use self::{
    config::SecurityConfig,
    events::{Action, Detector, SecurityEvent},
    traffic::Traffic,
};

/// The whole.
#[derive(Debug)]
pub struct Security {
    config: SecurityConfig,
    /// What is switched on: all, but for tests that show what each is for.
    detectors: BTreeSet<Detector>,
    gate: Gate,
    budgets: Budgets,
    spam: Spam,
    signatures: InvalidSignatures,
    replay: Replay,
    equivocation: Equivocation,
    eclipse: Eclipse,
    slow_loris: SlowLoris,
    sybil: Sybil,
    mesh: MeshAbuse,
    counts: BTreeMap<Detector, u64>,
}

impl Security {
    /// With nobody connected. `own` is this node, `window` gossip's duplicate window.
    pub fn new(config: SecurityConfig, own: PeerId, window: Duration) -> Self {
        Self {
            config,
            detectors: Detector::ALL.into_iter().collect(),
            gate: Gate::new(config.gate),
            budgets: Budgets::new(config.budgets),
            spam: Spam::default(),
            signatures: InvalidSignatures::default(),
            replay: Replay::new(window),
            equivocation: Equivocation::default(),
            eclipse: Eclipse::default(),
            slow_loris: SlowLoris::default(),
            sybil: Sybil::new(own, config.ids_per_hour),
            mesh: MeshAbuse::default(),
            counts: Detector::ALL.into_iter().map(|detector| (detector, 0)).collect(),
        }
    }

    /// The same with one part taken out.
    #[cfg(test)]
    fn without(detector: Detector, config: SecurityConfig, own: PeerId, window: Duration) -> Self {
        let mut security = Self::new(config, own, window);
        security.detectors.remove(&detector);
        security
    }

    /// Changes the limits on connections; those that stand stay.
    pub fn limit(&mut self, gate: GateConfig) {
        self.config.gate = gate;
        self.gate.limit(gate);
    }

    /// How often each part spoke since the start: its name in metrics and the number.
    pub fn counts(&self) -> Vec<(&'static str, u64)> {
        self.counts.iter().map(|(detector, count)| (detector.name(), *count)).collect()
    }

    /// Takes an event; answers with what to do, in order.
    pub fn handle(&mut self, now: Instant, event: SecurityEvent) -> Vec<Action> {
        match event {
            SecurityEvent::Pending { connection, ip } => self.pending(connection, ip, now),
            SecurityEvent::Established { connection, ip, peer, direction } => {
                self.established(connection, ip, peer, direction, now)
            }
            SecurityEvent::Closed(connection) => {
                self.slow_loris.handshake_ended(connection);
                if let Some(link) = self.gate.closed(connection) {
                    self.budgets.disconnected(&link.peer);
                }
                Vec::new()
            }
            SecurityEvent::Message { peer, traffic, bytes, cost } => {
                self.message(peer, traffic, bytes, cost, now)
            }
            SecurityEvent::Answer { peer, bytes } => {
                let on = self.has(Detector::PeerBudget);
                let over = on && self.budgets.charge_answer(peer, bytes, now) != Charge::Within;
                self.verdict(Detector::PeerBudget, over.then_some(Action::Drop))
            }
            SecurityEvent::ValidatorMessage { validator, traffic, bytes, cost } => {
                let on = self.has(Detector::ValidatorBudget);
                let over = on
                    && self.budgets.charge_validator(validator, traffic, bytes, cost, now) != Charge::Within;
                self.verdict(Detector::ValidatorBudget, over.then_some(Action::Drop))
            }
            SecurityEvent::InvalidSignature(peer) => {
                let on = self.has(Detector::InvalidSignatures);
                let conduct = on.then(|| self.signatures.observe(peer, now)).flatten();
                self.deed(Detector::InvalidSignatures, peer, conduct)
            }
            SecurityEvent::Stale { peer, message } => {
                let on = self.has(Detector::Replay);
                let conduct = on.then(|| self.replay.observe(peer, &message, now)).flatten();
                self.deed(Detector::Replay, peer, conduct)
            }
            SecurityEvent::Vote(vote) => {
                let on = self.has(Detector::Equivocation);
                let conflict = on.then(|| self.equivocation.observe(vote, now)).flatten();
                self.verdict(Detector::Equivocation, conflict.map(Action::Evidence))
            }
            SecurityEvent::Addresses { source, count } => self.addresses(source, count, now),
            SecurityEvent::Routed { peer, ip } => {
                let subnet = ip.and_then(|ip| part_of(ip, self.config.gate.count_loopback));
                let on = self.has(Detector::Sybil);
                let crowding = on.then(|| self.sybil.observe(peer, subnet, now)).flatten();
                self.verdict(Detector::Sybil, crowding.map(|_| Action::Drop))
            }
            SecurityEvent::FrameBegun { stream, peer } => {
                let full = self.has(Detector::SlowLoris) && !self.slow_loris.frame(stream, peer, now);
                self.verdict(Detector::SlowLoris, full.then_some(Action::Reset(stream)))
            }
            SecurityEvent::FrameBytes { stream, peer, bytes } => {
                self.slow_loris.bytes(stream, peer, bytes, now);
                Vec::new()
            }
            SecurityEvent::FrameEnded { stream, peer } => {
                self.slow_loris.frame_ended(stream, peer);
                Vec::new()
            }
            SecurityEvent::Packed { peer, packed, declared, limit } => {
                self.unpacking(peer, bombs::before(packed, declared, limit))
            }
            SecurityEvent::Unpacked { peer, declared, unpacked } => {
                self.unpacking(peer, bombs::after(declared, unpacked))
            }
            SecurityEvent::Mesh { peer, event } => {
                let on = self.has(Detector::MeshAbuse);
                let conduct = on.then(|| self.mesh.observe(peer, event, now)).flatten();
                self.deed(Detector::MeshAbuse, peer, conduct)
            }
            SecurityEvent::Tick => self.tick(now),
        }
    }

    fn pending(&mut self, connection: ConnectionId, ip: Option<IpAddr>, now: Instant) -> Vec<Action> {
        let refusal = self.gate.pending(connection, ip, now).err();
        if refusal.is_none() {
            self.slow_loris.handshake(connection, now);
        }
        self.refusal(connection, refusal)
    }

    fn established(
        &mut self,
        connection: ConnectionId,
        ip: Option<IpAddr>,
        peer: PeerId,
        direction: Direction,
        now: Instant,
    ) -> Vec<Action> {
        self.slow_loris.handshake_ended(connection);
        let refusal = self.gate.established(connection, ip, peer, direction).err();
        if refusal.is_none() {
            self.budgets.connected(peer, now);
        }
        self.refusal(connection, refusal)
    }

    fn message(&mut self, peer: PeerId, class: Traffic, bytes: u64, cost: u64, now: Instant) -> Vec<Action> {
        if self.signatures.is_unread(&peer, now) {
            return self.verdict(Detector::InvalidSignatures, Some(Action::Drop));
        }
        let on = self.has(Detector::PeerBudget);
        if !on || self.budgets.charge(peer, class, bytes, cost, now) == Charge::Within {
            return Vec::new();
        }
        let mut actions = self.verdict(Detector::PeerBudget, Some(Action::Drop));
        let flood = self.has(Detector::Spam).then(|| self.spam.observe(peer, now)).flatten();
        actions.extend(self.deed(Detector::Spam, peer, flood));
        actions
    }

    fn addresses(&mut self, source: PeerId, count: u32, now: Instant) -> Vec<Action> {
        if !self.has(Detector::Eclipse) {
            return Vec::new();
        }
        match self.eclipse.observe(source, count, now) {
            Announced::Taken => Vec::new(),
            Announced::Dropped(conduct) => {
                let mut actions = self.verdict(Detector::Eclipse, Some(Action::Drop));
                actions.extend(conduct.map(|conduct| Action::Charge { peer: source, conduct }));
                actions
            }
        }
    }

    fn unpacking(&mut self, peer: PeerId, conduct: Option<Conduct>) -> Vec<Action> {
        let conduct = conduct.filter(|_| self.has(Detector::Bombs));
        let mut actions = self.deed(Detector::Bombs, peer, conduct);
        actions.extend(conduct.map(|_| Action::Drop));
        actions
    }

    fn tick(&mut self, now: Instant) -> Vec<Action> {
        self.budgets.tick(now);
        let mut actions = Vec::new();
        if self.has(Detector::Eclipse) {
            for subnet in self.eclipse.captured(self.gate.links(), now) {
                actions.extend(self.verdict(Detector::Eclipse, Some(Action::Replace { subnet })));
            }
        }
        if self.has(Detector::SlowLoris) {
            for stall in self.slow_loris.observe(now) {
                actions.extend(self.stalled(stall));
            }
        }
        actions
    }

    fn stalled(&mut self, stall: Stall) -> Vec<Action> {
        match stall {
            Stall::Handshake(connection) => {
                let refuse = Action::Refuse { connection, why: GateRefusal::Stalled };
                self.verdict(Detector::SlowLoris, Some(refuse))
            }
            Stall::Frame(stream, peer, conduct) => {
                let mut actions = self.verdict(Detector::SlowLoris, Some(Action::Reset(stream)));
                actions.extend(conduct.map(|conduct| Action::Charge { peer, conduct }));
                actions
            }
        }
    }

    fn has(&self, detector: Detector) -> bool {
        self.detectors.contains(&detector)
    }

    fn refusal(&mut self, connection: ConnectionId, refusal: Option<GateRefusal>) -> Vec<Action> {
        let refusal = refusal.filter(|_| self.has(Detector::Gate));
        self.verdict(Detector::Gate, refusal.map(|why| Action::Refuse { connection, why }))
    }

    fn deed(&mut self, detector: Detector, peer: PeerId, conduct: Option<Conduct>) -> Vec<Action> {
        self.verdict(detector, conduct.map(|conduct| Action::Charge { peer, conduct }))
    }

    /// Counts what a detector says, if it says anything.
    fn verdict(&mut self, detector: Detector, action: Option<Action>) -> Vec<Action> {
        if action.is_some() {
            let count = self.counts.entry(detector).or_default();
            *count = count.saturating_add(1);
        }
        action.into_iter().collect()
    }
}

#[cfg(test)]
mod tests;
