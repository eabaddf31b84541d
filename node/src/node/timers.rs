//! The replica's timers on the clock.

use std::{collections::BTreeMap, time::Duration};

use tokio::time::Instant;

use crate::consensus::replica::Timer;

/// Timers that run; as many as the replica arms, a handful.
#[derive(Debug, Default)]
pub struct Timers {
    due: BTreeMap<Timer, Instant>,
}

impl Timers {
    /// Starts a timer, replacing one of the same name.
    pub fn arm(&mut self, timer: Timer, now: Instant, length: Duration) {
        let far = Duration::from_secs(3_600);
        let due = now.checked_add(length.min(far)).unwrap_or(now);
        self.due.insert(timer, due);
    }

    /// Stops a timer.
    pub fn disarm(&mut self, timer: &Timer) {
        self.due.remove(timer);
    }

    /// When the next one runs out.
    pub fn next(&self) -> Option<Instant> {
        self.due.values().min().copied()
    }

    /// Takes one that has run out.
    pub fn take_due(&mut self, now: Instant) -> Option<Timer> {
        let due = self.due.iter().filter(|(_, due)| **due <= now).min_by_key(|(_, due)| **due);
        let timer = due.map(|(timer, _)| *timer)?;
        self.due.remove(&timer);
        Some(timer)
    }
}
