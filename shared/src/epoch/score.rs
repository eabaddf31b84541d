//! The smoothed score of one validator (protocol §6).
//!
//! ```text
//!  no score ──first vote v──► s = v
//!  s ──vote v──► s + (v − s)/4, rounded away from zero          misses = 0
//!  s ──miss────► s                                              while misses ≤ free_misses
//!            └─► s − miss_penalty, not below 0                  after that
//! ```
//!
//! Rounding away from zero makes every difference shrink by at least one, so a steady vote is reached and not only
//! approached; the score never leaves the span between itself and the vote, so it stays in `0..=10000`.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::{chain::Params, primitives::BasisPoints};

/// A validator's smoothed score and how long it has been silent.
#[derive(BorshSerialize, BorshDeserialize, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Standing {
    /// Smoothed score; `None` before a first vote.
    pub score: Option<BasisPoints>,
    /// Consecutive epochs without a vote, counted while there is a score to lose.
    pub misses: u32,
}

impl Standing {
    /// The standing after an epoch in which the validator voted `vote`, or not at all.
    ///
    /// Without a vote, a standing that has nothing to lose (no score, or 0) does not change: an abandoned validator
    /// costs the ledger no write, and its count of misses would decide nothing, since a vote resets it.
    #[must_use]
    pub fn after_epoch(self, vote: Option<BasisPoints>, params: &Params) -> Self {
        match (self.score, vote) {
            (None, Some(vote)) => Self { score: Some(vote), misses: 0 },
            (Some(score), Some(vote)) => Self { score: Some(towards(score, vote)), misses: 0 },
            (None | Some(BasisPoints::ZERO), None) => self,
            (Some(score), None) => {
                let misses = self.misses.saturating_add(1);
                let score =
                    if misses > params.free_misses { less(score, params.miss_penalty) } else { score };
                Self { score: Some(score), misses }
            }
        }
    }
}

/// A quarter of the way, rounded away from zero.
fn towards(score: BasisPoints, vote: BasisPoints) -> BasisPoints {
    let step = score.get().abs_diff(vote.get()).div_ceil(4);
    let moved =
        if vote > score { score.get().saturating_add(step) } else { score.get().saturating_sub(step) };
    // Between score and vote, so always in range.
    BasisPoints::new(moved).unwrap_or(vote)
}

fn less(score: BasisPoints, penalty: BasisPoints) -> BasisPoints {
    BasisPoints::new(score.get().saturating_sub(penalty.get())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly")]

    use super::*;

    fn bp(value: u16) -> BasisPoints {
        BasisPoints::new(value).unwrap()
    }

    fn at(score: u16) -> Standing {
        Standing { score: Some(bp(score)), misses: 0 }
    }

    #[test]
    fn first_vote_sets_and_later_ones_move_by_a_quarter() {
        let params = Params::default();
        let after = |standing: Standing, vote| standing.after_epoch(Some(bp(vote)), &params).score;
        assert_eq!(after(Standing::default(), 7_301), Some(bp(7_301)));
        for (score, vote, expected) in [
            (5_000, 6_000, 5_250),
            (5_000, 5_001, 5_001),
            (5_000, 4_999, 4_999),
            (5_000, 5_005, 5_002),
            (5_000, 4_995, 4_998),
            (5_000, 5_000, 5_000),
            (0, 10_000, 2_500),
            (10_000, 0, 7_500),
        ] {
            assert_eq!(after(at(score), vote), Some(bp(expected)), "{score} → {vote}");
        }
    }

    #[test]
    fn misses_are_free_then_cost_then_stop_at_zero() {
        let params = Params::default();
        let mut standing = at(5_030);
        for miss in 1..=params.free_misses {
            standing = standing.after_epoch(None, &params);
            assert_eq!(standing, Standing { score: Some(bp(5_030)), misses: miss });
        }
        standing = standing.after_epoch(None, &params);
        assert_eq!(standing.score, Some(bp(4_930)), "the first miss that is not free");
        for _ in 0..100 {
            standing = standing.after_epoch(None, &params);
        }
        assert_eq!(standing.score, Some(BasisPoints::ZERO));
        assert_eq!(standing.after_epoch(None, &params), standing, "nothing left to lose, nothing written");
        assert_eq!(standing.after_epoch(Some(bp(8_000)), &params), at(2_000), "a vote resets the misses");
    }

    #[test]
    fn a_miss_within_the_free_ones_after_a_vote_is_free_again() {
        let params = Params { free_misses: 1, ..Params::default() };
        let mut standing = at(6_000);
        for _ in 0..50 {
            standing = standing.after_epoch(None, &params).after_epoch(Some(bp(6_000)), &params);
        }
        assert_eq!(standing, at(6_000));
        let none_free = Params { free_misses: 0, ..Params::default() };
        assert_eq!(at(6_000).after_epoch(None, &none_free).score, Some(bp(5_900)));
    }

    #[test]
    fn a_validator_without_score_stays_without_one() {
        let silent = (0..100).fold(Standing::default(), |one, _| one.after_epoch(None, &Params::default()));
        assert_eq!(silent, Standing::default());
    }

    #[test]
    fn a_stored_score_out_of_range_is_refused() {
        let mut bytes = borsh::to_vec(&at(10_000)).unwrap();
        assert_eq!(borsh::from_slice::<Standing>(&bytes).unwrap(), at(10_000));
        bytes[1] = 0x11;
        assert!(borsh::from_slice::<Standing>(&bytes).is_err());
    }

    #[cfg(not(target_arch = "wasm32"))]
    proptest::proptest! {
        #[test]
        fn a_steady_vote_is_reached_without_overshoot(start in 0_u16..=10_000, vote in 0_u16..=10_000) {
            let params = Params::default();
            let mut standing = at(start);
            let mut distance = start.abs_diff(vote);
            for _ in 0..64 {
                standing = standing.after_epoch(Some(bp(vote)), &params);
                let now = standing.score.unwrap().get();
                proptest::prop_assert!(now <= 10_000 && now.abs_diff(vote) <= distance);
                proptest::prop_assert!((start <= vote) == (now <= vote) || now == vote);
                distance = now.abs_diff(vote);
            }
            proptest::prop_assert_eq!(distance, 0);
        }
    }
}
