//! Money in micro-EMO.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An amount of money in micro-EMO (1 EMO = 1,000,000 µEMO).
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
pub struct Amount(u64);

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// Micro-EMO in one EMO.
    pub const MICRO: u64 = 1_000_000;

    /// An amount of `micro` µEMO.
    pub const fn from_micro(micro: u64) -> Self {
        Self(micro)
    }

    /// An amount of whole EMO; `None` past the range.
    pub const fn from_emo(emo: u64) -> Option<Self> {
        match emo.checked_mul(Self::MICRO) {
            Some(micro) => Some(Self(micro)),
            None => None,
        }
    }

    /// The amount in µEMO.
    pub const fn micro(self) -> u64 {
        self.0
    }

    /// Sum, or `None` past the range.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// Difference, or `None` below zero.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// `self · numerator / denominator` rounded down in 128 bits; `None` for a zero denominator or past the range.
    pub fn mul_div(self, numerator: u64, denominator: u64) -> Option<Self> {
        let product = u128::from(self.0).checked_mul(u128::from(numerator))?;
        let quotient = product.checked_div(u128::from(denominator))?;
        u64::try_from(quotient).ok().map(Self)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = self.0.checked_div(Self::MICRO).unwrap_or_default();
        let rest = self.0.checked_rem(Self::MICRO).unwrap_or_default();
        write!(out, "{whole}.{rest:06} EMO")
    }
}
