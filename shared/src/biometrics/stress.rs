//! Stress points: "biometrics features v1", steps 3 and 4.
//!
//! Baevsky's index SI = AMo / (2·Mo·MxDMn): how many intervals fall into the fullest 50 ms bin, against where that
//! bin lies and how far the intervals spread. Stress is the mean of two maps, one of 100·√SI and one of log2 RMSSD:
//! a rigid heart rhythm goes with a high index and a low RMSSD. It describes a rhythm, not a feeling.

use super::{
    fixed::log2_q16,
    hrv::Hrv,
    series::Series,
    tables::{BIN, SSI_CONSTANT, SSI_SCALE, STRESS_OF_LOG_RMSSD, STRESS_OF_SSI},
};

/// Bins of a `u16` interval: `65535·5 // 256` is the last.
const BINS: usize = 1280;

/// `ssi` = 100·√SI = `isqrt(20480000000·c // (n·(2k+1)·D))`, k the fullest bin (the first on ties), c its count, D =
/// longest − shortest interval; 10000 when all intervals are equal or there are none.
pub fn baevsky_ssi(series: &Series) -> u32 {
    let (Some(longest), Some(shortest)) = (series.intervals().max(), series.intervals().min()) else {
        return SSI_CONSTANT;
    };
    let (bin, count) = fullest_bin(series);
    let spread = u64::from(longest.abs_diff(shortest));
    // Below 2^18 · 2^12 · 2^16, so nothing saturates; the numerator is below 2^35 · 2^18.
    let denominator = u64::from(series.count())
        .saturating_mul(bin.saturating_mul(2).saturating_add(1))
        .saturating_mul(spread);
    let squared = SSI_SCALE.saturating_mul(count).checked_div(denominator);
    squared.map_or(SSI_CONSTANT, |squared| u32::try_from(squared.isqrt()).unwrap_or(u32::MAX))
}

/// Stress points 0..=100: `(a + b + 1) // 2`, a from the index, b from RMSSD (0 counts as 1).
pub fn stress(ssi: u32, hrv: &Hrv) -> u8 {
    let of_ssi = u16::from(STRESS_OF_SSI.at(ssi));
    let of_rmssd = u16::from(STRESS_OF_LOG_RMSSD.at(log2_q16(hrv.rmssd_cms)));
    let mean = of_ssi.saturating_add(of_rmssd).saturating_add(1) >> 1;
    // The mean of two numbers up to 100.
    u8::try_from(mean).unwrap_or(u8::MAX)
}

/// The index and count of the fullest 50 ms bin, the first on ties.
fn fullest_bin(series: &Series) -> (u64, u64) {
    let mut counts = [0_u64; BINS];
    for rr in series.intervals() {
        let bin = u64::from(rr).saturating_mul(BIN.0).checked_div(BIN.1);
        let place = bin.and_then(|bin| usize::try_from(bin).ok()).and_then(|bin| counts.get_mut(bin));
        if let Some(count) = place {
            *count = count.saturating_add(1);
        }
    }
    let first_best =
        |best: (u64, u64), (bin, count): (u64, u64)| if count > best.1 { (bin, count) } else { best };
    (0..).zip(counts).fold((0, 0), first_best)
}
