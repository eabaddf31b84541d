//! Drawing a plan from a seed.

use std::ops::RangeInclusive;

use emotionalchain_shared::epoch::floor;

use super::{CrashDisk, CrashTime, Fault, Plan, Scenario};
use crate::{
    byzantine::Kind,
    network::{
        MS, Micros, SECOND,
        weather::{Span, Weather},
    },
    rng::Rng,
};

/// Bytes a millisecond of 100 Mbit/s.
const WAN_BANDWIDTH: u64 = 12_500;
/// By then the emotional votes of epoch 0 are in blocks, so that nobody loses a seat for want of a score.
const CALM: Micros = 4 * SECOND;

/// The plan of a seed.
pub fn draw(seed: u64, validators: RangeInclusive<usize>, heights: u64, scenario: Scenario) -> Plan {
    let mut rng = Rng::new(seed, "plan");
    let count = *validators.start() + rng.index(validators.end() - validators.start() + 1);
    let mut plan = Plan::clean(seed, count, heights);
    match scenario {
        Scenario::Clean => {}
        Scenario::Wan => {
            let always = Span { from: 0, until: u64::MAX };
            plan.faults.push(Fault::Weather(always, Weather::Bandwidth(WAN_BANDWIDTH)));
        }
        Scenario::Mixed => mixed(&mut plan, &mut rng),
        Scenario::Crashes => {
            skew(&mut plan, &mut rng);
            for _ in 0..4 {
                crash(&mut plan, &mut rng, 0);
            }
        }
        Scenario::Network => {
            for _ in 0..4 {
                weather(&mut plan, &mut rng, 0);
            }
        }
        Scenario::Byzantine(kind) => {
            for seat in rng.some(plan.tolerated().max(1), count) {
                plan.faults.push(Fault::Byzantine { seat, kind });
            }
            if kind == Kind::Amnesia {
                plan.faults.push(Fault::Hidden { height: rng.between(2, 5) });
                plan.faults.push(Fault::Hidden { height: rng.between(6, 9) });
            }
        }
    }
    plan
}

fn mixed(plan: &mut Plan, rng: &mut Rng) {
    let byzantine = rng.index(plan.tolerated() + 1);
    // Seats without a score may go, down to the floor: of those that are left no more than a third may be Byzantine.
    let safe = byzantine <= floor(plan.validators).saturating_sub(1) / 3;
    let calm = if safe { 0 } else { CALM };
    for seat in rng.some(byzantine, plan.validators) {
        let kind = Kind::ALL[rng.index(Kind::ALL.len())];
        plan.faults.push(Fault::Byzantine { seat, kind });
    }
    skew(plan, rng);
    for seat in 0..plan.validators {
        if rng.chance(150) && safe {
            plan.faults.push(Fault::NoProofs { seat });
        }
    }
    for _ in 0..rng.below(3) {
        crash(plan, rng, calm);
    }
    for _ in 0..rng.below(3) {
        weather(plan, rng, calm);
    }
    let forgetful = plan.faults.iter().any(|one| matches!(one, Fault::Byzantine { kind: Kind::Amnesia, .. }));
    if rng.chance(100) || forgetful {
        plan.faults.push(Fault::Hidden { height: rng.between(2, 8) });
    }
}

fn skew(plan: &mut Plan, rng: &mut Rng) {
    for seat in 0..plan.validators {
        let ms = i64::try_from(rng.below(200)).unwrap_or_default() - 100;
        plan.faults.push(Fault::Skew { seat, ms });
    }
}

fn crash(plan: &mut Plan, rng: &mut Rng, calm: Micros) {
    let seat = rng.index(plan.validators);
    if plan.is_byzantine(seat) {
        return;
    }
    let at = calm + rng.below(8 * SECOND);
    let disk = [CrashDisk::Kept, CrashDisk::Lost, CrashDisk::Torn][rng.index(3)];
    let (seat, time) = match rng.below(4) {
        0 => (Some(seat), CrashTime::At(at)),
        1 => (None, CrashTime::Proposed(rng.between(1, 9).max(calm / SECOND + 1))),
        _ => (Some(seat), CrashTime::Writing(at)),
    };
    plan.faults.push(Fault::Crash { seat, time, down: rng.between(5 * MS, 3 * SECOND), disk });
}

fn weather(plan: &mut Plan, rng: &mut Rng, calm: Micros) {
    let from = calm + rng.below(7 * SECOND);
    let span = Span { from, until: from + rng.between(500 * MS, 4 * SECOND) };
    let one = match rng.below(5) {
        0 => {
            let size = rng.index(plan.validators - 1) + 1;
            Weather::Partition(rng.some(size, plan.validators))
        }
        1 => Weather::Loss(rng.between(20, 300)),
        2 => Weather::Duplication(rng.between(50, 500)),
        3 => Weather::Reordering(rng.between(50, 500)),
        _ => Weather::Bandwidth(rng.between(50, 2_000)),
    };
    plan.faults.push(Fault::Weather(span, one));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_has_one_plan_and_no_more_than_a_third_is_byzantine() {
        for seed in 0..200 {
            let plan = draw(seed, 4..=10, 12, Scenario::Mixed);
            assert_eq!(plan, draw(seed, 4..=10, 12, Scenario::Mixed));
            assert!((4..=10).contains(&plan.validators));
            let byzantine = (0..plan.validators).filter(|seat| plan.is_byzantine(*seat)).count();
            assert!(byzantine <= plan.tolerated());
        }
    }
}
