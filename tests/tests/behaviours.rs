//! Every Byzantine behaviour: it fires, no invariant breaks; and without its defence a named one does.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use emotionalchain_tests::{
    byzantine::Kind,
    plan::{Plan, Scenario, draw},
    world::{Outcome, run},
};

/// Enough for each behaviour to come to its turn.
const SEEDS: u64 = 4;

fn fired(outcome: &Outcome, name: &str) -> u64 {
    outcome.fired.iter().filter(|(one, _)| ***one == *name).map(|(_, times)| *times).sum()
}

fn holds(kind: Kind) {
    let mut times = 0;
    for seed in 0..SEEDS {
        let plan = draw(seed, 4..=7, 12, Scenario::Byzantine(kind));
        let outcome = run(&plan, false);
        assert_eq!(outcome.violation, None, "{} with seed {seed}", kind.name());
        assert!(outcome.epochs >= 2, "{} epochs with seed {seed}", outcome.epochs);
        times += fired(&outcome, kind.name());
    }
    assert!(times > 0, "{} never did anything", kind.name());
}

/// The behaviour with its defence breaks nothing; without it a named invariant, and more often than the same run with
/// everyone honest.
fn needs_its_defence(kind: Kind, invariants: &[&str]) {
    let defence = kind.defence();
    let (mut broken, mut broken_by_honest) = (0, 0);
    for seed in 0..SEEDS * 2 {
        let trap = kind.trap(seed);
        assert_eq!(run(&trap, false).violation, None, "{} with seed {seed}", kind.name());
        let others = trap.faults.iter().filter(|one| one.name() != kind.name()).cloned().collect();
        let honest = Plan { faults: others, ..trap.clone() };
        broken_by_honest += u64::from(run(&honest.without(defence), false).violation.is_some());
        if let Some(found) = run(&trap.without(defence), false).violation {
            assert!(invariants.contains(&found.invariant.as_str()), "{} breaks {found:?}", kind.name());
            broken += 1;
        }
    }
    // An amnesiac does what everybody does without locks: there the behaviour is one of many.
    let many = kind == Kind::Amnesia;
    assert!(broken > 0, "{} breaks nothing without {}", kind.name(), defence.name());
    assert!(many || broken > broken_by_honest, "{} is not what breaks it", kind.name());
}

macro_rules! behaviours {
    ($($name:ident: $kind:ident breaks $($invariant:literal),+;)*) => {
        /// What keeps a new behaviour from being forgotten here.
        const NAMED: &[Kind] = &[$(Kind::$kind),*];
        $(mod $name {
            use super::*;

            #[test]
            fn breaks_no_invariant() {
                holds(Kind::$kind);
            }

            #[test]
            fn breaks_one_without_its_defence() {
                needs_its_defence(Kind::$kind, &[$($invariant),+]);
            }
        })*
    };
}

behaviours! {
    equivocating_votes: EquivocatingVotes breaks "accountability";
    equivocating_proposals: EquivocatingProposals breaks "accountability";
    twins: Twins breaks "accountability";
    withheld_votes: WithheldVotes breaks "liveness";
    withheld_bodies: WithheldBodies breaks "liveness";
    invalid_body: InvalidBody breaks "validity";
    amnesia: Amnesia breaks "lock", "agreement";
    bad_signatures: BadSignatures breaks "certificates", "evidence", "lock", "silent_third";
    strangers: Strangers breaks "certificates", "lock", "silent_third";
    forged_certificates: ForgedCertificates breaks "certificates", "evidence", "lock", "agreement", "silent_third", "halt";
    round_flood: RoundFlood breaks "memory";
    false_scores: FalseScores breaks "validity";
    replayed_proofs: ReplayedProofs breaks "validity";
}

#[test]
fn every_behaviour_is_tested() {
    assert!(Kind::ALL.iter().all(|kind| NAMED.contains(kind)));
}

#[test]
fn a_behaviour_that_never_fires_fails_the_report() {
    let plan = Kind::Amnesia.trap(1);
    let mut outcome = run(&Plan::clean(1, 4, 2), false);
    outcome.fired.clear();
    let report =
        emotionalchain_tests::report::gather(Scenario::Byzantine(Kind::Amnesia), vec![(plan, outcome)]);
    assert_eq!(report.violations.len(), 1);
    assert_eq!(report.violations[0].violation.invariant, "fired");
}
