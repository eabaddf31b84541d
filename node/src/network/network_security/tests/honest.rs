//! Ten minutes of an honest network at its peak, after which nobody has been charged and nothing of use dropped.
//!
//! 12 peers in different subnets; 128 seats, blocks of 1 s; 1,024 validators, epochs of 30 s; 4,000 transactions a
//! second. All of it comes by way of each peer in turn, the worst that gossip does. One message in twenty is lost and
//! repeated; consensus messages come directly and by gossip. Every minute a peer loses its connection
//! and dials again, a restart included; one peer is a newcomer that catches up at 64 MiB/s; a lagging one repeats stale
//! votes.

use super::*;
use crate::network::{
    gossip::Topic,
    network_security::detectors::{equivocation::SignedVote, mesh_abuse::MeshEvent, slow_loris::StreamId},
};

const PEERS: u64 = 12;
const SEATS: u64 = 128;
const VALIDATORS: u64 = 1_024;
const SECONDS: u64 = 600;

struct World {
    security: Security,
    start: Instant,
    now: Instant,
    orders: Vec<Action>,
    events: u64,
    random: u64,
    connections: u64,
    open: BTreeMap<u64, ConnectionId>,
}

impl World {
    fn tell(&mut self, event: SecurityEvent) {
        self.events += 1;
        self.orders.extend(self.security.handle(self.now, event));
    }

    /// One in twenty.
    fn lost(&mut self) -> bool {
        self.random =
            self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 33).is_multiple_of(20)
    }

    fn message(&mut self, from: u64, traffic: Traffic, bytes: u64, cost: u64) {
        self.tell(SecurityEvent::Message { peer: peer(from), traffic, bytes, cost });
        if self.lost() {
            self.tell(SecurityEvent::Message { peer: peer(from), traffic, bytes, cost });
        }
    }

    fn of_validator(&mut self, number: u64, traffic: Traffic, bytes: u64, cost: u64) {
        self.tell(SecurityEvent::ValidatorMessage { validator: key(number), traffic, bytes, cost });
    }

    fn connect(&mut self, number: u64) {
        self.connections += 1;
        let connection = ConnectionId::new_unchecked(usize::try_from(self.connections).unwrap());
        if let Some(old) = self.open.insert(number, connection) {
            self.tell(SecurityEvent::Closed(old));
        }
        let ip = Some(IpAddr::from([9, u8::try_from(number).unwrap(), 1, 1]));
        let direction = if number.is_multiple_of(3) { Direction::Inbound } else { Direction::Outbound };
        if direction == Direction::Inbound {
            self.tell(SecurityEvent::Pending { connection, ip });
        }
        self.tell(SecurityEvent::Established { connection, ip, peer: peer(number), direction });
        let count = if self.connections <= PEERS { 8 } else { 0 };
        self.tell(SecurityEvent::Addresses { source: peer(number), count });
        self.tell(SecurityEvent::Routed { peer: peer(number), ip });
        for topic in Topic::ALL {
            self.tell(SecurityEvent::Mesh { peer: peer(number), event: MeshEvent::Graft(topic) });
        }
    }

    /// A round: proposal, prevotes, precommits, each directly and by gossip.
    fn round(&mut self, second: u64, from: u64) {
        self.message(from, Traffic::Consensus, 1 << 20, 256);
        self.of_validator(second % SEATS, Traffic::Consensus, 1 << 20, 256);
        for seat in 0..SEATS {
            for step in 1..3 {
                self.message(from, Traffic::Consensus, 200, 1);
                self.message(from, Traffic::Consensus, 200, 1);
                self.of_validator(seat, Traffic::Consensus, 200, 1);
                let message = key(second * 1000 + seat * 3 + u64::from(step));
                let value = key(second);
                let vote =
                    SignedVote { validator: key(seat), height: second, round: 0, step, value, message };
                self.tell(SecurityEvent::Vote(vote));
                self.tell(SecurityEvent::Vote(vote));
            }
        }
    }

    /// An epoch closes: every validator's proof and vote, packed in batches.
    fn epoch(&mut self, from: u64) {
        for validator in 0..VALIDATORS {
            for (traffic, bytes) in [(Traffic::Proofs, 3_000), (Traffic::Votes, 3_200)] {
                self.message(from, traffic, bytes, 2);
                self.of_validator(validator, traffic, bytes, 2);
            }
            if validator.is_multiple_of(16) {
                let (peer, limit) = (peer(from), 256 << 10);
                self.tell(SecurityEvent::Packed { peer, packed: 30_000, declared: 50_000, limit });
                self.tell(SecurityEvent::Unpacked { peer, declared: 50_000, unpacked: 50_000 });
            }
        }
    }

    /// What keeps the network together: six IHAVEs a second to each of us, and what follows from them.
    fn control(&mut self, second: u64) {
        for number in 1..=PEERS {
            for _ in 0..6 {
                self.message(number, Traffic::Control, 180_000, 5_000 / 32);
            }
            let event = MeshEvent::Promised(20);
            self.tell(SecurityEvent::Mesh { peer: peer(number), event });
            let kept = if self.lost() { 15 } else { 20 };
            self.tell(SecurityEvent::Mesh { peer: peer(number), event: MeshEvent::Kept(kept) });
            if (second + number).is_multiple_of(70) {
                let event = MeshEvent::PrunedByUs(Topic::Votes);
                self.tell(SecurityEvent::Mesh { peer: peer(number), event });
            }
            if (second + number) % 70 == 61 {
                let event = MeshEvent::Graft(Topic::Votes);
                self.tell(SecurityEvent::Mesh { peer: peer(number), event });
            }
        }
    }

    /// A newcomer asks for all blocks: answers of 4 MiB, over streams that make progress.
    fn catch_up(&mut self, number: u64, second: u64, answers: u64) {
        for answer in 0..answers {
            let stream = StreamId(second * 100 + answer);
            self.tell(SecurityEvent::FrameBegun { stream, peer: peer(number) });
            let traffic = Traffic::Requests;
            self.tell(SecurityEvent::Message { peer: peer(number), traffic, bytes: 4 << 20, cost: 64 });
            self.tell(SecurityEvent::FrameBytes { stream, peer: peer(number), bytes: 4 << 20 });
            self.tell(SecurityEvent::FrameEnded { stream, peer: peer(number) });
        }
    }
}

fn key(number: u64) -> [u8; 32] {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&number.to_be_bytes());
    key
}

/// Ten minutes with budgets of `scale_per_mille`; only the newcomer asks for less when it is served less.
fn ten_minutes(scale_per_mille: u32) {
    let mut config = SecurityConfig::default();
    config.budgets.scale_per_mille = scale_per_mille;
    let start = Instant::now();
    let mut world = World {
        security: Security::new(config, peer(0), WINDOW),
        start,
        now: start,
        orders: Vec::new(),
        events: 0,
        random: 7,
        connections: 0,
        open: BTreeMap::new(),
    };
    (1..=PEERS).for_each(|number| world.connect(number));
    for second in 0..SECONDS {
        world.now = world.start + Duration::from_secs(second);
        // Each peer in turn is first with everything, for ten seconds.
        let from = second / 10 % PEERS + 1;
        world.round(second, from);
        // Half alone, half in batches.
        (0..2_000).for_each(|_| world.message(from, Traffic::Transactions, 300, 1));
        (0..4).for_each(|_| world.message(from, Traffic::Transactions, 60_000, 500));
        if second.is_multiple_of(30) {
            world.epoch(from);
        }
        if second % 30 == 6 {
            // All of them again, once the duplicate window is over.
            world.epoch(from);
        }
        world.control(second);
        if second < 120 {
            world.catch_up(12, second, u64::from(scale_per_mille) * 16 / 1000);
        }
        if (300..=310).contains(&second) && second.is_multiple_of(5) {
            // A healed minority of 42 seats repeats what is long over, by two ways, each time somewhat early.
            (0..42 * 3 * 2).for_each(|n| {
                world.tell(SecurityEvent::Stale { peer: peer(3), message: key(n / 2) });
            });
        }
        if second % 60 == 59 {
            world.connect(second / 60 % PEERS + 1);
        }
        world.tell(SecurityEvent::Tick);
    }
    assert!(world.events > 1_000_000, "{} events", world.events);
    assert_eq!(world.orders, [], "after {} events: {:?}", world.events, world.security.counts());
}

#[test]
fn ten_minutes_of_honest_load_charge_nobody() {
    ten_minutes(1000);
}

#[test]
fn half_the_budgets_still_suffice() {
    ten_minutes(500);
}
