//! Recorded RR series, for development chains: enrolled as *simulated* and shown as simulated everywhere.
//!
//! A recording is a CSV file with a header line that names a column `rr_1024`: intervals in ticks of 1/1024 s, one a
//! row. Other columns are ignored, and so are blank lines at the end. Played longer than it lasts, a recording
//! repeats from its start.

use thiserror::Error;

use super::{
    tables::WINDOW_TICKS,
    window::{Beat, Window, WindowError},
};

/// Name of the column that is read.
const COLUMN: &str = "rr_1024";

/// A parsed recording: at least one beat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// In strictly rising order, because no interval is zero.
    beats: Vec<Beat>,
}

/// Why a file is not a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RecordingError {
    /// Larger than any recording.
    #[error("recording has {0} bytes, at most {max} are read", max = Recording::MAX_BYTES)]
    TooLarge(usize),
    /// More rows than any recording.
    #[error("recording has more than {max} rows", max = Recording::MAX_ROWS)]
    TooManyRows,
    /// The header line lacks the column.
    #[error("recording has no column {COLUMN} in its first line")]
    NoColumn,
    /// A row whose interval is missing, not a number, or outside 1..=65535.
    #[error("line {line} of the recording has no interval of 1 to 65535 ticks")]
    Interval {
        /// Line number, from 1 for the header.
        line: usize,
    },
    /// A header and nothing else.
    #[error("recording has no rows")]
    Empty,
}

impl Recording {
    /// The largest file: 8 MiB, about 50 bytes a row of the longest legal recording.
    pub const MAX_BYTES: usize = 8 << 20;
    /// The most rows: 200,000, about two days of beats.
    pub const MAX_ROWS: usize = 200_000;

    /// Parses a CSV file.
    ///
    /// # Errors
    /// [`RecordingError`] for the first rule broken.
    pub fn parse(csv: &str) -> Result<Self, RecordingError> {
        if csv.len() > Self::MAX_BYTES {
            return Err(RecordingError::TooLarge(csv.len()));
        }
        let body = csv.trim_end();
        let mut lines = body.lines().zip(1_usize..);
        let (header, _) = lines.next().ok_or(RecordingError::NoColumn)?;
        let column =
            header.split(',').position(|name| name.trim() == COLUMN).ok_or(RecordingError::NoColumn)?;

        let mut intervals = Vec::new();
        for (row, line) in lines {
            if intervals.len() >= Self::MAX_ROWS {
                return Err(RecordingError::TooManyRows);
            }
            let cell = row.split(',').nth(column).map(str::trim);
            let ticks = cell.and_then(|cell| cell.parse::<u16>().ok()).filter(|ticks| *ticks != 0);
            intervals.push(ticks.ok_or(RecordingError::Interval { line })?);
        }
        if intervals.is_empty() {
            return Err(RecordingError::Empty);
        }
        Ok(Self { beats: Beat::sequence(intervals).collect() })
    }

    /// All beats, once, the first interval starting at tick 0; 1 to [`Self::MAX_ROWS`].
    pub fn beats(&self) -> &[Beat] {
        &self.beats
    }

    /// How long the recording lasts, ticks; at least 1.
    pub fn total_ticks(&self) -> u64 {
        self.beats.last().map_or(1, |beat| beat.end_tick)
    }

    /// The endless series of beats, looped from the recording's start, from the first that ends after
    /// `after_tick` on.
    pub fn beats_looped(&self, after_tick: u64) -> impl Iterator<Item = Beat> {
        let total = self.total_ticks();
        let cycle = after_tick.checked_div(total).unwrap_or(0);
        let start = cycle.saturating_mul(total);
        let within = after_tick.saturating_sub(start);
        let done = self.beats.partition_point(|beat| beat.end_tick <= within);
        let starts = std::iter::successors(Some(start), move |start| start.checked_add(total));
        starts.flat_map(|start| self.beats.iter().filter_map(move |beat| beat.delayed(start))).skip(done)
    }

    /// The window that ends at `now_tick` when the recording has been played in a loop since tick 0.
    ///
    /// # Errors
    /// [`WindowError::TooManyBeats`] for a recording of absurdly short intervals.
    pub fn window_looped(&self, now_tick: u64) -> Result<Window, WindowError> {
        let beats = self.beats_looped(now_tick.saturating_sub(WINDOW_TICKS));
        Window::from_iter_ending_at(beats.take_while(|beat| beat.end_tick <= now_tick), now_tick)
    }
}

impl Beat {
    /// The same beat in a later cycle; `None` past the range.
    fn delayed(self, ticks: u64) -> Option<Self> {
        Some(Self { end_tick: self.end_tick.checked_add(ticks)?, rr: self.rr })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_column_by_name() {
        let recording = Recording::parse("i,rr_ms, rr_1024 ,x\r\n0,1,800,a\r\n1,2,801\r\n\r\n").unwrap();
        assert_eq!(recording.beats(), [Beat { end_tick: 800, rr: 800 }, Beat { end_tick: 1601, rr: 801 }]);
        assert_eq!(recording.total_ticks(), 1601);
    }

    #[test]
    fn names_the_broken_line() {
        let bad = |line| Err(RecordingError::Interval { line });
        assert_eq!(Recording::parse(""), Err(RecordingError::NoColumn));
        assert_eq!(Recording::parse("rr\n5"), Err(RecordingError::NoColumn));
        assert_eq!(Recording::parse("rr_1024\n"), Err(RecordingError::Empty));
        for cell in ["0", "-1", "65536", "8.5", "x", " "] {
            assert_eq!(Recording::parse(&format!("rr_1024,x\n700,1\n{cell},1\n700,1")), bad(3), "{cell}");
        }
        assert_eq!(Recording::parse("i,rr_1024\n0,700\n1\n"), bad(3));
        let long = format!("rr_1024\n{}", "1\n".repeat(Recording::MAX_ROWS + 1));
        assert_eq!(Recording::parse(&long), Err(RecordingError::TooManyRows));
        let large = " ".repeat(Recording::MAX_BYTES + 1);
        assert_eq!(Recording::parse(&large), Err(RecordingError::TooLarge(large.len())));
    }

    #[test]
    fn loops_from_its_start() {
        let recording = Recording::parse("rr_1024\n700\n900\n800").unwrap();
        let ends =
            |after| recording.beats_looped(after).take(4).map(|beat| beat.end_tick).collect::<Vec<_>>();
        assert_eq!(ends(0), [700, 1600, 2400, 3100]);
        assert_eq!(ends(699), [700, 1600, 2400, 3100]);
        assert_eq!(ends(700), [1600, 2400, 3100, 4000]);
        assert_eq!(ends(2400), [3100, 4000, 4800, 5500]);
        assert_eq!(ends(2399), [2400, 3100, 4000, 4800]);
        assert!(recording.beats_looped(u64::MAX).next().is_none());
        let looped = recording.window_looped(1_000_000).unwrap();
        let flat: Vec<Beat> = recording.beats_looped(0).take(2000).collect();
        assert_eq!(looped, Window::ending_at(&flat, 1_000_000).unwrap());
        let fast = Recording::parse("rr_1024\n1").unwrap();
        assert_eq!(fast.window_looped(1_000_000), Err(WindowError::TooManyBeats));
    }
}
