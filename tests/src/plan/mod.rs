//! What goes wrong in a run: all of it drawn before the run begins, so that it can be named, repeated and taken away
//! piece by piece.

mod draw;
mod fault;
mod mutation;
mod scenario;

pub use draw::draw;
pub use fault::{CrashDisk, CrashTime, Fault};
pub use mutation::Mutation;
pub use scenario::Scenario;

/// A run, complete: the same plan leads to the same events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Everything that the faults do not say comes from here.
    pub seed: u64,
    /// Seats at genesis.
    pub validators: usize,
    /// Heights to decide.
    pub heights: u64,
    /// What goes wrong.
    pub faults: Vec<Fault>,
    /// The defence taken away from everybody, in tests of the invariants.
    pub mutation: Option<Mutation>,
}

impl Plan {
    /// Nothing goes wrong.
    pub fn clean(seed: u64, validators: usize, heights: u64) -> Self {
        Self { seed, validators, heights, faults: Vec::new(), mutation: None }
    }

    /// The plan with another fault.
    #[must_use]
    pub fn with(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// The plan without a defence.
    #[must_use]
    pub fn without(mut self, mutation: Mutation) -> Self {
        self.mutation = Some(mutation);
        self
    }

    /// Most seats that may be Byzantine.
    pub fn tolerated(&self) -> usize {
        self.validators.saturating_sub(1) / 3
    }

    /// Whether a seat is Byzantine.
    pub fn is_byzantine(&self, seat: usize) -> bool {
        self.faults.iter().any(|fault| matches!(fault, Fault::Byzantine { seat: one, .. } if *one == seat))
    }
}
