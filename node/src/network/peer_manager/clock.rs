//! Time and chance: what the manager has instead of a clock and a source of randomness.

use std::time::{Duration, Instant};

/// Ties the passed-in time to Unix time, so that ends of bans outlive the process. Changes of the system's clock after
/// the start change nothing here.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    origin: Instant,
    origin_ms: u64,
}

impl Clock {
    /// A clock that showed `unix_ms` at `now`.
    pub const fn new(now: Instant, unix_ms: u64) -> Self {
        Self { origin: now, origin_ms: unix_ms }
    }

    /// A time in Unix milliseconds.
    pub fn unix_ms(&self, now: Instant) -> u64 {
        self.origin_ms.saturating_add(millis(now.saturating_duration_since(self.origin)))
    }

    /// The time of a Unix time; `None` when it lies too far ahead to be waited for.
    pub fn instant(&self, unix_ms: u64) -> Option<Instant> {
        self.origin.checked_add(Duration::from_millis(unix_ms.saturating_sub(self.origin_ms)))
    }
}

/// Spreads waits so that many nodes do not act in one instant. It decides nothing that an attacker could want to know.
#[derive(Clone, Debug)]
pub struct Spread(u64);

impl Spread {
    /// A sequence of its own for each seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Between three and five quarters of a wait.
    pub fn jitter(&mut self, wait: Duration) -> Duration {
        // splitmix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let per_mille = u32::try_from((mixed >> 31) % 501).unwrap_or(250).saturating_add(750);
        wait.saturating_mul(per_mille).checked_div(1000).unwrap_or(wait)
    }
}

/// A time after a wait; the time itself when the wait is endless.
pub fn later(now: Instant, wait: Duration) -> Instant {
    now.checked_add(wait).unwrap_or(now)
}

/// A duration in whole milliseconds.
pub fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
