//! A count within a stretch of time that starts with its first event.

use std::time::{Duration, Instant};

/// The count.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tally {
    since: Instant,
    count: u32,
}

impl Tally {
    /// A count of none.
    pub const fn new(now: Instant) -> Self {
        Self { since: now, count: 0 }
    }

    /// Adds to the count and answers with it; starts again when `window` has passed since it began.
    pub fn add(&mut self, more: u32, window: Duration, now: Instant) -> u32 {
        if now.saturating_duration_since(self.since) >= window {
            *self = Self::new(now);
        }
        self.count = self.count.saturating_add(more);
        self.count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_counts_within_its_window_and_then_afresh() {
        let start = Instant::now();
        let window = Duration::from_mins(1);
        let mut tally = Tally::new(start);
        assert_eq!(tally.add(2, window, start), 2);
        assert_eq!(tally.add(3, window, start + Duration::from_secs(59)), 5);
        assert_eq!(tally.add(1, window, start + Duration::from_mins(1)), 1);
        assert_eq!(tally.add(u32::MAX, window, start + Duration::from_secs(61)), u32::MAX);
    }
}
