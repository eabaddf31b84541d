//! `liveness`: once everything transient is over and no more than a third is Byzantine, heights are decided.

use std::collections::BTreeMap;

use emotionalchain_shared::primitives::{Height, Round};

use super::{Checked, Violation};
use crate::{
    network::{Micros, SECOND},
    plan::{Fault, Plan},
};

/// Time for a height in the worst of rounds.
const PER_HEIGHT: Micros = 20 * SECOND;

/// How long and how many rounds a height may take.
#[derive(Debug)]
pub struct Liveness {
    healed: Micros,
    deadline: Micros,
    rounds: u32,
    /// Rounds of heights in progress when all was over; `None` before.
    places: Option<BTreeMap<Height, u32>>,
}

impl Liveness {
    /// For a plan.
    pub fn new(plan: &Plan) -> Self {
        let over = plan.faults.iter().map(Fault::over).filter(|over| *over < Micros::MAX);
        let healed = over.max().unwrap_or_default();
        let byzantine = (0..plan.validators).filter(|seat| plan.is_byzantine(*seat)).count();
        Self {
            healed,
            deadline: healed + PER_HEIGHT * plan.heights,
            // Two tickets each in a row, on both ends of the order, and two rounds to come together again.
            rounds: u32::try_from(4 * byzantine + 3).unwrap_or(u32::MAX),
            places: None,
        }
    }

    /// When everything transient is over.
    pub fn healed(&self) -> Micros {
        self.healed
    }

    /// When everything must be done.
    pub fn deadline(&self) -> Micros {
        self.deadline
    }

    /// Everything transient is over.
    pub fn heal(&mut self, places: impl Iterator<Item = (Height, Round)>) {
        let mut highest = BTreeMap::new();
        for (height, round) in places {
            let known = highest.entry(height).or_insert(0);
            *known = round.get().max(*known);
        }
        self.places = Some(highest);
    }

    /// A height is decided.
    ///
    /// # Errors
    /// `liveness`.
    pub fn decided(&self, height: Height, round: Round) -> Checked {
        let Some(places) = &self.places else { return Ok(()) };
        let before = places.get(&height).copied().unwrap_or_default();
        if round.get() > before + self.rounds {
            let detail =
                format!("height {height} took until round {round}, {before} + {} allowed", self.rounds);
            return Err(Violation::of("liveness", detail));
        }
        Ok(())
    }
}
