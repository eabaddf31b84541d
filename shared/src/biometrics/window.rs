//! Beats in time, and the 120 s of them that one score is computed from.

use std::fmt;

use thiserror::Error;

use super::{
    sample::{Modality, Sample},
    tables::WINDOW_TICKS,
};

/// A heart beat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Beat {
    /// When the beat ended the interval: the sum of all intervals so far, ticks of 1/1024 s.
    pub end_tick: u64,
    /// The interval since the beat before, ticks.
    pub rr: u16,
}

/// The beats that end in `(now − 120 s, now]` ("biometrics features v1"), oldest first.
///
/// `Debug` shows their number only: readings do not belong in logs.
#[derive(Clone, PartialEq, Eq)]
pub struct Window {
    beats: Vec<Beat>,
    now_tick: u64,
}

/// Why beats do not make a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum WindowError {
    /// More beats than any sensor sends.
    #[error("window has more than {max} beats", max = Window::MAX_BEATS)]
    TooManyBeats,
    /// A beat does not end after the one before it.
    #[error("beat at tick {0} is out of order")]
    Order(u64),
}

impl Beat {
    /// Places intervals one after the other, the first starting at tick 0.
    ///
    /// Past the end of the range (half a billion years) ticks saturate and [`Window::ending_at`] reports the order.
    pub fn sequence(rr: impl IntoIterator<Item = u16>) -> impl Iterator<Item = Self> {
        rr.into_iter().scan(0_u64, |clock, rr| {
            *clock = clock.saturating_add(rr.into());
            Some(Self { end_tick: *clock, rr })
        })
    }
}

impl Window {
    /// The most beats: five times what a heart at 200 bpm has in 120 s. More is a broken sensor, and the bound keeps
    /// the cost of a score flat.
    pub const MAX_BEATS: usize = 2048;

    /// Picks the beats that end in `(now_tick − 120 s, now_tick]` from beats in time order.
    ///
    /// # Errors
    /// [`WindowError`] if those are too many or not in strictly rising order.
    pub fn ending_at(beats: &[Beat], now_tick: u64) -> Result<Self, WindowError> {
        Self::from_iter_ending_at(beats.iter().copied(), now_tick)
    }

    /// As [`Self::ending_at`], from an iterator; reads no more of it than the window's bound allows.
    pub(super) fn from_iter_ending_at(
        beats: impl Iterator<Item = Beat>,
        now_tick: u64,
    ) -> Result<Self, WindowError> {
        let inside =
            |beat: &Beat| beat.end_tick <= now_tick && now_tick.saturating_sub(beat.end_tick) < WINDOW_TICKS;
        let beats: Vec<Beat> = beats.filter(inside).take(Self::MAX_BEATS.saturating_add(1)).collect();
        if beats.len() > Self::MAX_BEATS {
            return Err(WindowError::TooManyBeats);
        }
        for (before, after) in beats.iter().zip(beats.iter().skip(1)) {
            if after.end_tick <= before.end_tick {
                return Err(WindowError::Order(after.end_tick));
            }
        }
        Ok(Self { beats, now_tick })
    }

    /// The beats, oldest first; at most [`Self::MAX_BEATS`].
    pub fn beats(&self) -> &[Beat] {
        &self.beats
    }

    /// The window's end, ticks.
    pub const fn now_tick(&self) -> u64 {
        self.now_tick
    }

    /// Sum of all intervals, ticks: to be held against the wall clock.
    pub fn total_ticks(&self) -> u64 {
        self.beats.iter().map(|beat| u64::from(beat.rr)).sum()
    }

    /// The beats as samples for a commitment, accepted or not: the score follows from all of them.
    pub fn samples(&self) -> impl Iterator<Item = Sample> {
        self.beats.iter().map(|beat| {
            let age = self.now_tick.saturating_sub(beat.end_tick);
            // In 1..=WINDOW_TICKS by the constructor's filter.
            let offset = u32::try_from(WINDOW_TICKS.saturating_sub(age)).unwrap_or(u32::MAX);
            Sample { modality: Modality::RrInterval, offset_ticks: offset, value: beat.rr }
        })
    }
}

impl fmt::Debug for Window {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Window")
            .field("beats", &self.beats.len())
            .field("now_tick", &self.now_tick)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_beats_after_the_start_up_to_now() {
        let beats: Vec<Beat> = Beat::sequence(std::iter::repeat_n(1024, 200)).collect();
        let ends = |now| {
            let window = Window::ending_at(&beats, now).unwrap();
            (window.beats()[0].end_tick, window.beats().last().unwrap().end_tick, window.beats().len())
        };
        assert_eq!(ends(130 * 1024), (11 * 1024, 130 * 1024, 120));
        assert_eq!(ends(130 * 1024 - 1), (10 * 1024, 129 * 1024, 120));
        assert_eq!(ends(60 * 1024), (1024, 60 * 1024, 60));
        assert!(Window::ending_at(&beats, 1023).unwrap().beats().is_empty());
        let window = Window::ending_at(&beats, 130 * 1024).unwrap();
        let offsets: Vec<u32> = window.samples().map(|sample| sample.offset_ticks).collect();
        assert_eq!((offsets[0], offsets[119]), (1024, 120 * 1024));
        assert!(window.samples().all(|sample| sample.check().is_ok()));
    }

    #[test]
    fn refuses_floods_and_disorder() {
        let flood: Vec<Beat> = Beat::sequence(std::iter::repeat_n(1, 5000)).collect();
        assert_eq!(Window::ending_at(&flood, 5000), Err(WindowError::TooManyBeats));
        let twice = [Beat { end_tick: 9, rr: 9 }; 2];
        assert_eq!(Window::ending_at(&twice, 9), Err(WindowError::Order(9)));
    }
}
