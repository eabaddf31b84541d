//! Beats as a strap sends them, kept for one window and no longer.
//!
//! - A frame that denies skin contact is dropped; every interval of the others is kept, plausible or not: implausible
//!   ones lower the quality of the window.
//! - Beats stand at the sum of the intervals so far, because frames carry no time. The host's clock at each frame's
//!   arrival, and the strap's own heart rate, are what the intervals are held against.
//! - What is older than a window is forgotten. The number of beats is bounded by [`Window::MAX_BEATS`].

use std::{collections::VecDeque, fmt};

use thiserror::Error;

use super::{
    authenticity::{DeviceTier, Reference, References},
    ble::{BleError, Contact, HeartRateMeasurement},
    features::{FeatureError, Features, SourceContext},
    tables::{TICKS_PER_SECOND, WINDOW_TICKS},
    window::{Beat, Window, WindowError},
};
use crate::primitives::TimeMs;

/// Why a frame is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum StreamError {
    /// Not a heart-rate measurement.
    #[error(transparent)]
    Frame(#[from] BleError),
    /// The host's clock went back.
    #[error("frame at {0} came before the one that is kept")]
    Order(TimeMs),
}

/// Why there is nothing to say about the beats so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum MeasureError {
    /// Too many beats, or out of order.
    #[error(transparent)]
    Window(#[from] WindowError),
    /// Too few good ones.
    #[error(transparent)]
    Features(#[from] FeatureError),
}

#[derive(Clone, Copy)]
struct Arrival {
    beat: Beat,
    at: TimeMs,
    hr_bpm: u16,
}

/// The last 120 s of a strap's beats.
///
/// `Debug` shows their number only: readings do not belong in logs.
#[derive(Clone, Default)]
pub struct BeatStream {
    kept: VecDeque<Arrival>,
    clock: u64,
    last: Option<TimeMs>,
}

impl BeatStream {
    /// Takes one payload of characteristic 0x2A37 that arrived at `at` by the host's clock.
    ///
    /// # Errors
    /// [`StreamError`]; the stream is as before.
    pub fn push(&mut self, payload: &[u8], at: TimeMs) -> Result<(), StreamError> {
        let frame = HeartRateMeasurement::parse(payload)?;
        if self.last.is_some_and(|last| at < last) {
            return Err(StreamError::Order(at));
        }
        self.last = Some(at);
        if frame.contact == Contact::Absent {
            return Ok(());
        }
        for rr in frame.rr {
            self.clock = self.clock.saturating_add(rr.into());
            self.kept.push_back(Arrival {
                beat: Beat { end_tick: self.clock, rr },
                at,
                hr_bpm: frame.hr_bpm,
            });
        }
        let clock = self.clock;
        self.kept.retain(|one| clock.saturating_sub(one.beat.end_tick) < WINDOW_TICKS);
        while self.kept.len() > Window::MAX_BEATS {
            self.kept.pop_front();
        }
        Ok(())
    }

    /// The window that ends with the newest beat.
    ///
    /// # Errors
    /// [`WindowError`].
    pub fn window(&self) -> Result<Window, WindowError> {
        Window::from_iter_ending_at(self.kept.iter().map(|one| one.beat), self.clock)
    }

    /// What the window's intervals are held against.
    pub fn references(&self) -> References {
        let (Some(first), Some(last)) = (self.kept.front(), self.kept.back()) else {
            return References::default();
        };
        let passed = last.at.since(first.at).saturating_mul(TICKS_PER_SECOND).checked_div(1_000);
        let wall = passed.unwrap_or_default().saturating_add(first.beat.rr.into());
        let rates: u64 = self.kept.iter().map(|one| u64::from(one.hr_bpm)).sum();
        let mean = rates.saturating_mul(100).checked_div(u64::try_from(self.kept.len()).unwrap_or(u64::MAX));
        let device = mean.and_then(|mean| u32::try_from(mean).ok());
        References {
            wall_clock_ticks: Reference::Measured(wall),
            device_hr_cbpm: device.map_or(Reference::Absent, Reference::Measured),
        }
    }

    /// Features of the window that ends with the newest beat, for a device of this tier.
    ///
    /// # Errors
    /// [`MeasureError`] while there is too little to say.
    pub fn features(&self, tier: DeviceTier) -> Result<Features, MeasureError> {
        let context = SourceContext { tier, references: self.references(), reactions: None };
        Ok(Features::compute(&self.window()?, &context)?)
    }

    /// Beats that are kept.
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    /// Whether none is kept.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// The host's clock at the arrival of the first and the last beat that is kept.
    pub fn span(&self) -> Option<(TimeMs, TimeMs)> {
        self.kept.front().zip(self.kept.back()).map(|(first, last)| (first.at, last.at))
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

impl fmt::Debug for BeatStream {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("BeatStream").field("beats", &self.kept.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: u64) -> TimeMs {
        TimeMs::from_millis(1_000_000 + second * 1_000)
    }

    /// Flags 0x10: RR present, heart rate 60.
    fn frame(rr: &[u16]) -> Vec<u8> {
        let pairs = rr.iter().flat_map(|rr| rr.to_le_bytes());
        [0x10, 60].into_iter().chain(pairs).collect()
    }

    #[test]
    fn keeps_one_window_and_its_references() {
        let mut stream = BeatStream::default();
        for second in 0..300 {
            stream.push(&frame(&[1_024]), at(second)).unwrap();
        }
        assert_eq!(stream.len(), 120);
        assert_eq!(stream.window().unwrap().beats().len(), 120);
        let references = stream.references();
        assert_eq!(references.wall_clock_ticks, Reference::Measured(120 * 1_024));
        assert_eq!(references.device_hr_cbpm, Reference::Measured(6_000));
        stream.clear();
        assert!(stream.is_empty() && stream.span().is_none());
    }

    #[test]
    fn lost_frames_show_against_the_clock() {
        let mut stream = BeatStream::default();
        for second in (0..300).filter(|second| second % 3 != 0) {
            stream.push(&frame(&[1_024]), at(second)).unwrap();
        }
        let Reference::Measured(wall) = stream.references().wall_clock_ticks else { panic!("no clock") };
        assert!(wall > 170 * 1_024, "120 beats took {wall} ticks");
    }

    #[test]
    fn refuses_what_is_malformed_or_late_and_drops_what_has_no_contact() {
        let mut stream = BeatStream::default();
        stream.push(&frame(&[1_000]), at(5)).unwrap();
        assert_eq!(stream.push(&frame(&[1_000]), at(4)), Err(StreamError::Order(at(4))));
        assert!(matches!(stream.push(&[], at(6)), Err(StreamError::Frame(BleError::Empty))));
        stream.push(&[0x14, 60, 0, 4], at(6)).unwrap();
        assert_eq!(stream.len(), 1, "without contact there is no beat");
        assert!(stream.features(DeviceTier::SIMULATED).is_err());
        let many: Vec<u16> = vec![1; 250];
        for _ in 0..20 {
            stream.push(&frame(&many), at(7)).unwrap();
        }
        assert!(stream.len() <= Window::MAX_BEATS);
    }

    #[test]
    fn the_strap_s_recording_says_what_its_intervals_say() {
        let text = include_str!("../../../tests/data/ble_frames_plux_ecg_5min.csv");
        let mut stream = BeatStream::default();
        let mut intervals = Vec::new();
        for line in text.lines().skip(1) {
            let mut fields = line.split(',');
            let time: u64 = fields.next().unwrap().parse().unwrap();
            let bytes = hex::decode(fields.next().unwrap()).unwrap();
            stream.push(&bytes, TimeMs::from_millis(time)).unwrap();
            let rr = fields.nth(3).unwrap_or_default();
            intervals.extend(rr.split_whitespace().map(|rr| rr.parse::<u16>().unwrap()));
        }
        let beats: Vec<Beat> = Beat::sequence(intervals).collect();
        let whole = Window::ending_at(&beats, beats.last().unwrap().end_tick).unwrap();
        assert_eq!(stream.window().unwrap(), whole);
        let features = stream.features(DeviceTier::SIMULATED).unwrap();
        assert!(features.is_eligible(), "{features:?}");
    }
}
