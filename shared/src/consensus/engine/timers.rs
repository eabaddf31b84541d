//! Timers: their names, their lengths, and which of them run.
//!
//! A timeout of the state machine knows its round but not its height, so one that fires late could hit the next height.
//! A [`TimerKey`] carries both; only a key that is armed is let through, once.

use std::{collections::BTreeSet, time::Duration};

use crate::primitives::{Height, Round};

/// What a timer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TimerKind {
    /// No proposal came (L57).
    Propose,
    /// Prevotes do not agree (L61).
    Prevote,
    /// Precommits do not agree (L65).
    Precommit,
    /// Say our last words again.
    Rebroadcast,
}

/// One timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimerKey {
    /// The height it belongs to.
    pub height: Height,
    /// The round it belongs to.
    pub round: Round,
    /// What it is for.
    pub kind: TimerKind,
}

/// Lengths of timers, growing with the round (protocol §7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Wait for a proposal in round 0.
    pub propose: Duration,
    /// What each further round adds to it.
    pub propose_step: Duration,
    /// Wait for agreeing votes in round 0, prevotes and precommits each.
    pub vote: Duration,
    /// What each further round adds to it.
    pub vote_step: Duration,
    /// Pause between repetitions of our last words.
    pub rebroadcast: Duration,
    /// No timer is longer.
    pub cap: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            propose: Duration::from_millis(1000),
            propose_step: Duration::from_millis(500),
            vote: Duration::from_millis(500),
            vote_step: Duration::from_millis(250),
            rebroadcast: Duration::from_millis(1000),
            cap: Duration::from_secs(10),
        }
    }
}

impl Timeouts {
    /// The length of a timer.
    pub fn length(&self, kind: TimerKind, round: Round) -> Duration {
        let (base, step) = match kind {
            TimerKind::Propose => (self.propose, self.propose_step),
            TimerKind::Prevote | TimerKind::Precommit => (self.vote, self.vote_step),
            TimerKind::Rebroadcast => (self.rebroadcast, Duration::ZERO),
        };
        base.saturating_add(step.saturating_mul(round.get())).min(self.cap)
    }
}

/// The timers that run: at most one of each kind and round, a handful.
#[derive(Debug, Default)]
pub(super) struct Timers {
    armed: BTreeSet<TimerKey>,
}

impl Timers {
    pub(super) fn arm(&mut self, key: TimerKey) {
        self.armed.insert(key);
    }

    /// Whether it ran; it does not any more.
    pub(super) fn take(&mut self, key: &TimerKey) -> bool {
        self.armed.remove(key)
    }

    /// Stops those that `stop` names and returns them in order.
    pub(super) fn stop(&mut self, stop: impl Fn(&TimerKey) -> bool) -> Vec<TimerKey> {
        let stopped: Vec<TimerKey> = self.armed.iter().copied().filter(|key| stop(key)).collect();
        self.armed.retain(|key| !stop(key));
        stopped
    }

    pub(super) fn armed(&self) -> impl Iterator<Item = TimerKey> + '_ {
        self.armed.iter().copied()
    }

    pub(super) fn len(&self) -> usize {
        self.armed.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_grow_with_the_round_up_to_the_cap() {
        let timeouts = Timeouts::default();
        let ms = |kind, round| timeouts.length(kind, Round::new(round)).as_millis();
        assert_eq!([ms(TimerKind::Propose, 0), ms(TimerKind::Propose, 3)], [1000, 2500]);
        assert_eq!([ms(TimerKind::Prevote, 0), ms(TimerKind::Precommit, 4)], [500, 1500]);
        assert_eq!([ms(TimerKind::Rebroadcast, 0), ms(TimerKind::Rebroadcast, 40)], [1000, 1000]);
        assert_eq!([ms(TimerKind::Propose, u32::MAX), ms(TimerKind::Prevote, 10_000)], [10_000, 10_000]);
    }
}
