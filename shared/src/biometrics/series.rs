//! Which intervals count: "biometrics features v1", step 1.
//!
//! An interval is accepted if it is 307 to 2048 ticks long and, when it has a neighbour on either side, differs from
//! their mean by at most a fifth (the usual 20 % rule against ectopic and missed beats). Rejected ones are left out
//! and never interpolated, and a difference is taken only between two accepted neighbours, as the Task Force (1996)
//! asks of normal-to-normal intervals.

use super::{
    recording::Recording,
    tables::{MAX_RR, MIN_RR, NEIGHBOUR_PARTS},
    window::{Beat, Window},
};

/// Beats, each with the verdict whether its interval counts; at most [`Series::MAX_LEN`].
#[derive(Clone)]
pub struct Series {
    beats: Vec<(Beat, bool)>,
}

impl Series {
    /// The longest series, which bounds every sum in the formulas: a whole recording.
    pub const MAX_LEN: usize = Recording::MAX_ROWS;

    /// Judges the beats of a window.
    pub fn filtered(window: &Window) -> Self {
        let beats = window.beats();
        // The neighbours of each beat, with `None` before the first and behind the last.
        let before = std::iter::once(None).chain(beats.iter().map(|beat| Some(beat.rr)));
        let after = beats.iter().skip(1).map(|beat| Some(beat.rr)).chain(std::iter::once(None));
        let judged = beats.iter().zip(before.zip(after)).map(|(beat, (before, after))| {
            let neighbours = before.zip(after);
            (*beat, is_plausible(beat.rr) && neighbours.is_none_or(|pair| is_steady(beat.rr, pair)))
        });
        Self { beats: judged.collect() }
    }

    /// Takes every beat of a recording as it stands, as reference tools do.
    pub fn unfiltered(recording: &Recording) -> Self {
        Self { beats: recording.beats().iter().map(|beat| (*beat, true)).collect() }
    }

    /// The accepted beats, oldest first.
    pub fn accepted(&self) -> impl Iterator<Item = Beat> {
        self.beats.iter().filter(|(_, accepted)| *accepted).map(|(beat, _)| *beat)
    }

    /// The intervals of accepted beats, ticks.
    pub fn intervals(&self) -> impl Iterator<Item = u16> {
        self.accepted().map(|beat| beat.rr)
    }

    /// `|d|` of successive intervals where both are accepted, ticks.
    pub fn differences(&self) -> impl Iterator<Item = u16> {
        self.beats
            .iter()
            .zip(self.beats.iter().skip(1))
            .filter(|((_, first), (_, second))| *first && *second)
            .map(|((first, _), (second, _))| first.rr.abs_diff(second.rr))
    }

    /// How many beats are accepted.
    pub fn count(&self) -> u32 {
        self.accepted().fold(0, |count: u32, _| count.saturating_add(1))
    }

    /// Ticks between the ends of the first and the last accepted beat.
    pub fn span_ticks(&self) -> u64 {
        let mut ends = self.accepted().map(|beat| beat.end_tick);
        let first = ends.next();
        let last = ends.last().or(first);
        first.zip(last).map_or(0, |(first, last)| last.saturating_sub(first))
    }

    /// `1000 · accepted // total`, ‰; 0 without beats.
    pub fn quality(&self) -> u32 {
        let total = u32::try_from(self.beats.len()).unwrap_or(u32::MAX);
        self.count().saturating_mul(1000).checked_div(total).unwrap_or(0)
    }
}

fn is_plausible(rr: u16) -> bool {
    (MIN_RR..=MAX_RR).contains(&rr)
}

/// `5·|2rr − (a + b)| ≤ a + b`.
fn is_steady(rr: u16, (before, after): (u16, u16)) -> bool {
    let neighbours = u32::from(before).saturating_add(after.into());
    let apart = u32::from(rr).saturating_mul(2).abs_diff(neighbours);
    apart.saturating_mul(NEIGHBOUR_PARTS) <= neighbours
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdicts(rr: &[u16]) -> Vec<bool> {
        let beats: Vec<Beat> = Beat::sequence(rr.iter().copied()).collect();
        let series = Series::filtered(&Window::ending_at(&beats, beats.last().unwrap().end_tick).unwrap());
        series.beats.iter().map(|(_, accepted)| *accepted).collect()
    }

    #[test]
    fn accepts_by_range_and_neighbours() {
        assert_eq!(verdicts(&[306, 306]), [false, false]);
        assert_eq!(verdicts(&[307, 307]), [true, true]);
        assert_eq!(verdicts(&[2048, 2049, 2048]), [true, false, true]);
        // Exactly 20 % off the mean of 1000 and 1000 is accepted, one tick more is not; ends have no such test.
        assert_eq!(verdicts(&[1000, 1200, 1000]), [true, true, true]);
        assert_eq!(verdicts(&[1000, 1201, 1000]), [true, false, true]);
        assert_eq!(verdicts(&[1000, 800, 1000]), [true, true, true]);
        assert_eq!(verdicts(&[400, 2000]), [true, true]);
    }

    #[test]
    fn differences_need_two_accepted_neighbours() {
        let beats: Vec<Beat> = Beat::sequence([1000, 1010, 300, 1000, 1030]).collect();
        let series = Series::filtered(&Window::ending_at(&beats, 6000).unwrap());
        // 1010 and 1000 stand beside the rejected 300 and are pulled off their neighbours' mean by it.
        assert_eq!(series.intervals().collect::<Vec<_>>(), [1000, 1030]);
        assert_eq!(series.differences().count(), 0);
        assert_eq!((series.count(), series.quality(), series.span_ticks()), (2, 400, 3340));
    }
}
