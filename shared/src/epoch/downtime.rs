//! Attendance of seats, and who is jailed for missing (protocol §7).
//!
//! The rule: fewer than `downtime_min` of the last `downtime_window` seated heights signed → jailed until Unjail; no
//! slash; never if the unjailed seats would fall below quorum. What counts as signed is read from the `last_commit`s
//! inside blocks alone, so all nodes count alike.
//!
//! The epoch-granular form of the rule: attendance is kept in one entry an epoch, and the newest whole epochs that
//! cover `downtime_window` heights are judged. So up to one epoch more than the window is looked at, and nothing is
//! judged before a whole window is covered. Jail is only ever decided at a close, so a finer form would decide nothing
//! sooner and would store a bit a height.

use std::collections::VecDeque;

use borsh::{BorshDeserialize, BorshSerialize};

use super::rewards::participation;
use crate::{
    chain::Params,
    consensus::quorum,
    primitives::{Address, BasisPoints},
};

/// What one validator signed of what it could, newest whole epochs that cover `downtime_window` seated heights.
///
/// Every entry covers at least one height and the oldest is needed to cover the window, so there are at most
/// `downtime_window` entries; at 30 blocks an epoch there are 20.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Attendance {
    /// (possible, signed) heights of one epoch, oldest first.
    epochs: VecDeque<(u32, u32)>,
}

impl Attendance {
    /// Adds an epoch in which the validator could have signed `possible` heights and signed `signed` of them; an epoch
    /// with none possible leaves no entry.
    pub fn record(&mut self, possible: u32, signed: u32, params: &Params) {
        if possible == 0 {
            return;
        }
        self.epochs.push_back((possible, signed.min(possible)));
        while let Some(&(oldest, _)) = self.epochs.front() {
            if self.possible().saturating_sub(oldest.into()) < u64::from(params.downtime_window) {
                break;
            }
            self.epochs.pop_front();
        }
    }

    /// Seated heights that are covered.
    pub fn possible(&self) -> u64 {
        self.epochs.iter().map(|&(possible, _)| u64::from(possible)).fold(0, u64::saturating_add)
    }

    /// Heights signed of those.
    pub fn signed(&self) -> u64 {
        self.epochs.iter().map(|&(_, signed)| u64::from(signed)).fold(0, u64::saturating_add)
    }

    /// Whether a whole window is covered and fewer than `downtime_min` of it signed.
    pub fn is_down(&self, params: &Params) -> bool {
        let possible = self.possible();
        if possible < u64::from(params.downtime_window) {
            return false;
        }
        let signed = u128::from(self.signed()).saturating_mul(BasisPoints::MAX.get().into());
        signed < u128::from(possible).saturating_mul(params.downtime_min.get().into())
    }

    /// Forgets everything: on Unjail, so that what was punished once is not judged again.
    pub fn clear(&mut self) {
        self.epochs.clear();
    }

    /// Share signed of what was possible, rounded down; 0 if nothing was.
    pub fn share(&self) -> BasisPoints {
        participation(self.signed(), self.possible())
    }
}

/// Whom to jail of `down`, which lists seats that are unjailed and down with the share that each signed: worst first,
/// then by address, as many as leave a quorum of `seats` among the `unjailed_seats`.
pub fn jailable(seats: usize, unjailed_seats: usize, down: &[(Address, BasisPoints)]) -> Vec<Address> {
    let mut down = down.to_vec();
    down.sort_unstable_by_key(|&(address, share)| (share, address));
    down.truncate(unjailed_seats.saturating_sub(quorum(seats)));
    down.into_iter().map(|(address, _)| address).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly")]

    use super::*;

    fn who(index: u8) -> Address {
        Address::new([index; 20])
    }

    fn attendance(epochs: &[(u32, u32)]) -> Attendance {
        let mut attendance = Attendance::default();
        for &(possible, signed) in epochs {
            attendance.record(possible, signed, &Params::default());
        }
        attendance
    }

    #[test]
    fn down_means_fewer_than_half_of_a_whole_window() {
        let params = Params::default();
        assert!(attendance(&[(30, 14); 20]).is_down(&params));
        assert!(!attendance(&[(30, 15); 20]).is_down(&params), "half is enough");
        assert!(!attendance(&[(30, 0); 19]).is_down(&params), "570 heights are not judged");
        assert!(attendance(&[(600, 299)]).is_down(&params));
        assert!(!Attendance::default().is_down(&params));
    }

    #[test]
    fn older_epochs_are_forgotten_as_soon_as_newer_ones_cover_the_window() {
        let mut attendance = attendance(&[(30, 0); 20]);
        let params = Params::default();
        for epoch in 1..=20_u64 {
            attendance.record(30, 30, &params);
            assert_eq!((attendance.possible(), attendance.signed()), (600, 30 * epoch));
            assert_eq!(attendance.is_down(&params), epoch < 10);
        }
        attendance.record(31, 0, &params);
        assert_eq!(attendance.possible(), 601, "the oldest epoch that is not needed is gone");
        attendance.clear();
        assert_eq!(attendance, Attendance::default());
    }

    #[test]
    fn epochs_without_heights_and_impossible_counts_do_not_help() {
        let params = Params::default();
        let mut idle = attendance(&[(30, 0); 20]);
        for _ in 0..100 {
            idle.record(0, 30, &params);
        }
        assert!(idle.is_down(&params));
        assert_eq!(attendance(&[(1, 1_000); 600]).signed(), 600);
    }

    #[test]
    fn memory_is_bounded_by_the_window() {
        let attendance = attendance(&[(1, 1); 5_000]);
        assert_eq!(attendance.epochs.len(), 600);
        let bytes = borsh::to_vec(&attendance).unwrap();
        assert_eq!(borsh::from_slice::<Attendance>(&bytes).unwrap(), attendance);
    }

    #[test]
    fn worst_attendance_goes_first_whatever_the_order() {
        let share = |signed| attendance(&[(600, signed)]).share();
        let mut down =
            vec![(who(4), share(200)), (who(3), share(299)), (who(2), share(180)), (who(1), share(200))];
        for _ in 0..down.len() {
            assert_eq!(jailable(10, 10, &down), [who(2), who(1), who(4)]);
            down.rotate_left(1);
        }
        assert_eq!((share(600), Attendance::default().share()), (BasisPoints::MAX, BasisPoints::ZERO));
    }

    #[test]
    fn jailing_never_breaks_the_quorum() {
        for seats in 1..=128 {
            for unjailed in 0..=seats {
                let down: Vec<_> = (0..unjailed as u8).map(|index| (who(index), BasisPoints::ZERO)).collect();
                let jailed = jailable(seats, unjailed, &down).len();
                assert!(jailed == 0 || unjailed - jailed >= quorum(seats));
                assert!(
                    unjailed < quorum(seats) || unjailed - jailed == quorum(seats),
                    "one more would break it"
                );
            }
        }
        let down = [(who(1), BasisPoints::ZERO), (who(2), BasisPoints::ZERO)];
        assert_eq!(jailable(4, 4, &down), [who(1)]);
        assert_eq!(jailable(4, 3, &down), []);
        assert_eq!(jailable(1, 1, &down[..1]), []);
    }
}
