//! Ten thousand heights from five peers: two good ones, a liar, a silent one and one that goes away.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    time::{Duration, Instant},
};

use emotionalchain_shared::primitives::Height;

use super::{
    super::{MAX_BYTES, window::MAX_AHEAD},
    Action, Block, Catchup, Conduct, Event, blocks, peer,
};

const HEIGHTS: u64 = 10_000;
const BLOCK: usize = 8 * 1024;

/// What a peer is like: its number, blocks a second, round trip in milliseconds, which varies by as much as [`JITTER`].
#[derive(Clone, Copy)]
struct Peer(u8, u64, u64);

const JITTER: u64 = 20;

impl Peer {
    /// Blocks a second when it is asked for one full range after another.
    fn speed(self) -> u64 {
        64_000 / (self.2 + JITTER / 2 + 64_000 / self.1)
    }
}

const FAST: Peer = Peer(1, 400, 40);
const SLOW: Peer = Peer(2, 200, 120);
const LIAR: Peer = Peer(3, 500, 30);
const SILENT: Peer = Peer(4, 0, 0);
const VANISHING: Peer = Peer(5, 300, 50);
const VANISHES_MS: u64 = 3_000;

struct World {
    core: Catchup<Block>,
    random: u64,
    begin: Instant,
    /// Time, order, and what happens then.
    queue: BinaryHeap<Reverse<(u64, u64, What)>>,
    order: u64,
    applied: u64,
    applies_per_second: u64,
    charges: Vec<(u8, Conduct)>,
    most_bytes: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Tick,
    Vanish,
    Answer { number: u8, from: u64, count: u64 },
    Applied { last: u64, rejected: Option<u64> },
}

impl World {
    fn run(seed: u64, applies_per_second: u64) -> (Self, u64) {
        let core = Catchup::new(Height::ZERO);
        let mut world = Self {
            core,
            random: seed,
            begin: Instant::now(),
            queue: BinaryHeap::new(),
            order: 0,
            applied: 0,
            applies_per_second,
            charges: Vec::new(),
            most_bytes: 0,
        };
        world.later(0, VANISHES_MS, What::Vanish);
        world.later(0, 0, What::Tick);
        while let Some(Reverse((at, _, what))) = world.queue.pop() {
            world.happen(at, what);
            if world.applied == HEIGHTS {
                return (world, at);
            }
            assert!(at < 600_000, "stalled at {}", world.applied);
        }
        panic!("nothing left to happen");
    }

    fn later(&mut self, now: u64, wait: u64, what: What) {
        self.order += 1;
        self.queue.push(Reverse((now + wait, self.order, what)));
    }

    fn happen(&mut self, at: u64, what: What) {
        match what {
            What::Tick => {
                // Statuses come in again and again; the liar and the silent one claim whatever draws questions.
                for Peer(number, ..) in [FAST, SLOW, LIAR, SILENT, VANISHING] {
                    let head = if number == LIAR.0 { 1 << 40 } else { HEIGHTS };
                    if number != VANISHING.0 || at < VANISHES_MS {
                        let (peer, earliest) = (peer(number), Height::new(1));
                        self.feed(at, Event::Claimed { peer, earliest, head: Height::new(head) });
                    }
                }
                self.feed(at, Event::Tick);
                self.later(at, 500, What::Tick);
            }
            What::Vanish => self.feed(at, Event::Gone { peer: peer(VANISHING.0) }),
            What::Answer { number, from, count } => {
                let mut blocks = blocks(from, count.min((HEIGHTS + 1).saturating_sub(from)));
                if number == LIAR.0
                    && let Some(last) = blocks.last_mut()
                {
                    last.good = false;
                }
                let bytes = blocks.len() * BLOCK;
                self.feed(at, Event::Answered { peer: peer(number), from: Height::new(from), blocks, bytes });
            }
            What::Applied { last, rejected } => {
                self.applied = last;
                self.feed(
                    at,
                    match rejected {
                        Some(height) => Event::Rejected { height: Height::new(height) },
                        None => Event::Applied { height: Height::new(last) },
                    },
                );
            }
        }
    }

    fn feed(&mut self, at: u64, event: Event<Block>) {
        let actions = self.core.handle(self.begin + Duration::from_millis(at), event);
        self.most_bytes = self.most_bytes.max(self.core.held_bytes());
        for action in actions {
            match action {
                Action::Ask { peer: asked, from, count } => {
                    let peers = [FAST, SLOW, LIAR, SILENT, VANISHING];
                    let Peer(number, rate, round_trip) =
                        peers.into_iter().find(|known| peer(known.0) == asked).unwrap();
                    assert!((1..=64).contains(&count));
                    assert!(from.get() + u64::from(count) <= self.applied + MAX_AHEAD + 1);
                    if rate > 0 && (number != VANISHING.0 || at < VANISHES_MS) {
                        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                        let count = u64::from(count);
                        let wait = round_trip + count * 1000 / rate + (self.random >> 40) % JITTER;
                        self.later(at, wait, What::Answer { number, from: from.get(), count });
                    }
                }
                Action::Apply { blocks, .. } => {
                    let mut last = self.applied;
                    let mut rejected = None;
                    for block in &blocks {
                        assert_eq!(block.height, last + 1, "strictly in order");
                        if !block.good {
                            rejected = Some(block.height);
                            break;
                        }
                        last = block.height;
                    }
                    let wait = (last - self.applied) * 1000 / self.applies_per_second;
                    self.later(at, wait, What::Applied { last, rejected });
                }
                Action::Charge { peer: charged, conduct } => {
                    let number = (1..=5).find(|number| peer(*number) == charged).unwrap();
                    self.charges.push((number, conduct));
                }
            }
        }
    }

    fn charged(&self, number: u8, conduct: Conduct) -> usize {
        self.charges.iter().filter(|charge| **charge == (number, conduct)).count()
    }
}

#[test]
fn bad_peers_cost_a_fifth_of_the_speed_at_most() {
    for seed in 0..50 {
        for applies_per_second in [5_000, 300] {
            let (world, took) = World::run(seed, applies_per_second);
            let best = (FAST.speed() + SLOW.speed()).min(applies_per_second);
            let speed = HEIGHTS * 1000 / took;
            assert!(speed * 10 >= best * 8, "seed {seed}: {speed} of {best} blocks a second");
            assert!(world.most_bytes <= MAX_BYTES);
            for good in [FAST.0, SLOW.0, VANISHING.0] {
                assert_eq!(world.charged(good, Conduct::FalseAnswer), 0);
                assert_eq!(world.charged(good, Conduct::Timeout), 0);
            }
            assert_eq!(world.charged(LIAR.0, Conduct::FalseAnswer), 1);
            assert!(world.charged(SILENT.0, Conduct::Timeout) <= 5);
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_download() {
    let ((one, first), (two, second)) = (World::run(7, 1_000), World::run(7, 1_000));
    assert_eq!((first, one.charges), (second, two.charges));
}
