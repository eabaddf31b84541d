//! The largest committee of the last `floor_window` closes, from which the floor of seats follows.

use std::collections::VecDeque;

use borsh::{BorshDeserialize, BorshSerialize};

use crate::chain::Params;

/// The largest committee of the last `floor_window` closes, in memory bounded by the number of distinct sizes.
///
/// A deque whose sizes strictly fall from front to back: a new size removes every smaller or equal one before it, for
/// those can never again be the largest, so it holds at most `max_seats` entries however long the window.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct RecentLargest {
    /// Index that the next recorded close gets.
    next: u64,
    /// (index of the close, seats), indices rising, sizes strictly falling.
    entries: VecDeque<(u64, u32)>,
}

impl RecentLargest {
    /// Remembers the committee that a close (or genesis) seated, and forgets closes that left the window.
    pub fn push(&mut self, seats: usize, params: &Params) {
        let size = u32::try_from(seats).unwrap_or(u32::MAX);
        let index = self.next;
        self.next = index.saturating_add(1);
        while self.entries.back().is_some_and(|&(_, last)| last <= size) {
            self.entries.pop_back();
        }
        self.entries.push_back((index, size));
        let window = u64::from(params.floor_window);
        while self.entries.front().is_some_and(|&(at, _)| at.saturating_add(window) <= index) {
            self.entries.pop_front();
        }
    }

    /// Seats of the largest committee in the window; 0 if none was recorded.
    pub fn largest(&self) -> usize {
        self.entries.front().map_or(0, |&(_, size)| usize::try_from(size).unwrap_or(usize::MAX))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly")]

    use super::*;

    fn window(floor_window: u32) -> Params {
        Params { floor_window, ..Params::default() }
    }

    #[test]
    fn remembers_for_the_window_and_no_longer() {
        let params = window(3);
        let mut recent = RecentLargest::default();
        assert_eq!(recent.largest(), 0);
        recent.push(10, &params);
        for (size, largest) in [(7, 10), (6, 10), (5, 7), (5, 6), (5, 5), (9, 9), (1, 9), (1, 9), (1, 1)] {
            recent.push(size, &params);
            assert_eq!(recent.largest(), largest);
        }
    }

    #[test]
    fn memory_is_bounded_by_the_sizes_not_the_window() {
        let params = Params::default();
        let mut recent = RecentLargest::default();
        for size in (0..10_000).map(|close: usize| 128 - close % 128) {
            recent.push(size, &params);
            assert!(recent.entries.len() <= 128);
        }
        let bytes = borsh::to_vec(&recent).unwrap();
        assert_eq!(borsh::from_slice::<RecentLargest>(&bytes).unwrap(), recent);
    }

    #[cfg(not(target_arch = "wasm32"))]
    proptest::proptest! {
        #[test]
        fn equals_the_maximum_over_the_window(
            sizes in proptest::collection::vec(1_usize..=128, 1..200),
            floor_window in 1_u32..40,
        ) {
            let params = window(floor_window);
            let mut recent = RecentLargest::default();
            for (index, size) in sizes.iter().enumerate() {
                recent.push(*size, &params);
                let first = (index + 1).saturating_sub(floor_window as usize);
                proptest::prop_assert_eq!(Some(recent.largest()), sizes[first..=index].iter().copied().max());
            }
        }
    }
}
