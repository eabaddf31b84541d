//! From a plan that violates an invariant to the few faults that it takes.

use crate::{plan::Plan, world::Outcome, world::run};

/// Runs at most: each drops one fault.
const MAX_RUNS: usize = 200;

/// The smallest plan found that violates the same invariant, with its outcome and trace.
pub fn shrink(plan: &Plan) -> (Plan, Outcome) {
    let mut best = plan.clone();
    let mut outcome = run(&best, true);
    let Some(invariant) = outcome.violation.as_ref().map(|one| one.invariant.clone()) else {
        return (best, outcome);
    };
    let mut at = 0;
    for _ in 0..MAX_RUNS {
        if at >= best.faults.len() {
            break;
        }
        let mut smaller = best.clone();
        smaller.faults.remove(at);
        let tried = run(&smaller, true);
        if tried.violation.as_ref().is_some_and(|one| one.invariant == invariant) {
            (best, outcome) = (smaller, tried);
        } else {
            at += 1;
        }
    }
    (best, outcome)
}
