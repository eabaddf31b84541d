//! The emotional score and the gates of a proof: "biometrics features v1", step 7.
//!
//! `score = 40·authenticity + 30·focus + 30·(100 − stress)` basis points. Scores differ between people mostly by age,
//! fitness, medicine and illness, so a score is a low gate with hysteresis (in the epoch rules), never a vote's
//! weight. The gates here say whether a proof counts at all.

use super::tables::{HR_RANGE_CBPM, MIN_AUTHENTICITY, MIN_QUALITY, WEIGHTS};
use crate::primitives::BasisPoints;

/// The score of three numbers of points; `None` if one is above 100.
pub fn score(authenticity: u8, focus: u8, stress: u8) -> Option<BasisPoints> {
    let calm = 100_u8.checked_sub(stress)?;
    if authenticity > 100 || focus > 100 {
        return None;
    }
    let parts = WEIGHTS.into_iter().zip([authenticity, focus, calm]);
    // 100·(40 + 30 + 30) at most.
    let bp = parts.map(|(weight, points)| weight.saturating_mul(points.into())).fold(0, u16::saturating_add);
    BasisPoints::new(bp)
}

/// Whether authenticity admits a proof: at least 70.
pub const fn authenticity_admits(authenticity: u8) -> bool {
    authenticity >= MIN_AUTHENTICITY
}

/// Whether quality (‰) admits a proof: at least 800.
pub const fn quality_admits(quality: u32) -> bool {
    quality >= MIN_QUALITY
}

/// Whether a heart rate (hundredths of a beat a minute) admits a proof: 30 to 220 bpm.
pub const fn heart_rate_admits(cbpm: u32) -> bool {
    HR_RANGE_CBPM.0 <= cbpm && cbpm <= HR_RANGE_CBPM.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weighs_its_parts() {
        let bp = |a, f, s| score(a, f, s).map(BasisPoints::get);
        assert_eq!(bp(100, 100, 0), Some(10_000));
        assert_eq!(bp(0, 0, 100), Some(0));
        assert_eq!(bp(100, 38, 54), Some(6_520));
        for (a, f, s) in [(101, 0, 0), (0, 101, 0), (0, 0, 101), (255, 255, 255)] {
            assert_eq!(bp(a, f, s), None);
        }
    }
}
