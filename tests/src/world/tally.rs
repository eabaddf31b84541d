//! What a run is counted by.

use std::{collections::BTreeMap, collections::BTreeSet};

use emotionalchain_shared::primitives::{Height, Round};

use super::World;
use crate::{
    invariants::Violation,
    network::{Micros, ideal},
};

/// Counters of a run.
#[derive(Debug, Default)]
pub struct Tally {
    /// Events so far.
    pub events: u64,
    /// Copies of messages sent.
    pub messages: u64,
    /// Their bytes.
    pub bytes: u64,
    /// When a proposal was first sent, and by which node.
    pub proposed: BTreeMap<(Height, Round), (Micros, usize)>,
    /// From the proposer's send to each honest node's decision.
    pub finality: Vec<Micros>,
    /// From the proposer's send to the block's first arrival at each node.
    pub propagation: Vec<Micros>,
    /// Blocks that arrived, by node.
    pub arrived: BTreeSet<(Height, Round, usize)>,
    /// Who proposed what became final.
    pub proposers: Vec<usize>,
    /// Heights decided by anybody honest.
    pub decided: BTreeSet<Height>,
    fired: BTreeMap<&'static str, u64>,
    digest: u64,
}

impl Tally {
    /// A fault did something.
    pub fn fired(&mut self, name: &'static str, times: u64) {
        *self.fired.entry(name).or_default() += times;
    }

    /// Takes a number into the digest of the run.
    pub fn mix(&mut self, number: u64) {
        let mixed = (self.digest ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.digest = mixed ^ (mixed >> 29);
    }
}

/// What a run came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The first invariant that did not hold.
    pub violation: Option<Violation>,
    /// Heights decided.
    pub heights: u64,
    /// Epochs closed.
    pub epochs: u64,
    /// Virtual time that it took.
    pub took: Micros,
    /// From proposal to decision, at each honest node.
    pub finality: Vec<Micros>,
    /// From the proposer's send to the block's arrival, at each node.
    pub propagation: Vec<Micros>,
    /// The same as finality for a network without CPU and bandwidth, of the same placement and proposers.
    pub ideal: Vec<Micros>,
    /// How often each fault did something.
    pub fired: BTreeMap<&'static str, u64>,
    /// Copies of messages sent.
    pub messages: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Of every event and every decision.
    pub digest: u64,
    /// The last events in words, if asked for.
    pub trace: Vec<String>,
}

impl World {
    pub(super) fn outcome(mut self) -> Outcome {
        for node in &self.nodes {
            let kind = super::kind_of(&self.plan, node.seat);
            if let (Some(behaviour), Some(kind)) = (&node.behaviour, kind) {
                self.tally.fired(kind.name(), behaviour.fired());
            }
        }
        let tally = self.tally;
        Outcome {
            violation: self.violation,
            heights: tally.decided.len() as u64,
            epochs: self.watch.closes(),
            took: self.now,
            ideal: ideal::finality(&self.placement, self.plan.validators, &tally.proposers),
            propagation: tally.propagation,
            finality: tally.finality,
            fired: tally.fired,
            messages: tally.messages,
            bytes: tally.bytes,
            digest: tally.digest,
            trace: self.trace.into_iter().flatten().collect(),
        }
    }
}
