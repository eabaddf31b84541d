//! A network of real replicas in virtual time.
//!
//! ```text
//!  agenda (time, number) ─► happen ─► Replica::handle ─► carry_out ─┬─► disk, store        (host)
//!        ▲                               ▲                          └─► send ─► network    (traffic)
//!        └── timers, deliveries, ticks, faults ◄────────────────────────────┘
//!                                 every step is shown to the invariants
//! ```
//! The simulated host follows the laws of [`emotionalchain_node::consensus::replica`] exactly as the node's does. CPU
//! time is not charged. A run ends when every honest node has decided all heights, at the first violation, or when its
//! time is up.

mod disk;
mod host;
mod node;
mod payload;
pub mod people;
pub mod store;
mod sync;
mod tally;
mod traffic;

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, VecDeque},
    rc::Rc,
    sync::Arc,
};

use emotionalchain_node::consensus::replica::{Input, Timer};
use emotionalchain_shared::{
    chain::ChainSpec,
    consensus::engine,
    mutations::take_away,
    primitives::{Height, TimeMs},
};

use crate::{
    byzantine::Kind,
    invariants::{Checked, Violation, Watch},
    network::{MS, Micros, SECOND, placement::Placement},
    plan::{CrashDisk, CrashTime, Fault, Mutation, Plan},
    rng::Rng,
};
use disk::Disk;
use node::Node;
use people::Person;
use tally::Tally;

pub use payload::Payload;
pub use tally::Outcome;

/// Between a node's looks at its peers' heads.
const TICK: Micros = 500 * MS;
/// Between transfers of users.
const TRANSFER: Micros = 700 * MS;
/// How long a doomed node may go without writing before it dies all the same.
const DOOM: Micros = 500 * MS;
/// Last events kept for a trace.
const TRACE: usize = 40;
/// Events at most: past it something runs in circles.
const MAX_EVENTS: u64 = 200_000_000;

/// What can happen.
enum What {
    Deliver(usize, Rc<Payload>),
    Fired(Timer),
    Start,
    Tick,
    Fault(usize),
    Doom,
    Transfer,
}

struct Happening {
    at: Micros,
    number: u64,
    node: usize,
    what: What,
}

impl PartialEq for Happening {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.number) == (other.at, other.number)
    }
}
impl Eq for Happening {}
impl PartialOrd for Happening {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Happening {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}

/// One run.
pub struct World {
    plan: Plan,
    spec: Arc<ChainSpec>,
    people: Vec<Person>,
    placement: Placement,
    nodes: Vec<Node>,
    agenda: BinaryHeap<Reverse<Happening>>,
    now: Micros,
    number: u64,
    rng: Rng,
    watch: Watch,
    tally: Tally,
    /// Crashes that wait for a proposal: fault by number.
    ambushes: Vec<usize>,
    /// Heights with a hidden decision, with the seat that proposes next.
    hidden: Vec<(Height, Option<usize>)>,
    /// Nodes that are down now, or will be.
    down: usize,
    healed: bool,
    trace: Option<VecDeque<String>>,
    violation: Option<Violation>,
}

/// Runs a plan. `traced`: keep the last events in words.
pub fn run(plan: &Plan, traced: bool) -> Outcome {
    take_away(plan.mutation.and_then(Mutation::of_ledger));
    let mut world = World::new(plan.clone(), traced);
    world.begin();
    world.go_on();
    let outcome = world.outcome();
    take_away(None);
    outcome
}

impl World {
    fn new(plan: Plan, traced: bool) -> Self {
        let people: Vec<Person> = (0..plan.validators).map(|seat| Person::draw(plan.seed, seat)).collect();
        let spec = people::chain(&people);
        let kinds: Vec<Option<Kind>> = (0..plan.validators).map(|seat| kind_of(&plan, seat)).collect();
        let twins = (0..plan.validators).filter(|seat| kinds[*seat] == Some(Kind::Twins));
        let seats: Vec<usize> = (0..plan.validators).chain(twins).collect();
        let placement = Placement::draw(seats.len(), &mut Rng::new(plan.seed, "placement"));
        let nodes = seats.iter().enumerate().map(|(at, seat)| {
            let kind = kinds[*seat];
            let second = at >= plan.validators;
            let silent = plan.faults.contains(&Fault::NoProofs { seat: *seat });
            let rng = Rng::new(plan.seed, &format!("node {at}"));
            Node {
                seat: *seat,
                store: store::lay(&spec),
                snapshot: None,
                disk: Disk::new(plan.mutation == Some(Mutation::FsyncSkipped)),
                replica: None,
                timers: Default::default(),
                skew: skew_of(&plan, *seat),
                device: (!second && !silent).then(|| people[*seat].device(&spec, at)),
                behaviour: kind.map(|kind| kind.begin(second)),
                byzantine: kind.is_some(),
                rng,
                doomed: None,
                stopped: false,
                claims: Default::default(),
                next_asked: at + 1,
                fetching: 0,
                busy: 0,
            }
        });
        let guilty = (0..plan.validators).filter(|seat| kinds[*seat].is_some());
        let guilty = guilty.map(|seat| people[seat].address()).collect();
        let watch = Watch::new(&spec, &plan, guilty);
        Self {
            nodes: nodes.collect(),
            agenda: BinaryHeap::new(),
            now: 0,
            number: 0,
            rng: Rng::new(plan.seed, "network"),
            tally: Tally::default(),
            ambushes: Vec::new(),
            hidden: Vec::new(),
            down: 0,
            healed: false,
            trace: traced.then(VecDeque::new),
            violation: None,
            plan,
            spec,
            people,
            placement,
            watch,
        }
    }

    fn begin(&mut self) {
        for at in 0..self.nodes.len() {
            let late = self.rng.below(40 * MS);
            self.down += 1;
            self.after(late, at, What::Start);
            let first = self.rng.below(TICK);
            self.after(first, at, What::Tick);
        }
        self.after(SECOND, 0, What::Transfer);
        for (index, fault) in self.plan.faults.clone().into_iter().enumerate() {
            match fault {
                Fault::Crash {
                    time: CrashTime::At(at) | CrashTime::Writing(at), seat: Some(seat), ..
                } => {
                    self.after(at, seat, What::Fault(index));
                }
                Fault::Crash { .. } => self.ambushes.push(index),
                Fault::Hidden { height } => self.hidden.push((Height::new(height), None)),
                Fault::Skew { .. } | Fault::NoProofs { .. } => self.tally.fired(fault.name(), 1),
                Fault::Weather(..) | Fault::Byzantine { .. } => {}
            }
        }
    }

    fn go_on(&mut self) {
        while self.violation.is_none() && !self.done() {
            let Some(Reverse(next)) = self.agenda.pop() else { break };
            self.now = next.at;
            self.tally.events += 1;
            if self.now > self.watch.deadline() || self.tally.events > MAX_EVENTS {
                self.violation = Some(self.stalled());
                break;
            }
            self.heal();
            self.happen(next.node, next.number, next.what);
        }
    }

    fn done(&self) -> bool {
        let finished = |node: &Node| {
            node.byzantine
                || node.replica.as_ref().is_some_and(|one| one.head().height.get() >= self.plan.heights)
        };
        self.nodes.iter().all(finished)
    }

    fn stalled(&self) -> Violation {
        let place = |node: &Node| match &node.replica {
            Some(replica) => {
                let core = replica.core();
                format!("{} at {}/{} {:?}", node.seat, core.height(), core.round(), core.step())
            }
            None => format!("{} is down", node.seat),
        };
        let places: Vec<String> = self.nodes.iter().map(place).collect();
        Violation::of("liveness", format!("after {} ms: {}", self.now / MS, places.join(", ")))
    }

    /// Tells the invariants once everything transient is over and everybody is there.
    fn heal(&mut self) {
        if self.healed || self.now < self.watch.healed() || self.down > 0 {
            return;
        }
        self.healed = true;
        let honest = self.nodes.iter().filter(|node| !node.byzantine);
        let places = honest.filter_map(|node| {
            node.replica.as_ref().map(|replica| (replica.core().height(), replica.core().round()))
        });
        self.watch.heal(places);
    }

    fn happen(&mut self, at: usize, number: u64, what: What) {
        self.tally.mix(self.now);
        self.tally.mix(at as u64);
        match what {
            What::Deliver(from, payload) => self.deliver(at, from, &payload),
            What::Fired(timer) => {
                if self.nodes[at].timers.get(&timer) == Some(&number) {
                    self.nodes[at].timers.remove(&timer);
                    self.note(|| format!("{at} timer {timer:?}"));
                    self.feed(at, Input::Fired(timer));
                }
            }
            What::Start => self.start(at),
            What::Tick => self.tick(at),
            What::Fault(index) => self.strike(at, index),
            What::Doom => {
                if let Some((down, disk)) = self.nodes[at].doomed {
                    self.crash(at, down, disk);
                }
            }
            What::Transfer => self.transfer(),
        }
    }

    fn strike(&mut self, at: usize, index: usize) {
        let Fault::Crash { time, down, disk, .. } = self.plan.faults[index] else { return };
        if self.nodes[at].replica.is_none() {
            return;
        }
        if matches!(time, CrashTime::Writing(_)) {
            self.nodes[at].doomed = Some((down, disk));
            self.after(DOOM, at, What::Doom);
        } else {
            self.crash(at, down, disk);
        }
    }

    /// The process dies.
    fn crash(&mut self, at: usize, down: Micros, disk: CrashDisk) {
        self.note(|| format!("{at} crashes for {} ms, {disk:?}", down / MS));
        let dropped = self.plan.mutation == Some(Mutation::LogDropped);
        let node = &mut self.nodes[at];
        node.doomed = None;
        if node.replica.take().is_none() {
            return;
        }
        self.watch.crashed(at);
        node.timers.clear();
        node.claims.clear();
        node.fetching = 0;
        node.disk.crash(disk, &mut node.rng);
        if dropped {
            node.disk.drop_log();
        }
        self.down += 1;
        let name = Fault::Crash { seat: None, time: CrashTime::At(0), down, disk }.name();
        self.tally.fired(name, 1);
        self.after(down, at, What::Start);
    }

    fn after(&mut self, wait: Micros, node: usize, what: What) -> u64 {
        self.number += 1;
        let (at, number) = (self.now + wait, self.number);
        self.agenda.push(Reverse(Happening { at, number, node, what }));
        number
    }

    /// What a node's clock shows.
    fn clock(&self, at: usize) -> TimeMs {
        let passed = 1_000 + self.now / MS;
        let skew = self.nodes[at].skew;
        let start = people::GENESIS.saturating_add(passed);
        if skew < 0 {
            start.saturating_sub(skew.unsigned_abs())
        } else {
            start.saturating_add(skew.unsigned_abs())
        }
    }

    fn hold(&mut self, checked: Checked) {
        if let Err(violation) = checked
            && self.violation.is_none()
        {
            self.violation = Some(violation);
        }
    }

    fn note(&mut self, text: impl FnOnce() -> String) {
        let now = self.now;
        if let Some(trace) = &mut self.trace {
            if trace.len() >= TRACE {
                trace.pop_front();
            }
            trace.push_back(format!("{:>9.3} ms  {}", now as f64 / MS as f64, text()));
        }
    }

    fn mutation(&self) -> Option<engine::Mutation> {
        self.plan.mutation.and_then(Mutation::of_engine)
    }
}

fn kind_of(plan: &Plan, seat: usize) -> Option<Kind> {
    plan.faults.iter().find_map(|fault| match fault {
        Fault::Byzantine { seat: one, kind } if *one == seat => Some(*kind),
        _ => None,
    })
}

fn skew_of(plan: &Plan, seat: usize) -> i64 {
    plan.faults
        .iter()
        .find_map(|fault| match fault {
            Fault::Skew { seat: one, ms } if *one == seat => Some(*ms),
            _ => None,
        })
        .unwrap_or_default()
}
