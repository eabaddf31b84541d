//! Every defence taken away trips a named invariant, where the sound code passes the same seed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use emotionalchain_tests::{plan::Mutation, shrink::shrink, world::run};

const SEEDS: u64 = 8;

fn is_caught(mutation: Mutation, invariants: &[&str]) {
    let mut caught = 0;
    for seed in 0..SEEDS {
        let trap = mutation.trap(seed);
        assert_eq!(run(&trap, false).violation, None, "sound code, seed {seed}");
        if let Some(found) = run(&trap.without(mutation), false).violation {
            assert!(invariants.contains(&found.invariant.as_str()), "{}: {found:?}", mutation.name());
            caught += 1;
        }
    }
    assert!(caught > 0, "{} went unnoticed", mutation.name());
}

macro_rules! mutations {
    ($($name:ident: $mutation:ident trips $($invariant:literal),+;)*) => {
        /// What keeps a new mutation from being forgotten here.
        const NAMED: &[Mutation] = &[$(Mutation::$mutation),*];
        $(#[test]
        fn $name() {
            is_caught(Mutation::$mutation, &[$($invariant),+]);
        })*
    };
}

mutations! {
    log_dropped: LogDropped trips "double_signature";
    fsync_skipped: FsyncSkipped trips "double_signature";
    quorum_minus_one: QuorumMinusOne trips "lock", "certificates", "silent_third", "agreement";
    quorum_of_all: QuorumOfAll trips "liveness";
    signatures_unchecked: SignaturesUnchecked trips "certificates", "evidence", "lock", "silent_third";
    evidence_dropped: EvidenceDropped trips "accountability";
    lock_ignored: LockIgnored trips "lock", "agreement";
    membership_unchecked: MembershipUnchecked trips "certificates", "lock", "silent_third";
    churn_unbounded: ChurnUnbounded trips "churn";
    results_unchecked: ResultsUnchecked trips "validity";
    proofs_unchecked: ProofsUnchecked trips "validity";
    fetch_dropped: FetchDropped trips "liveness";
    bounds_off: BoundsOff trips "memory";
}

#[test]
fn every_mutation_is_tested() {
    assert!(Mutation::ALL.iter().all(|one| NAMED.contains(one)));
}

#[test]
fn a_violation_is_shrunk_to_the_faults_that_it_takes() {
    let plan = Mutation::LogDropped.trap(0).without(Mutation::LogDropped);
    let crash = plan.faults.clone();
    let skew = (0..4).map(|seat| emotionalchain_tests::plan::Fault::Skew { seat, ms: 3 });
    let padded = skew.fold(plan, emotionalchain_tests::plan::Plan::with);
    let (smallest, outcome) = shrink(&padded);
    assert_eq!(smallest.faults, crash);
    assert_eq!(outcome.violation.unwrap().invariant, "double_signature");
    assert!(!outcome.trace.is_empty(), "with the events that led to it");
}
