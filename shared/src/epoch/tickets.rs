//! Who proposes: tickets, shuffled by the seed (protocol §6).
//!
//! A seat whose score is at or above the lower median of the seated scores holds two tickets, every other one. A
//! forged score therefore buys at most one ticket more than an honest low one. A seat without a score counts as 0 in
//! the median and holds one ticket, unless no seat has a score: then all hold two, which is the same as one.

use borsh::{BorshDeserialize, BorshSerialize};

use super::shuffle::shuffle;
use crate::primitives::{Address, BasisPoints, Hash, Height, Round};

const DOMAIN: &[u8] = b"emotionalchain/tickets/v1";

/// The order of proposers from one height on, until the next close replaces it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Schedule {
    /// The first height that it orders: the one after the closing block.
    pub first: Height,
    /// One address a ticket, in the order of proposing; at most two a seat.
    pub tickets: Vec<Address>,
}

impl Schedule {
    /// Hands out the tickets and shuffles them; the order of `seats` does not matter.
    pub fn new(first: Height, seats: &[(Address, Option<BasisPoints>)], seed: &Hash) -> Self {
        let mut seats = seats.to_vec();
        seats.sort_unstable();
        let double = Double::among(&seats);
        let mut tickets: Vec<Address> = seats
            .iter()
            .flat_map(|&(address, score)| {
                std::iter::repeat_n(address, if double.holds(score) { 2 } else { 1 })
            })
            .collect();
        shuffle(&mut tickets, seed, DOMAIN);
        Self { first, tickets }
    }

    /// `tickets[(height − first + round) mod len]`; `None` before [`Self::first`] or without a seat.
    pub fn proposer(&self, height: Height, round: Round) -> Option<Address> {
        let len = u64::try_from(self.tickets.len()).ok()?;
        // Each term is reduced before they are added, so the sum stays far below the range.
        let offset = height.since(self.first)?.checked_rem(len)?;
        let turn = u64::from(round.get()).checked_rem(len)?;
        let index = offset.checked_add(turn)?.checked_rem(len)?;
        self.tickets.get(usize::try_from(index).ok()?).copied()
    }
}

/// Which seats hold two tickets.
enum Double {
    /// No seat has a score.
    All,
    /// Those with a score at or above this one.
    From(BasisPoints),
}

impl Double {
    fn among(seats: &[(Address, Option<BasisPoints>)]) -> Self {
        if seats.iter().all(|(_, score)| score.is_none()) {
            return Self::All;
        }
        let mut scores: Vec<BasisPoints> = seats.iter().map(|(_, score)| score.unwrap_or_default()).collect();
        scores.sort_unstable();
        let lower_middle = scores.len().saturating_sub(1) >> 1;
        Self::From(scores.get(lower_middle).copied().unwrap_or_default())
    }

    fn holds(&self, score: Option<BasisPoints>) -> bool {
        match self {
            Self::All => true,
            Self::From(median) => score.is_some_and(|score| score >= *median),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly")]

    use super::*;
    use crate::primitives::hash_bytes;

    type Seat = (Address, Option<BasisPoints>);

    fn seats(scores: &[Option<u16>]) -> Vec<Seat> {
        let seat = |(index, score): (usize, &Option<u16>)| {
            (Address::new([index as u8; 20]), score.map(|value| BasisPoints::new(value).unwrap()))
        };
        scores.iter().enumerate().map(seat).collect()
    }

    fn held(schedule: &Schedule, seats: &[Seat]) -> Vec<usize> {
        let count = |who: &Address| schedule.tickets.iter().filter(|ticket| *ticket == who).count();
        seats.iter().map(|(address, _)| count(address)).collect()
    }

    fn tickets(scores: &[Option<u16>]) -> Vec<usize> {
        let seats = seats(scores);
        held(&Schedule::new(Height::new(1), &seats, &hash_bytes(b"seed")), &seats)
    }

    #[test]
    fn two_from_the_lower_median_on_and_one_below() {
        assert_eq!(tickets(&[Some(6_000), Some(5_000), Some(7_000)]), [2, 1, 2]);
        assert_eq!(tickets(&[Some(4_000), Some(5_000), Some(6_000), Some(7_000)]), [1, 2, 2, 2]);
        assert_eq!(tickets(&[Some(5_000); 4]), [2; 4]);
        assert_eq!(tickets(&[Some(5_000)]), [2]);
    }

    #[test]
    fn a_seat_without_score_holds_one_unless_all_lack_one() {
        assert_eq!(tickets(&[None; 4]), [2; 4]);
        assert_eq!(tickets(&[None, None, None, Some(0)]), [1, 1, 1, 2]);
        assert_eq!(tickets(&[None, Some(5_000), Some(6_000), Some(7_000)]), [1, 2, 2, 2]);
    }

    #[test]
    fn a_forged_score_buys_one_ticket_at_most() {
        for forged in [5_000, 9_999, 10_000] {
            let scores = [Some(forged), Some(5_600), Some(5_700), Some(5_800), Some(6_000)];
            let all = tickets(&scores);
            assert!(all[0] <= 2 && all.iter().sum::<usize>() <= 2 * scores.len());
            assert!(all[1..].iter().all(|&count| count >= 1), "nobody is shut out");
        }
    }

    #[test]
    fn proposers_rotate_by_height_and_round() {
        let seats = seats(&[Some(5_000), Some(6_000), Some(7_000), None]);
        let schedule = Schedule::new(Height::new(10), &seats, &hash_bytes(b"seed"));
        let len = schedule.tickets.len() as u64;
        assert_eq!(schedule.proposer(Height::new(9), Round::new(0)), None);
        assert_eq!(schedule.proposer(Height::new(10), Round::new(0)), Some(schedule.tickets[0]));
        for step in 0..3 * len {
            let by_height = schedule.proposer(Height::new(10 + step), Round::new(0));
            assert_eq!(by_height, schedule.proposer(Height::new(10), Round::new(step as u32)));
            assert_eq!(by_height, Some(schedule.tickets[(step % len) as usize]));
        }
        assert!(schedule.proposer(Height::new(u64::MAX), Round::new(u32::MAX)).is_some());
        let nobody = Schedule::new(Height::new(1), &[], &hash_bytes(b"seed"));
        assert_eq!(nobody.proposer(Height::new(1), Round::new(0)), None);
    }

    #[test]
    fn the_seed_orders_and_nothing_else() {
        let mut seats = seats(&(0..40).map(|index| Some(5_000 + index)).collect::<Vec<_>>());
        let one = Schedule::new(Height::new(1), &seats, &hash_bytes(b"one"));
        assert_ne!(one, Schedule::new(Height::new(1), &seats, &hash_bytes(b"two")));
        seats.reverse();
        assert_eq!(one, Schedule::new(Height::new(1), &seats, &hash_bytes(b"one")));
    }

    #[cfg(not(target_arch = "wasm32"))]
    proptest::proptest! {
        #[test]
        fn every_seat_holds_one_or_two(
            scores in proptest::collection::vec(proptest::option::of(0_u16..=10_000), 1..=128),
            seed in proptest::array::uniform32(0_u8..),
        ) {
            let seats = seats(&scores);
            let schedule = Schedule::new(Height::new(1), &seats, &Hash::new(seed));
            let held = held(&schedule, &seats);
            proptest::prop_assert_eq!(held.iter().sum::<usize>(), schedule.tickets.len());
            proptest::prop_assert!(held.iter().all(|count| (1..=2).contains(count)));
        }
    }
}
