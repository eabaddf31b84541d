//! Heart rate and time-domain variability: "biometrics features v1", step 2, after Task Force (1996).
//!
//! With n accepted intervals of sum S1 and square sum S2 (ticks), and d the differences of adjacent accepted ones:
//! `hr = (6000·1024·n + S1//2) // S1`, `rmssd = isqrt(Σd²·10¹⁰ // (pairs·2²⁰))`,
//! `sdnn = isqrt((n·S2 − S1²)·10¹⁰ // (n(n−1)·2²⁰))`, NN50 the d above 50 ms.

use super::{
    series::Series,
    tables::{NN50_MILLITICKS, TICKS_PER_SECOND},
};

/// Measures of one series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hrv {
    /// Accepted beats.
    pub count: u32,
    /// Heart rate, hundredths of a beat a minute; 0 without beats.
    pub hr_cbpm: u32,
    /// Root mean square of successive differences, 0.01 ms; 0 without pairs.
    pub rmssd_cms: u32,
    /// Standard deviation of intervals (n − 1 in the denominator), 0.01 ms; 0 for fewer than two.
    pub sdnn_cms: u32,
    /// Successive differences above 50 ms.
    pub nn50: u32,
    /// Successive differences.
    pub pairs: u32,
    /// Distinct intervals in ‰ of all.
    pub distinct_permille: u32,
}

impl Hrv {
    /// Measures a series.
    // A series has n ≤ 200,000 < 2^18 intervals below 2^16, so S1 < 2^34, S2 and Σd² < 2^50, n·S2 and S1² < 2^68 and
    // their product with 10^10 < 2^102: all inside u128. n·S2 ≥ S1² by Cauchy and Schwarz, and n − 1 is taken only
    // for n ≥ 2.
    #[allow(clippy::arithmetic_side_effects)]
    pub fn measure(series: &Series) -> Self {
        let n = u128::from(series.count());
        let sum: u128 = series.intervals().map(u128::from).sum();
        let squares: u128 = series.intervals().map(|rr| u128::from(rr).pow(2)).sum();
        let pairs: u32 = series.differences().map(|_| 1_u32).sum();
        let difference_squares: u128 = series.differences().map(|d| u128::from(d).pow(2)).sum();

        let minute = 6000 * u128::from(TICKS_PER_SECOND) * n;
        Self {
            count: series.count(),
            hr_cbpm: narrow((minute + sum / 2).checked_div(sum)),
            rmssd_cms: root_of_ticks_squared(difference_squares, pairs.into()),
            sdnn_cms: if n < 2 { 0 } else { root_of_ticks_squared(n * squares - sum * sum, n * (n - 1)) },
            nn50: series
                .differences()
                .filter(|d| 1000 * u32::from(*d) > NN50_MILLITICKS)
                .map(|_| 1_u32)
                .sum(),
            pairs,
            distinct_permille: narrow((1000 * distinct(series)).checked_div(n)),
        }
    }

    /// pNN50 in hundredths of a percent of the *differences* (`10000·nn50 // pairs`); some tools divide by the number
    /// of intervals instead. 0 without pairs.
    pub fn pnn50_bp(&self) -> u32 {
        u64::from(self.nn50)
            .saturating_mul(10_000)
            .checked_div(self.pairs.into())
            .and_then(|bp| u32::try_from(bp).ok())
            .unwrap_or(0)
    }

    /// `1000·SDNN // RMSSD`, ‰, with an RMSSD of 0 counted as 1.
    pub fn ratio_permille(&self) -> u32 {
        let ratio = u64::from(self.sdnn_cms).saturating_mul(1000).checked_div(self.rmssd_cms.max(1).into());
        ratio.and_then(|ratio| u32::try_from(ratio).ok()).unwrap_or(u32::MAX)
    }
}

/// `isqrt(numerator·10¹⁰ // (denominator·2²⁰))`: from ticks² to 0.01 ms; 0 for a zero denominator.
///
/// The callers' numerators stay below 2^68 and denominators below 2^36.
fn root_of_ticks_squared(numerator: u128, denominator: u128) -> u32 {
    let scaled = numerator.saturating_mul(10_000_000_000);
    narrow(scaled.checked_div(denominator.saturating_mul(1 << 20)).map(u128::isqrt))
}

fn distinct(series: &Series) -> u128 {
    let mut values: Vec<u16> = series.intervals().collect();
    values.sort_unstable();
    values.dedup();
    values.iter().map(|_| 1_u128).sum()
}

/// Nothing becomes 0. Every value is in range: roots are at most 65535 ticks in 0.01 ms, a rate at most 6000·1024.
fn narrow(value: Option<u128>) -> u32 {
    value.map_or(0, |value| u32::try_from(value).unwrap_or(u32::MAX))
}
