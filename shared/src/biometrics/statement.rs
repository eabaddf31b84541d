//! What a proof says openly (protocol §5): score, stress, focus, authenticity and heart rate.
//!
//! A verifier sees no sample. It checks what can be checked without: every value in its range, the score recomputed
//! from its parts, the gates of "biometrics features v1" step 7, and authenticity against the tier of the device.

use emotionalchain_proto::v1;
use thiserror::Error;

use super::{
    authenticity::DeviceTier,
    features::Features,
    score::{self, authenticity_admits, heart_rate_admits, quality_admits},
};
use crate::primitives::BasisPoints;

/// What a device publishes of a window. Nothing is believed before [`Self::check`] passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OpenStatement {
    /// The emotional score.
    pub score: BasisPoints,
    /// Stress points, 0..=100.
    pub stress: u8,
    /// Focus points, 0..=100.
    pub focus: u8,
    /// Authenticity points, 70..=100 and at most the device's tier.
    pub authenticity: u8,
    /// Heart rate in hundredths of a beat a minute, 3000..=22000.
    pub heart_rate_cbpm: u32,
}

/// Why a statement is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum StatementError {
    /// A value outside its range.
    #[error("{field} of a statement is {value}, which is out of range")]
    Range {
        /// The field's name.
        field: &'static str,
        /// Its value.
        value: u32,
    },
    /// The score does not follow from its parts.
    #[error("stated score of {stated} bp, its parts give {computed}")]
    Score {
        /// What the statement says.
        stated: u16,
        /// What it should say.
        computed: u16,
    },
    /// Authenticity below the gate.
    #[error("authenticity of {0} is too low for a proof")]
    Authenticity(u8),
    /// More authenticity than the device's tier allows.
    #[error("authenticity of {stated} is above the device's tier of {tier}")]
    AboveTier {
        /// What the statement says.
        stated: u8,
        /// The tier.
        tier: u8,
    },
    /// A heart rate outside 30 to 220 bpm.
    #[error("heart rate of {0} hundredths of a beat a minute is outside 30 to 220 bpm")]
    HeartRate(u32),
    /// Too many rejected beats; known to the sender only.
    #[error("signal quality of {0} per mille is too low for a proof")]
    Quality(u32),
}

impl OpenStatement {
    /// What a device states of features that pass every gate; they hold its tier already.
    ///
    /// # Errors
    /// The first gate that they fail.
    pub fn from_features(features: &Features) -> Result<Self, StatementError> {
        if !quality_admits(features.quality) {
            return Err(StatementError::Quality(features.quality));
        }
        let statement = Self {
            score: features.score,
            stress: features.stress,
            focus: features.focus,
            authenticity: features.authenticity,
            heart_rate_cbpm: features.hr_cbpm,
        };
        statement.check(DeviceTier::ATTESTED.get())?;
        Ok(statement)
    }

    /// The score that authenticity, focus and stress give; `None` if one of them is above 100.
    pub fn recompute_score(&self) -> Option<BasisPoints> {
        score::score(self.authenticity, self.focus, self.stress)
    }

    /// Checks, in this order: points are at most 100; the score recomputes; authenticity ≥ 70; authenticity at most
    /// the device's tier; heart rate 30 to 220 bpm.
    ///
    /// # Errors
    /// The first rule broken.
    pub fn check(&self, tier: u8) -> Result<(), StatementError> {
        for (field, value) in
            [("stress", self.stress), ("focus", self.focus), ("authenticity", self.authenticity)]
        {
            if value > 100 {
                return Err(StatementError::Range { field, value: value.into() });
            }
        }
        // With points in range there always is a score.
        let computed = self.recompute_score().unwrap_or(BasisPoints::ZERO);
        if self.score != computed {
            return Err(StatementError::Score { stated: self.score.get(), computed: computed.get() });
        }
        if !authenticity_admits(self.authenticity) {
            return Err(StatementError::Authenticity(self.authenticity));
        }
        if self.authenticity > tier {
            return Err(StatementError::AboveTier { stated: self.authenticity, tier });
        }
        if !heart_rate_admits(self.heart_rate_cbpm) {
            return Err(StatementError::HeartRate(self.heart_rate_cbpm));
        }
        Ok(())
    }
}

impl From<&OpenStatement> for v1::OpenStatement {
    fn from(statement: &OpenStatement) -> Self {
        Self {
            score_bp: statement.score.into(),
            stress: statement.stress.into(),
            focus: statement.focus.into(),
            authenticity: statement.authenticity.into(),
            heart_rate_cbpm: statement.heart_rate_cbpm,
        }
    }
}

impl TryFrom<&v1::OpenStatement> for OpenStatement {
    type Error = StatementError;
    /// Reads the wire form: what its types can hold, see [`OpenStatement::check`].
    fn try_from(wire: &v1::OpenStatement) -> Result<Self, StatementError> {
        let narrow =
            |field, value: u32| u8::try_from(value).map_err(|_| StatementError::Range { field, value });
        Ok(Self {
            score: BasisPoints::try_from(wire.score_bp)
                .map_err(|_| StatementError::Range { field: "score", value: wire.score_bp })?,
            stress: narrow("stress", wire.stress)?,
            focus: narrow("focus", wire.focus)?,
            authenticity: narrow("authenticity", wire.authenticity)?,
            heart_rate_cbpm: wire.heart_rate_cbpm,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(score_bp: u32, stress: u32, focus: u32, authenticity: u32, hr: u32) -> v1::OpenStatement {
        v1::OpenStatement { score_bp, stress, focus, authenticity, heart_rate_cbpm: hr }
    }

    fn check(wire: &v1::OpenStatement, tier: DeviceTier) -> Result<(), StatementError> {
        OpenStatement::try_from(wire)?.check(tier.get())
    }

    #[test]
    fn checks_in_order() {
        use StatementError as E;
        let (bare, simulated) = (DeviceTier::BARE_KEY, DeviceTier::SIMULATED);
        // 40·80 + 30·38 + 30·46
        let good = wire(5_720, 54, 38, 80, 7_550);
        assert_eq!(check(&good, simulated), Ok(()));
        assert_eq!(v1::OpenStatement::from(&OpenStatement::try_from(&good).unwrap()), good);
        assert_eq!(check(&good, bare), Err(E::AboveTier { stated: 80, tier: 70 }));
        let score = |stated| Err(E::Score { stated, computed: 5_720 });
        assert_eq!(check(&wire(5_721, 54, 38, 80, 7_550), simulated), score(5_721));
        assert_eq!(check(&wire(0, 54, 38, 80, 7_550), simulated), score(0));
        assert_eq!(check(&wire(5_280, 54, 38, 69, 7_550), simulated), Err(E::Authenticity(69)));
        for (hr, result) in [(2_999, Err(E::HeartRate(2_999))), (3_000, Ok(())), (22_000, Ok(()))] {
            assert_eq!(check(&wire(5_720, 54, 38, 80, hr), simulated), result);
        }
        assert_eq!(check(&wire(5_720, 54, 38, 80, 22_001), simulated), Err(E::HeartRate(22_001)));
    }

    #[test]
    fn refuses_values_out_of_range() {
        let range = |field, value| Err(StatementError::Range { field, value });
        let of = |wire: &_| check(wire, DeviceTier::ATTESTED);
        assert_eq!(of(&wire(10_001, 0, 0, 0, 0)), range("score", 10_001));
        assert_eq!(of(&wire(0, 101, 0, 0, 0)), range("stress", 101));
        assert_eq!(of(&wire(0, 0, 356, 0, 0)), range("focus", 356));
        assert_eq!(of(&wire(0, 0, 255, 0, 0)), range("focus", 255));
        assert_eq!(of(&wire(0, 0, 0, u32::MAX, 0)), range("authenticity", u32::MAX));
    }
}
