//! Finality of small blocks over the measured wide-area table, beside the ideal of the same placement.

use emotionalchain_tests::{
    plan::{Scenario, draw},
    report::gather,
    world::run,
};

use crate::Row;

const HEIGHTS: u64 = 10;

/// 4, 32 and 100 seats.
pub fn finality() -> Vec<Row> {
    [(4, 20), (32, 3), (100, 2)].into_iter().map(|(seats, seeds)| row(seats, seeds)).collect()
}

fn row(seats: usize, seeds: u64) -> Row {
    eprintln!("{seats} simulated seats, {seeds} seeds");
    let plans = (0..seeds).map(|seed| draw(seed, seats..=seats, HEIGHTS, Scenario::Wan));
    let report = gather(Scenario::Wan, plans.map(|plan| (plan.clone(), run(&plan, false))).collect());
    assert!(report.violations.is_empty(), "{:?}", report.violations);
    let (real, ideal, spread) = (report.finality_ms, report.ideal_finality_ms, report.propagation_ms);
    Row::new(
        format!("simulated finality, {seats} seats, wide area, 100 Mbit/s"),
        format!("p50 {:.0} ms, p95 {:.0} ms", real.p50, real.p95),
        format!(
            "ideal p50 {:.0} ms, p95 {:.0} ms: {:.2} and {:.2} times; a block reaches a node in p50 {:.0} ms, p95 \
             {:.0} ms; {} messages and {} KB a height over all links",
            ideal.p50,
            ideal.p95,
            real.p50 / ideal.p50,
            real.p95 / ideal.p95,
            spread.p50,
            spread.p95,
            report.messages_per_height,
            report.bytes_per_height / 1_000
        ),
    )
}
