//! A network of managers over an event queue: random failures, a third killed at once.

use std::{
    collections::{BTreeSet, VecDeque},
    hash::{DefaultHasher, Hash, Hasher},
};

use super::*;
use known::{Known, Random};

mod known;

/// Nodes that all others have in their configuration.
const SEEDS: usize = 3;

#[derive(Debug)]
enum Happening {
    Wake(usize),
    Arrive { from: usize, to: usize, target: TargetId },
    Tell(usize, PeerEvent),
    Hang { from: usize, to: usize },
}

struct Network {
    peers: std::rc::Rc<Vec<(PeerId, Multiaddr)>>,
    number: BTreeMap<PeerId, usize>,
    managers: Vec<PeerManager>,
    books: Vec<Known>,
    alive: Vec<bool>,
    links: BTreeSet<(usize, usize)>,
    queue: BTreeMap<(Instant, u64), Happening>,
    wakes: Vec<Option<Instant>>,
    next: u64,
    now: Instant,
    start: Instant,
    random: Random,
    actions: usize,
    digest: DefaultHasher,
}

impl Network {
    fn new(count: usize, seed: u64) -> Self {
        let mut random = Random(seed);
        let peer = |n: usize| {
            // Ids that are the same in every run: the identity hash of 32 bytes, as of an ed25519 key.
            let mut bytes = vec![0x00, 0x24, 0x08, 0x01, 0x12, 0x20];
            bytes.extend([0_u8; 24]);
            bytes.extend(((n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)).to_be_bytes());
            // Five peers share a /24.
            let (a, b) = (n / 1000, n / 5 % 200);
            let address = format!("/ip4/10.{a}.{b}.{}/tcp/1", n % 5 + 1);
            (PeerId::from_bytes(&bytes).unwrap(), address.parse().unwrap())
        };
        let peers: Vec<(PeerId, Multiaddr)> = (0..count).map(peer).collect();
        let peers = std::rc::Rc::new(peers);
        let start = Instant::now();
        let (mut managers, mut books) = (Vec::new(), Vec::new());
        for n in 0..count {
            let seeds: Vec<Multiaddr> = (0..SEEDS)
                .filter(|seed| *seed != n)
                .map(|seed| peers[seed].1.clone().with_p2p(peers[seed].0).unwrap())
                .collect();
            let seed = random.below(usize::MAX) as u64;
            managers.push(PeerManager::new(Policy::default(), &seeds, Bans::default(), seed, start, UNIX_MS));
            let others: BTreeSet<usize> = (0..80).map(|_| random.below(count)).filter(|o| *o != n).collect();
            let stock = others.into_iter().map(|other| (other, None)).collect();
            books.push(Known { network: peers.clone(), stock, random: Random(seed) });
        }
        let number = peers.iter().zip(0..).map(|((peer, _), n)| (*peer, n)).collect();
        let mut network = Self {
            peers,
            number,
            managers,
            books,
            alive: vec![true; count],
            links: BTreeSet::new(),
            queue: BTreeMap::new(),
            wakes: vec![None; count],
            next: 0,
            now: start,
            start,
            random,
            actions: 0,
            digest: DefaultHasher::new(),
        };
        for n in 0..count {
            let after = network.random.below(5000);
            network.push(after, Happening::Wake(n));
        }
        network
    }

    fn push(&mut self, after_ms: usize, happening: Happening) {
        self.next += 1;
        let at = self.now + Duration::from_millis(after_ms as u64);
        self.queue.insert((at, self.next), happening);
    }

    fn delay(&mut self) -> usize {
        20 + self.random.below(180)
    }

    fn run(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(entry) = self.queue.first_entry().filter(|entry| entry.key().0 <= end) {
            self.now = entry.key().0;
            let happening = entry.remove();
            self.happen(happening);
        }
        self.now = end;
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Wake(n) => self.tell(n, PeerEvent::Tick),
            Happening::Tell(n, event) => self.tell(n, event),
            Happening::Arrive { from, to, target } => self.arrive(from, to, target),
            Happening::Hang { from, to } => self.cut(from, to),
        }
    }

    fn arrive(&mut self, from: usize, to: usize, target: TargetId) {
        let chance = self.random.below(20);
        if !self.alive[to] || chance == 0 {
            return self.tell(from, PeerEvent::DialFailed(target));
        }
        let fresh = self.links.insert((from.min(to), from.max(to)));
        let opened = |network: &Self, other: usize, direction, target| {
            let (peer, address) = network.peers[other].clone();
            PeerEvent::Opened { peer, direction, address, target }
        };
        let event = opened(self, to, Direction::Outbound, Some(target));
        self.tell(from, event);
        if fresh {
            let event = opened(self, from, Direction::Inbound, None);
            self.tell(to, event);
            for (n, other) in [(from, to), (to, from)] {
                let (after, peer) = (self.delay(), self.peers[other].0);
                self.push(after, Happening::Tell(n, PeerEvent::Identified { peer }));
                let rtt = Duration::from_millis(self.delay() as u64);
                self.push(after * 2, Happening::Tell(n, PeerEvent::Rtt { peer, rtt }));
            }
            // One link in fifty breaks within a minute and a half.
            if self.random.below(50) == 0 {
                let after = self.random.below(90_000);
                self.push(after, Happening::Hang { from, to });
            }
        }
    }

    fn cut(&mut self, one: usize, two: usize) {
        if self.links.remove(&(one.min(two), one.max(two))) {
            for (n, other) in [(one, two), (two, one)] {
                self.tell(n, PeerEvent::Closed { peer: self.peers[other].0 });
            }
        }
    }

    fn tell(&mut self, n: usize, event: PeerEvent) {
        let mut todo = VecDeque::from([event]);
        while let Some(event) = todo.pop_front() {
            if !self.alive[n] {
                return;
            }
            let actions = self.managers[n].handle(self.now, event, &mut self.books[n]);
            for action in actions {
                self.actions += 1;
                (n, self.now - self.start, format!("{action:?}")).hash(&mut self.digest);
                match action {
                    PeerAction::Dial(dial) => {
                        let to = dial.peer.and_then(|peer| self.number.get(&peer)).copied().unwrap();
                        let after = self.delay();
                        self.push(after, Happening::Arrive { from: n, to, target: dial.target });
                    }
                    PeerAction::Disconnect { peer, .. } => {
                        let (to, after) = (self.number[&peer], self.delay());
                        self.push(after, Happening::Hang { from: n, to });
                    }
                    PeerAction::Banned { .. } => unreachable!("nobody misbehaves"),
                }
            }
        }
        if let Some(wake) = self.managers[n].next_wake() {
            assert!(wake > self.now, "a wake that moves nothing");
            // An earlier wake stands already in most cases.
            if self.wakes[n].is_none_or(|known| known <= self.now || wake < known) {
                self.wakes[n] = Some(wake);
                self.next += 1;
                self.queue.insert((wake, self.next), Happening::Wake(n));
            }
        }
    }

    fn kill(&mut self, n: usize) {
        self.alive[n] = false;
        let links: Vec<(usize, usize)> =
            self.links.iter().filter(|(a, b)| *a == n || *b == n).copied().collect();
        for (one, two) in links {
            let after = self.delay();
            self.push(after, Happening::Hang { from: one, to: two });
        }
    }

    fn living(&self) -> impl Iterator<Item = usize> {
        (0..self.alive.len()).filter(|n| self.alive[*n])
    }

    /// Those outside 8 to 12 peers, or with fewer than 3 dialled ones in different subnets. The first three, whom all
    /// others have in their configuration, have guests at any time: of theirs those count that stay.
    fn unsettled(&self) -> Vec<(usize, usize, usize)> {
        let state = |n: usize| {
            let seats = self.managers[n].seats(n >= SEEDS);
            (n, seats.len(), slots::outbound_subnets(&seats))
        };
        self.living().map(state).filter(|(_, full, out)| !(8..=12).contains(full) || *out < 3).collect()
    }

    fn is_connected(&self) -> bool {
        let mut near: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (a, b) in &self.links {
            near.entry(*a).or_default().push(*b);
            near.entry(*b).or_default().push(*a);
        }
        let first = self.living().next().unwrap();
        let (mut seen, mut todo) = (BTreeSet::from([first]), vec![first]);
        while let Some(n) = todo.pop() {
            let more = near.get(&n).into_iter().flatten().filter(|m| self.alive[**m]);
            todo.extend(more.filter(|m| seen.insert(**m)));
        }
        seen.len() == self.living().count()
    }
}

/// A run in which a third dies after two minutes; the digest covers every order of every manager.
fn run(count: usize, seed: u64) -> (Network, u64) {
    let mut network = Network::new(count, seed);
    network.run(SECOND * 120);
    for n in 0..count {
        if network.random.below(3) == 0 {
            network.kill(n);
        }
    }
    network.run(SECOND * 180);
    let digest = network.digest.finish();
    (network, digest)
}

#[test]
fn a_thousand_peers_settle_and_settle_again_after_a_third_is_killed() {
    let (network, _) = run(1000, 1);
    assert_eq!(network.unsettled(), []);
    assert!(network.is_connected());
    let living = network.living().count();
    assert!((600..=730).contains(&living), "{living}");
    assert!(network.actions < 1000 * 100, "{} actions", network.actions);
}

#[test]
fn rotation_goes_on_without_unsettling_the_network() {
    let mut network = Network::new(150, 3);
    network.run(SECOND * 120);
    let before = network.links.clone();
    network.run(SECOND * 1800);
    let fresh = network.links.difference(&before).count();
    assert!(fresh > before.len() / 8, "{fresh} of {}", before.len());
    assert!(network.is_connected());
    let few = network.living().filter(|n| network.managers[*n].full_peers() < 7).count();
    assert_eq!(few, 0);
}

#[test]
fn a_run_is_its_seed() {
    for seed in 1..4 {
        let [first, second] = [(); 2].map(|()| run(60, seed).1);
        assert_eq!(first, second, "seed {seed}");
        assert_ne!(first, run(60, seed + 100).1);
    }
}
