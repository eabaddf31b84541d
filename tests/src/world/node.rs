//! One simulated process with its disk: what survives a crash and what does not.

use std::collections::BTreeMap;

use emotionalchain_node::{
    consensus::replica::{Replica, Timer},
    device::SimulatedDevice,
    store::{Snapshot, Store},
};
use emotionalchain_shared::primitives::Height;

use super::disk::Disk;
use crate::{byzantine::Behaviour, network::Micros, plan::CrashDisk, rng::Rng};

/// A node.
pub struct Node {
    /// Whose keys it runs with.
    pub seat: usize,
    /// Survives.
    pub store: Store,
    /// Of the store, until the next commit.
    pub snapshot: Option<Snapshot>,
    /// Survives, as far as it was synced.
    pub disk: Disk,
    /// Alive.
    pub replica: Option<Replica>,
    /// Armed, with the number of the event that fires it.
    pub timers: BTreeMap<Timer, u64>,
    /// Milliseconds that its clock is ahead.
    pub skew: i64,
    /// Measures, unless its owner does not.
    pub device: Option<SimulatedDevice>,
    /// Of a Byzantine seat.
    pub behaviour: Option<Box<dyn Behaviour>>,
    /// Whether the seat is Byzantine.
    pub byzantine: bool,
    /// Its chance.
    pub rng: Rng,
    /// Dies at the next write to the log.
    pub doomed: Option<(Micros, CrashDisk)>,
    /// Stopped for good.
    pub stopped: bool,
    /// What others said of their heads.
    pub claims: BTreeMap<usize, Height>,
    /// Whom to ask next.
    pub next_asked: usize,
    /// A fetch is under way until then.
    pub fetching: Micros,
    /// Its line is busy until then.
    pub busy: Micros,
}

impl Node {
    /// What the store holds.
    pub fn head(&self) -> Height {
        match &self.replica {
            Some(replica) => replica.head().height,
            None => self.store.head().unwrap().map(|head| head.height).unwrap_or_default(),
        }
    }

    /// The replica with the state that it works on.
    pub fn running(&mut self) -> Option<(&mut Replica, &Snapshot)> {
        let snapshot = self.snapshot.get_or_insert_with(|| self.store.snapshot().unwrap());
        self.replica.as_mut().map(|replica| (replica, &*snapshot))
    }
}
