//! One thing that goes wrong.

use std::fmt;

use crate::{
    byzantine::Kind,
    network::{
        MS, Micros,
        weather::{Span, Weather},
    },
};

/// When a node crashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CrashTime {
    /// At a moment.
    At(Micros),
    /// After a moment, in the middle of writing its log.
    Writing(Micros),
    /// As soon as it has sent its proposal for this height; whoever proposes first.
    Proposed(u64),
}

/// What the disk keeps of what was written and not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CrashDisk {
    /// All: only the process died.
    Kept,
    /// Nothing.
    Lost,
    /// The beginning, cut anywhere.
    Torn,
}

/// One thing that goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A seat does not follow the protocol.
    Byzantine {
        /// Which.
        seat: usize,
        /// What it does.
        kind: Kind,
    },
    /// A node dies and comes back.
    Crash {
        /// Which; `None` with [`CrashTime::Proposed`]: whoever it is.
        seat: Option<usize>,
        /// When.
        time: CrashTime,
        /// For how long.
        down: Micros,
        /// What it finds.
        disk: CrashDisk,
    },
    /// The network misbehaves.
    Weather(Span, Weather),
    /// A clock goes wrong by so many milliseconds, all the time.
    Skew {
        /// Whose.
        seat: usize,
        /// Ahead, or behind below zero.
        ms: i64,
    },
    /// A person gives no biometric proofs.
    NoProofs {
        /// Whose device.
        seat: usize,
    },
    /// The decision of a height stays hidden in round 0.
    Hidden {
        /// Which height.
        height: u64,
    },
}

impl Fault {
    /// Its name, for counting.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Byzantine { kind, .. } => kind.name(),
            Self::Crash { disk: CrashDisk::Kept, .. } => "crash",
            Self::Crash { disk: CrashDisk::Lost, .. } => "crash_lost_writes",
            Self::Crash { disk: CrashDisk::Torn, .. } => "crash_torn_writes",
            Self::Weather(_, weather) => weather.name(),
            Self::Skew { .. } => "clock_skew",
            Self::NoProofs { .. } => "no_proofs",
            Self::Hidden { .. } => "hidden_decision",
        }
    }

    /// When it is over, for those that end.
    pub fn over(&self) -> Micros {
        match self {
            Self::Crash { time: CrashTime::At(at) | CrashTime::Writing(at), down, .. } => {
                at + down + 600 * MS
            }
            // Heights pass about once a second, and a round or two may be lost.
            Self::Crash { time: CrashTime::Proposed(height), down, .. } => height * 3_000 * MS + down,
            Self::Weather(span, _) => span.until,
            Self::Hidden { height } => height * 1_000 * MS + 12_000 * MS,
            Self::Byzantine { .. } | Self::Skew { .. } | Self::NoProofs { .. } => 0,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Byzantine { seat, kind } => write!(out, "seat {seat} is Byzantine: {}", kind.name()),
            Self::Crash { seat, time, down, disk } => {
                match seat {
                    Some(seat) => write!(out, "seat {seat} crashes ")?,
                    None => write!(out, "somebody crashes ")?,
                }
                match time {
                    CrashTime::At(at) => write!(out, "at {} ms", at / MS)?,
                    CrashTime::Writing(at) => write!(out, "while writing after {} ms", at / MS)?,
                    CrashTime::Proposed(height) => write!(out, "on proposing height {height}")?,
                }
                let disk = match disk {
                    CrashDisk::Kept => "kept",
                    CrashDisk::Lost => "lost",
                    CrashDisk::Torn => "torn",
                };
                write!(out, " for {} ms, unsynced writes {disk}", down / MS)
            }
            Self::Weather(span, weather) => write!(out, "{weather:?} in {span}"),
            Self::Skew { seat, ms } => write!(out, "the clock of seat {seat} is {ms} ms off"),
            Self::NoProofs { seat } => write!(out, "seat {seat} gives no biometric proofs"),
            Self::Hidden { height } => write!(out, "the decision of height {height} stays hidden in round 0"),
        }
    }
}
