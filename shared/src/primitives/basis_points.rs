//! Scores, shares and rates: hundredths of a percent.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// An integer in `0..=10000`; 10000 is 100 %.
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
)]
#[serde(try_from = "u16", into = "u16")]
pub struct BasisPoints(u16);

/// Why a number is not in basis points.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum BasisPointsError {
    /// Above 10000.
    #[error("{0} is above 10000 basis points")]
    Range(u64),
    /// A wire `double` that is not exactly an integer of basis points divided by 100.
    #[error("{0} is not a score of whole basis points in 0..=100")]
    NotExact(f64),
}

impl BasisPoints {
    /// 0 %.
    pub const ZERO: Self = Self(0);
    /// 100 %.
    pub const MAX: Self = Self(10_000);

    /// Checks the range; usable in constants.
    pub const fn new(value: u16) -> Option<Self> {
        if value <= Self::MAX.0 { Some(Self(value)) } else { None }
    }

    /// The integer.
    pub const fn get(self) -> u16 {
        self.0
    }

    /// The seed's wire form, `0.0..=100.0`: exactly `bp / 100.0` (protocol §2).
    pub fn to_wire(self) -> f64 {
        f64::from(self.0) / 100.0
    }

    /// Reads the wire form: finite, in range and exactly `bp / 100.0` for an integer `bp`.
    ///
    /// The float is only compared bit for bit with the form that [`Self::to_wire`] gives, so nothing that nodes
    /// agree on depends on rounding.
    ///
    /// # Errors
    /// [`BasisPointsError::NotExact`] for anything else.
    pub fn from_wire(value: f64) -> Result<Self, BasisPointsError> {
        let refused = || BasisPointsError::NotExact(value);
        if !value.is_finite() || !(0.0..=100.0).contains(&value) {
            return Err(refused());
        }
        // In range by the check above, so the cast can neither truncate nor change sign.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let candidate = Self::new((value * 100.0).round() as u16).ok_or_else(refused)?;
        if candidate.to_wire().to_bits() == value.to_bits() { Ok(candidate) } else { Err(refused()) }
    }
}

impl TryFrom<u16> for BasisPoints {
    type Error = BasisPointsError;
    fn try_from(value: u16) -> Result<Self, BasisPointsError> {
        Self::new(value).ok_or(BasisPointsError::Range(value.into()))
    }
}

impl TryFrom<u32> for BasisPoints {
    type Error = BasisPointsError;
    fn try_from(value: u32) -> Result<Self, BasisPointsError> {
        let narrow = u16::try_from(value).map_err(|_| BasisPointsError::Range(value.into()))?;
        Self::try_from(narrow)
    }
}

impl From<BasisPoints> for u16 {
    fn from(value: BasisPoints) -> Self {
        value.0
    }
}

impl From<BasisPoints> for u32 {
    fn from(value: BasisPoints) -> Self {
        value.0.into()
    }
}

// Not derived: a stored value outside the range must not come to life.
impl borsh::BorshDeserialize for BasisPoints {
    fn deserialize_reader<R: borsh::io::Read>(reader: &mut R) -> borsh::io::Result<Self> {
        let value = u16::deserialize_reader(reader)?;
        Self::try_from(value)
            .map_err(|error| borsh::io::Error::new(borsh::io::ErrorKind::InvalidData, error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_survives_the_wire() {
        for value in 0..=10_000_u16 {
            let bp = BasisPoints::new(value).unwrap();
            assert_eq!(BasisPoints::from_wire(bp.to_wire()), Ok(bp));
        }
    }

    #[test]
    fn refuses_what_is_not_exact() {
        for value in [f64::NAN, f64::INFINITY, -0.0, -1.0, 100.001, 50.005, 33.333, 1e-300, f64::MAX] {
            assert!(BasisPoints::from_wire(value).is_err(), "{value}");
        }
        assert_eq!(BasisPoints::new(10_001), None);
        assert!(BasisPoints::try_from(70_000_u32).is_err());
    }
}
