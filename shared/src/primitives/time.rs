//! Times in unix milliseconds.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Unix time in milliseconds, `0..=i64::MAX` so that every value has its `int64` on the wire.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    borsh::BorshSerialize,
    borsh::BorshDeserialize,
)]
#[serde(transparent)]
pub struct TimeMs(u64);

impl TimeMs {
    /// 1970-01-01.
    pub const ZERO: Self = Self(0);

    /// Wraps milliseconds, capped at `i64::MAX`.
    pub const fn from_millis(millis: u64) -> Self {
        if millis > i64::MAX.unsigned_abs() { Self(i64::MAX.unsigned_abs()) } else { Self(millis) }
    }

    /// Reads the wire form; `None` when negative.
    pub fn from_wire(millis: i64) -> Option<Self> {
        u64::try_from(millis).ok().map(Self)
    }

    /// The wire form.
    pub fn to_wire(self) -> i64 {
        i64::try_from(self.0).unwrap_or(i64::MAX)
    }

    /// Milliseconds since 1970.
    pub const fn millis(self) -> u64 {
        self.0
    }

    /// This time plus a duration in milliseconds, capped at the end of the range.
    pub const fn saturating_add(self, millis: u64) -> Self {
        Self::from_millis(self.0.saturating_add(millis))
    }

    /// This time minus a duration in milliseconds, not before 1970.
    pub const fn saturating_sub(self, millis: u64) -> Self {
        Self(self.0.saturating_sub(millis))
    }

    /// Milliseconds from `earlier` to this time; 0 if `earlier` is later.
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for TimeMs {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, out)
    }
}
