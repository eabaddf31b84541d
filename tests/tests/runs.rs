//! What a run is: the same for the same seed, over at least two epochs, with finality near what the network allows.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use emotionalchain_tests::{
    plan::{Plan, Scenario, draw},
    report::gather,
    world::run,
};

#[test]
fn the_same_seed_has_the_same_digest() {
    let digest = |seed| run(&draw(seed, 4..=10, 6, Scenario::Mixed), false).digest;
    let digests: Vec<u64> = (0..4).map(digest).collect();
    assert_eq!(digests, (0..4).map(digest).collect::<Vec<_>>());
    assert_ne!(digests[0], digests[1]);
}

#[test]
fn tracing_changes_nothing() {
    let plan = draw(3, 4..=7, 6, Scenario::Mixed);
    assert_eq!(run(&plan, true).digest, run(&plan, false).digest);
}

#[test]
fn more_than_a_third_silent_finalises_nothing() {
    use emotionalchain_tests::{
        network::SECOND,
        plan::{CrashDisk, CrashTime, Fault},
    };
    let down = |plan: Plan, seat| {
        let (time, disk) = (CrashTime::At(3 * SECOND), CrashDisk::Kept);
        plan.with(Fault::Crash { seat: Some(seat), time, down: 30 * SECOND, disk })
    };
    let plan = down(down(Plan::clean(1, 4, 6), 0), 1);
    let outcome = run(&plan, false);
    assert_eq!(outcome.violation, None);
    assert!(outcome.took > 33 * SECOND, "the last heights waited for them: {} µs", outcome.took);
    assert!(run(&Plan::clean(1, 4, 6), false).took < 15 * SECOND);
}

#[test]
fn a_proof_of_lock_that_only_one_seat_holds_gets_through() {
    // Votes were lost just so: one seat alone saw a quorum of prevotes for a block. It will not prevote another one, and
    // the others none without that proof.
    let outcome = run(&draw(5_085, 4..=4, 12, Scenario::Mixed), false);
    assert_eq!(outcome.violation, None);
}

#[test]
fn without_faults_finality_is_near_the_ideal() {
    let runs = (0..3).map(|seed| draw(seed, 4..=10, 8, Scenario::Clean));
    let runs = runs.map(|plan| (plan.clone(), run(&plan, false))).collect();
    let report = gather(Scenario::Clean, runs);
    assert!(report.violations.is_empty());
    assert!(report.fewest_epochs >= 1);
    assert!(report.finality_ms.p50 <= report.ideal_finality_ms.p50 * 1.25, "{report:?}");
}

#[test]
fn one_json_document_has_every_field() {
    let plan = Plan::clean(1, 4, 3);
    let report = gather(Scenario::Clean, vec![(plan.clone(), run(&plan, false))]);
    let document = serde_json::to_value(&report).unwrap();
    for field in [
        "violations",
        "seeds",
        "heights",
        "epochs",
        "finality_ms",
        "ideal_finality_ms",
        "faults_fired",
        "messages_per_height",
        "bytes_per_height",
        "digest",
    ] {
        assert!(!document[field].is_null(), "{field}");
    }
    assert!(document["finality_ms"]["p95"].is_number());
}
