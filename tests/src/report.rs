//! One document about many runs.

use std::collections::BTreeMap;

use emotionalchain_shared::primitives::hash_bytes;
use serde::Serialize;

use crate::{
    byzantine::Kind,
    invariants::Violation,
    network::{Micros, ideal::percentile},
    plan::{Fault, Plan, Scenario},
    shrink::shrink,
    world::Outcome,
};

/// Runs with a behaviour from which on it must have fired.
const ENOUGH: u64 = 20;
/// Violations that are shrunk; more are counted and named.
const SHRUNK: usize = 3;

/// A violation, with what it takes.
#[derive(Clone, Debug, Serialize)]
pub struct Found {
    /// The seed.
    pub seed: u64,
    /// The seats of the run.
    pub validators: usize,
    /// What did not hold.
    #[serde(flatten)]
    pub violation: Violation,
    /// The faults that are left after shrinking; all of them if it was not shrunk.
    pub faults: Vec<String>,
    /// The last events before it.
    pub trace: Vec<String>,
}

/// Two percentiles in milliseconds.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Percentiles {
    /// Half lie below.
    pub p50: f64,
    /// Nineteen of twenty lie below.
    pub p95: f64,
}

/// The document.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// Everything that did not hold.
    pub violations: Vec<Found>,
    /// Runs.
    pub seeds: u64,
    /// Heights decided, in all runs.
    pub heights: u64,
    /// Epochs closed, in all runs.
    pub epochs: u64,
    /// Fewest epochs closed in a run.
    pub fewest_epochs: u64,
    /// From the proposer's send to the decision at each honest node, in virtual time.
    pub finality_ms: Percentiles,
    /// The same with the same placement, links and proposers, without CPU and bandwidth, everyone honest.
    pub ideal_finality_ms: Percentiles,
    /// From the proposer's send to a block's arrival at each other node.
    pub propagation_ms: Percentiles,
    /// How often each fault did something.
    pub faults_fired: BTreeMap<String, u64>,
    /// Copies of messages a height, over all links.
    pub messages_per_height: u64,
    /// Their bytes.
    pub bytes_per_height: u64,
    /// Of every event of every run.
    pub digest: String,
}

fn percentiles(mut values: Vec<Micros>) -> Percentiles {
    values.sort_unstable();
    let ms = |percent| percentile(&values, percent) as f64 / 1_000.0;
    Percentiles { p50: ms(50), p95: ms(95) }
}

/// Gathers runs, in the order of their seeds.
pub fn gather(scenario: Scenario, runs: Vec<(Plan, Outcome)>) -> Report {
    let mut report = Report { seeds: runs.len() as u64, fewest_epochs: u64::MAX, ..Report::default() };
    let (mut finality, mut ideal, mut propagation, mut digests) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut messages, mut bytes) = (0, 0);
    let mut planned: BTreeMap<Kind, u64> = BTreeMap::new();
    for (plan, outcome) in runs {
        report.heights += outcome.heights;
        report.epochs += outcome.epochs;
        report.fewest_epochs = report.fewest_epochs.min(outcome.epochs);
        finality.extend(outcome.finality);
        ideal.extend(outcome.ideal);
        propagation.extend(outcome.propagation);
        digests.extend(outcome.digest.to_be_bytes());
        messages += outcome.messages;
        bytes += outcome.bytes;
        for (name, times) in outcome.fired {
            *report.faults_fired.entry(name.to_owned()).or_default() += times;
        }
        for fault in &plan.faults {
            if let Fault::Byzantine { kind, .. } = fault {
                *planned.entry(*kind).or_default() += 1;
            }
        }
        if let Some(violation) = outcome.violation {
            let (plan, trace) = if report.violations.len() < SHRUNK {
                let (plan, outcome) = shrink(&plan);
                (plan, outcome.trace)
            } else {
                (plan, Vec::new())
            };
            let faults = plan.faults.iter().map(ToString::to_string).collect();
            let (seed, validators) = (plan.seed, plan.validators);
            report.violations.push(Found { seed, validators, violation, faults, trace });
        }
    }
    for (kind, runs) in planned {
        let fired = report.faults_fired.get(kind.name()).copied().unwrap_or_default();
        if fired == 0 && (runs >= ENOUGH || scenario == Scenario::Byzantine(kind)) {
            let violation =
                Violation::of("fired", format!("{} never did anything in {runs} runs", kind.name()));
            let (faults, trace) = (Vec::new(), Vec::new());
            report.violations.push(Found { seed: 0, validators: 0, violation, faults, trace });
        }
    }
    report.finality_ms = percentiles(finality);
    report.ideal_finality_ms = percentiles(ideal);
    report.propagation_ms = percentiles(propagation);
    report.messages_per_height = messages.checked_div(report.heights).unwrap_or_default();
    report.bytes_per_height = bytes.checked_div(report.heights).unwrap_or_default();
    report.digest = hash_bytes(&digests).to_string();
    report
}
