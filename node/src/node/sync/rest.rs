//! How long a peer is left alone after failures in a row.

use std::time::{Duration, Instant};

/// Rest after the first failure.
pub(super) const REST: Duration = Duration::from_secs(2);
/// The longest rest.
pub(super) const MAX_REST: Duration = Duration::from_mins(2);

/// A peer's failures in a row: each one doubles the rest, from [`REST`] up to [`MAX_REST`]; a success ends the row.
#[derive(Debug, Default)]
pub(super) struct Rest {
    failures: u32,
    until: Option<Instant>,
}

impl Rest {
    /// Whether it lasts.
    pub fn lasts(&self, now: Instant) -> bool {
        self.until.is_some_and(|end| end > now)
    }

    /// When it ends; `None` if there was none.
    pub const fn end(&self) -> Option<Instant> {
        self.until
    }

    /// Another failure.
    pub fn begin(&mut self, now: Instant) {
        let doublings = 1_u32.checked_shl(self.failures.min(16)).unwrap_or(u32::MAX);
        self.failures = self.failures.saturating_add(1);
        self.until = now.checked_add(REST.saturating_mul(doublings).min(MAX_REST));
    }

    /// A success.
    pub const fn reset(&mut self) {
        self.failures = 0;
    }
}
