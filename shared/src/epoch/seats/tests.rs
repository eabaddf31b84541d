//! The rules of seats, first by example, then as invariants over random histories; each invariant is also shown to
//! catch its violation.

#![allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly")]

use std::collections::BTreeSet;

use super::*;
use crate::{epoch::RecentLargest, primitives::hash_bytes};

fn bp(value: u16) -> BasisPoints {
    BasisPoints::new(value).unwrap()
}

fn who(index: usize) -> Address {
    let mut bytes = [0; 20];
    bytes[..8].copy_from_slice(&(index as u64).to_be_bytes());
    Address::new(bytes)
}

/// A bonded validator in good standing but for what a test changes.
fn contender(index: usize, seated: bool, score: Option<u16>) -> Contender {
    Contender {
        address: who(index),
        seated,
        score: score.map(bp),
        bonded: true,
        jailed: false,
        tombstoned: false,
        unbonding: false,
    }
}

fn seated(count: usize, score: Option<u16>) -> Vec<Contender> {
    (0..count).map(|index| contender(index, true, score)).collect()
}

fn outsiders(from: usize, count: usize, score: Option<u16>) -> Vec<Contender> {
    (from..from + count).map(|index| contender(index, false, score)).collect()
}

fn seed(number: u64) -> Hash {
    hash_bytes(&number.to_be_bytes())
}

fn close(contenders: &[Contender], largest: usize) -> Committee {
    next_committee(&Params::default(), contenders, &seed(0), largest)
}

/// Seats what a close decided.
fn apply(contenders: &mut [Contender], committee: &Committee) {
    for one in contenders {
        one.seated = committee.seats.contains(&one.address);
    }
}

fn seats_of(contenders: &[Contender]) -> usize {
    contenders.iter().filter(|one| one.seated).count()
}

/// The invariants that a close breaks.
fn broken(params: &Params, contenders: &[Contender], largest: usize, next: &Committee) -> Vec<&'static str> {
    let old: BTreeSet<Address> = contenders.iter().filter(|one| one.seated).map(|one| one.address).collect();
    let new: BTreeSet<Address> = next.seats.iter().copied().collect();
    let find = |address: &Address| contenders.iter().find(|one| one.address == *address);
    let entered: Vec<&Contender> = new.difference(&old).filter_map(find).collect();
    let left: Vec<&Contender> = old.difference(&new).filter_map(find).collect();
    let n = old.len();
    let floor = floor(largest).min(params.max_seats as usize);
    let barred_left = left.iter().filter(|one| is_barred(one)).count();
    let filled = entered.iter().any(|one| !is_candidate(params, one));
    let same =
        |list: &[Address], of: &[&Contender]| list.iter().copied().eq(of.iter().map(|one| one.address));
    let key = |one: &Contender| (!is_barred(one), !one.jailed, !one.unbonding, one.score);
    let stayed: Vec<&Contender> = old.intersection(&new).filter_map(find).collect();
    let rules = [
        ("sorted and distinct", next.seats.iter().eq(new.iter())),
        ("known", new.iter().all(|address| find(address).is_some())),
        ("entered and left are the difference", same(&next.entered, &entered) && same(&next.left, &left)),
        ("never empty", n == 0 || !new.is_empty()),
        ("at most max_seats", new.len() <= params.max_seats as usize),
        ("churn", entered.len() + left.len() <= churn_bound(n)),
        ("more than two thirds stay", n < 4 || 3 * (n - left.len()) > 2 * n),
        ("floor", new.len() >= floor.min(n - barred_left) || left.len() == barred_left),
        ("incumbent candidates stay", left.iter().all(|one| !is_candidate(params, one))),
        ("tombstoned never enter", entered.iter().all(|one| !is_barred(one) && !one.unbonding)),
        ("below the gate only for the floor", !filled || (new.len() <= floor && left.len() == barred_left)),
        (
            "leaving in order",
            left.iter().all(|gone| {
                stayed.iter().filter(|one| !is_candidate(params, one)).all(|one| key(gone) <= key(one))
            }),
        ),
        (
            "a light client can step",
            // Of any quorum of the new set, more than a third of the old set's seats.
            n == 0 || 3 * (quorum(new.len()).saturating_sub(entered.len())) > n,
        ),
    ];
    rules.into_iter().filter(|(_, holds)| !holds).map(|(name, _)| name).collect()
}

#[test]
fn floors_and_bounds() {
    for (largest, expected) in [(0, 4), (1, 4), (4, 4), (6, 4), (7, 5), (10, 7), (100, 67), (128, 86)] {
        assert_eq!(floor(largest), expected, "{largest}");
    }
    for (seats, expected) in [(0, 1), (1, 1), (3, 1), (4, 1), (6, 1), (7, 2), (9, 2), (10, 3), (128, 42)] {
        assert_eq!(churn_bound(seats), expected, "{seats}");
    }
    assert!((4..=128).all(|n| 3 * (n - churn_bound(n)) > 2 * n));
}

#[test]
fn gates_have_hysteresis() {
    let mut all = seated(8, Some(6_000));
    all[0].score = Some(bp(4_200));
    all[1].score = Some(bp(4_199));
    all.push(contender(8, false, Some(4_999)));
    all.push(contender(9, false, None));
    let next = close(&all, 8);
    assert_eq!((next.left, next.entered), (vec![who(1)], vec![]));
    all[8].score = Some(bp(5_000));
    assert_eq!(close(&all, 8).entered, [who(8)]);
}

#[test]
fn every_flag_disqualifies() {
    let changes: [fn(&mut Contender); 4] = [
        |one| one.bonded = false,
        |one| one.jailed = true,
        |one| one.tombstoned = true,
        |one| one.unbonding = true,
    ];
    for change in changes {
        let mut all = seated(9, Some(6_000));
        all.push(contender(9, false, Some(9_000)));
        change(&mut all[0]);
        change(&mut all[9]);
        let next = close(&all, 9);
        assert_eq!((next.left, next.entered), (vec![who(0)], vec![]));
    }
}

#[test]
fn vacancies_follow_the_seed() {
    let mut all = seated(10, Some(6_000));
    all.extend(outsiders(10, 20, Some(10_000)));
    let one = next_committee(&Params::default(), &all, &seed(1), 10);
    let two = next_committee(&Params::default(), &all, &seed(2), 10);
    assert_eq!((one.entered.len(), two.entered.len()), (3, 3));
    assert_ne!(one.entered, two.entered);
    let mut lowest: Vec<_> =
        (10..30).map(|index| (hash_pair(seed(1).as_bytes(), who(index).as_bytes()), who(index))).collect();
    lowest.sort();
    let mut expected: Vec<_> = lowest[..3].iter().map(|&(_, address)| address).collect();
    expected.sort();
    assert_eq!(one.entered, expected, "SHA-256(seed ‖ address), lowest first; the score does not matter");
}

#[test]
fn no_more_than_max_seats() {
    let params = Params { max_seats: 12, ..Params::default() };
    let mut all = seated(10, Some(6_000));
    all.extend(outsiders(10, 20, Some(6_000)));
    assert_eq!(next_committee(&params, &all, &seed(0), 10).seats.len(), 12);
}

#[test]
fn leaving_goes_in_order_and_before_entering() {
    let mut all = seated(16, Some(6_000));
    all[2].score = Some(bp(100));
    all[3].score = None;
    all[5].unbonding = true;
    all[9].jailed = true;
    all[11].tombstoned = true;
    all.extend(outsiders(16, 9, Some(6_000)));
    let mut order = Vec::new();
    while let next = close(&all, 16)
        && !next.left.is_empty()
    {
        // The bound shrinks with the committee: 5, so all five go at once here.
        assert!(next.left.len() == 5 && next.entered.is_empty());
        order.extend(next.left.clone());
        apply(&mut all, &next);
    }
    assert_eq!(order, [who(2), who(3), who(5), who(9), who(11)]);

    // One at a time among five seats of which the floor lets one go.
    let mut all = seated(5, Some(100));
    all[1].jailed = true;
    all[2].unbonding = true;
    all[3].tombstoned = true;
    assert_eq!(close(&all, 5).left, [who(3)]);
    all.remove(3);
    all.push(contender(3, true, None));
    assert_eq!(close(&all, 5).left, [who(1)]);
    all[1].jailed = false;
    assert_eq!(close(&all, 5).left, [who(2)]);
    all[2].unbonding = false;
    assert_eq!(close(&all, 5).left, [who(3)], "no score is the lowest");
    all[4].score = Some(bp(100));
    assert_eq!(close(&all, 5).left, [who(4)], "then the highest address");
}

#[test]
fn four_genesis_seats_without_score_stay() {
    let all = seated(4, None);
    let next = close(&all, 4);
    assert_eq!((next.seats.len(), next.left.len()), (4, 0));
}

#[test]
fn ten_genesis_seats_without_score_sink_to_seven() {
    let mut all = seated(10, None);
    let next = close(&all, 10);
    assert_eq!(next.left, [who(7), who(8), who(9)]);
    apply(&mut all, &next);
    assert!(close(&all, 10).left.is_empty());
    assert_eq!(close(&all, 10).seats.len(), floor(10));
}

#[test]
fn fewer_than_four_seats_only_grow() {
    for count in 1..=3 {
        let mut all = seated(count, None);
        assert_eq!(close(&all, count).seats.len(), count);
        all.extend(outsiders(count, 5, None));
        for size in count + 1..=4 {
            let next = close(&all, count);
            assert_eq!(next.seats.len(), size, "one a close");
            apply(&mut all, &next);
        }
        assert_eq!(close(&all, 4).seats.len(), 4, "without a score only up to the floor");
    }
}

#[test]
fn the_last_seat_stays_until_another_sits_beside_it() {
    let mut all = seated(1, Some(6_000));
    all[0].tombstoned = true;
    assert_eq!(close(&all, 1).seats, [who(0)]);
    all.push(contender(1, false, None));
    let next = close(&all, 1);
    assert_eq!(next.seats, [who(0), who(1)]);
    apply(&mut all, &next);
    assert_eq!(close(&all, 2).seats, [who(1)]);
}

#[test]
fn an_unbonding_seat_is_held_until_a_candidate_takes_over() {
    let mut all = seated(4, Some(6_000));
    all[1].unbonding = true;
    all.push(contender(4, false, Some(4_999)));
    assert_eq!(close(&all, 4).seats.len(), 4, "one below the gate does not take over");
    assert!(close(&all, 4).left.is_empty());
    all[4].score = Some(bp(5_000));
    let next = close(&all, 4);
    assert_eq!((next.entered.clone(), next.left.len()), (vec![who(4)], 0));
    apply(&mut all, &next);
    assert_eq!(close(&all, 5).left, [who(1)]);
}

#[test]
fn a_replaced_committee_never_passes_below_its_floor() {
    let mut all = seated(9, Some(1_000));
    all.extend(outsiders(9, 9, Some(9_000)));
    for number in 0..40 {
        let next = next_committee(&Params::default(), &all, &seed(number), 9);
        assert!(next.seats.len() >= floor(9), "close {number} leaves {}", next.seats.len());
        apply(&mut all, &next);
    }
    assert!(all.iter().take(9).all(|one| !one.seated), "all were replaced");
    assert_eq!(seats_of(&all), 9);
}

#[test]
fn tombstones_go_below_the_floor_and_the_floor_fills_up() {
    let mut all = seated(10, Some(6_000));
    all.iter_mut().take(6).for_each(|one| one.tombstoned = true);
    all.extend(outsiders(10, 3, Some(1_000)));
    all[10].jailed = true;
    all[12].score = Some(bp(2_000));
    let mut entered = Vec::new();
    for number in 0..20 {
        let next = next_committee(&Params::default(), &all, &seed(number), 10);
        entered.extend(next.entered.clone());
        apply(&mut all, &next);
    }
    assert_eq!(entered, [who(12), who(11), who(10)], "higher score first, jailed last");
    assert_eq!(seats_of(&all), 7);
    assert!(all.iter().all(|one| !one.seated || !one.tombstoned));
}

#[test]
fn jailed_outsiders_fill_only_while_the_others_make_a_quorum() {
    let mut all = seated(2, Some(6_000));
    all.extend(outsiders(2, 2, Some(6_000)));
    all[2].jailed = true;
    all[3].jailed = true;
    assert_eq!(close(&all, 4).seats.len(), 2, "2 of 3 would be no quorum");
    let mut all = seated(3, Some(6_000));
    all.extend(outsiders(3, 2, Some(6_000)));
    all[3].jailed = true;
    all[4].jailed = true;
    assert_eq!(close(&all, 4).seats.len(), 4, "3 of 4 is one");
}

#[test]
fn with_all_scores_gone_the_chain_stays_at_the_floor() {
    let params = Params { floor_window: 50, ..Params::default() };
    let mut all = seated(100, Some(6_000));
    let mut recent = RecentLargest::default();
    recent.push(100, &params);
    let mut sizes = Vec::new();
    for number in 0..2_000 {
        if number == 20 {
            all.iter_mut().for_each(|one| one.score = Some(BasisPoints::ZERO));
        }
        let largest = recent.largest();
        let next = next_committee(&params, &all, &seed(number), largest);
        assert!(next.seats.len() >= floor(largest));
        recent.push(next.seats.len(), &params);
        apply(&mut all, &next);
        sizes.push(next.seats.len());
    }
    sizes.dedup();
    assert_eq!(sizes[..3], [100, 67, 45], "a third a window");
    assert_eq!(sizes.last(), Some(&4));
}

#[test]
fn a_settled_committee_does_not_change_with_the_seed() {
    let mut all = seated(20, Some(6_000));
    all.iter_mut().step_by(3).for_each(|one| one.score = Some(bp(3_000)));
    all.extend(outsiders(20, 10, Some(4_900)));
    for number in 0..20 {
        let next = next_committee(&Params::default(), &all, &seed(number), 20);
        apply(&mut all, &next);
    }
    let settled = close(&all, 20);
    for number in 100..200 {
        let next = next_committee(&Params::default(), &all, &seed(number), 20);
        assert_eq!(next, settled);
        assert!(next.entered.is_empty() && next.left.is_empty());
    }
}

#[test]
fn every_violation_is_caught() {
    let params = Params { max_seats: 12, ..Params::default() };
    let mut all = seated(10, Some(6_000));
    all[0].score = Some(bp(4_000));
    all[1].score = Some(bp(3_000));
    all[2].unbonding = true;
    all.extend(outsiders(10, 4, Some(6_000)));
    all[11].tombstoned = true;
    all[12].score = Some(bp(4_999));
    let committee = |seats: &[usize]| {
        let new: BTreeSet<Address> = seats.iter().map(|&index| who(index)).collect();
        let old: BTreeSet<Address> = (0..10).map(who).collect();
        Committee {
            seats: new.iter().copied().collect(),
            entered: new.difference(&old).copied().collect(),
            left: old.difference(&new).copied().collect(),
        }
    };
    let check = |next: &Committee, largest| broken(&params, &all, largest, next);
    assert_eq!(check(&next_committee(&params, &all, &seed(0), 10), 10), [""; 0]);

    let stay = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
    let mut unsorted = committee(&stay);
    unsorted.seats.reverse();
    assert_eq!(check(&unsorted, 10), ["sorted and distinct"]);
    let mut unreported = committee(&stay[1..]);
    unreported.left.clear();
    assert!(check(&unreported, 10).contains(&"entered and left are the difference"));
    for (seats, largest, expected) in [
        (&[][..], 10, "never empty"),
        (&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 99], 10, "known"),
        (&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 12], 10, "at most max_seats"),
        (&[0, 1, 2, 3, 4, 5], 10, "churn"),
        (&[0, 1, 2, 3, 4, 5], 10, "more than two thirds stay"),
        (&[0, 3, 4, 5, 6, 7, 8, 9], 13, "floor"),
        (&[0, 1, 2, 3, 4, 5, 6, 7, 8], 10, "incumbent candidates stay"),
        (&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11], 10, "tombstoned never enter"),
        (&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12], 10, "below the gate only for the floor"),
        (&[0, 2, 3, 4, 5, 6, 7, 8, 9], 10, "leaving in order"),
        (&[0, 10, 11, 12, 13], 10, "a light client can step"),
    ] {
        let found = check(&committee(seats), largest);
        assert!(found.contains(&expected), "{expected} not among {found:?} for {seats:?}");
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod properties {
    use proptest::prelude::*;

    use super::*;

    /// Flags in the proportions of a bad day.
    fn any_contender() -> impl Strategy<Value = (bool, Option<u16>, u8)> {
        (any::<bool>(), proptest::option::weighted(0.8, 3_500_u16..7_000), 0_u8..24)
    }

    fn population() -> impl Strategy<Value = (u32, Vec<Contender>)> {
        (4_u32..40, proptest::collection::vec(any_contender(), 1..80)).prop_map(|(max_seats, raw)| {
            let mut room = max_seats;
            let one = |(index, (seated, score, flag)): (usize, (bool, Option<u16>, u8))| {
                let seated = (seated || index == 0) && room > 0;
                room -= u32::from(seated);
                let mut one = contender(index, seated, score);
                one.bonded = flag != 0;
                one.jailed = matches!(flag, 1..=3);
                one.tombstoned = matches!(flag, 3..=4);
                one.unbonding = matches!(flag, 5..=6);
                one
            };
            (max_seats, raw.into_iter().enumerate().map(one).collect())
        })
    }

    proptest! {
        #[test]
        fn invariants_hold_at_every_close(
            (max_seats, mut all) in population(),
            changes in proptest::collection::vec((any::<proptest::sample::Index>(), any_contender()), 0..60),
            window in 1_u32..10,
        ) {
            let params = Params { max_seats, floor_window: window, ..Params::default() };
            let mut recent = RecentLargest::default();
        recent.push(seats_of(&all), &params);
            for (number, (which, (_, score, flag))) in changes.into_iter().enumerate() {
                let largest = recent.largest();
                let next = next_committee(&params, &all, &seed(number as u64), largest);
                prop_assert_eq!(broken(&params, &all, largest, &next), Vec::<&str>::new());
                recent.push(next.seats.len(), &params);
                apply(&mut all, &next);
                let one = which.get_mut(&mut all);
                one.score = score.map(bp);
                one.jailed = matches!(flag, 1..=3);
                one.tombstoned |= flag == 4;
                one.unbonding |= flag == 5;
            }
        }

        #[test]
        fn order_of_contenders_does_not_matter(
            (max_seats, all) in population(), largest in 0_usize..60, number in any::<u64>(),
        ) {
            let params = Params { max_seats, ..Params::default() };
            let one = next_committee(&params, &all, &seed(number), largest);
            let mut other = all.clone();
            other.reverse();
            prop_assert_eq!(&one, &next_committee(&params, &other, &seed(number), largest));
            other.rotate_left(all.len() / 3);
            prop_assert_eq!(&one, &next_committee(&params, &other, &seed(number), largest));
        }

        #[test]
        fn the_floor_is_reached_in_the_end((max_seats, mut all) in population(), largest in 0_usize..60) {
            let params = Params { max_seats, ..Params::default() };
            for number in 0..200 {
                let next = next_committee(&params, &all, &seed(number), largest);
                apply(&mut all, &next);
            }
            // Jailed validators without a seat may rightly be left out.
            let able = |one: &&Contender| !is_barred(one) && (one.seated || (!one.jailed && !one.unbonding));
            let reachable = all.iter().filter(able).count();
            let floor = floor(largest).min(max_seats as usize);
            prop_assert!(seats_of(&all) >= floor.min(reachable), "{} < {floor}, {reachable}", seats_of(&all));
            let candidates = all.iter().filter(|one| is_candidate(&params, one)).count();
            prop_assert!(seats_of(&all) >= candidates.min(max_seats as usize));
            let again = next_committee(&params, &all, &seed(999), largest);
            prop_assert!(again.entered.is_empty() && again.left.is_empty(), "settled");
            prop_assert!(seats_of(&all) == 1 || all.iter().all(|one| !one.seated || !is_barred(one)));
        }
    }
}
