//! Rhythm coherence: "biometrics features v1", step 5. Our own definition, not a published one.
//!
//! How much of the rhythm's power lies in one narrow peak: accepted intervals are read at 128 instants half a second
//! apart up to now, the mean is removed, a Hann window applied, and a 128-point discrete Fourier transform taken with
//! the constant Q14 cosine table. With `P[k] = (|re|»20)² + (|im|»20)²` and the peak among bins 3..=16 (0.047 to
//! 0.25 Hz), coherence is `1000·(P[k−1] + P[k] + P[k+1]) // ΣP[1..=26]`. Slow, even breathing makes it high.

use super::{
    series::Series,
    tables::{
        COS_Q14, FOCUS_OF_COHERENCE, INSTANT_TICKS, ONE_Q14, PEAK_BINS, POINTS, POWER_BINS, POWER_SHIFT,
        QUARTER_SHIFT, VALUE_SCALE,
    },
    window::Beat,
};

/// Seconds that the spectrum spans: 128 instants half a second apart; the distance of bins is its inverse.
const SPECTRUM_SECONDS: u32 = 64;

/// Where the rhythm's power lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coherence {
    /// Frequency of the peak, mHz, rounded down; the lowest candidate for a rhythm without power.
    pub peak_mhz: u32,
    /// Share of the power in the peak and its two neighbours, ‰.
    pub permille: u32,
}

impl Coherence {
    /// Measures a series at the instants up to `now_tick`. Without an accepted beat: no power.
    pub fn measure(series: &Series, now_tick: u64) -> Self {
        let power = power_spectrum(&windowed(&instants(series, now_tick)));
        let at = |bin: usize| power.get(bin).copied().unwrap_or(0);
        // At most three bins below 2^71 each, see `power_spectrum`: far inside u128, as is the thousandfold.
        let around = |bin: usize| {
            [bin.saturating_sub(1), bin, bin.saturating_add(1)].map(at).into_iter().sum::<u128>()
        };

        let (first, last) = PEAK_BINS;
        let peak = (first..=last).fold(first, |best, bin| if at(bin) > at(best) { bin } else { best });
        let total: u128 = (POWER_BINS.0..=POWER_BINS.1).map(at).sum();
        let share = around(peak).saturating_mul(1000).checked_div(total).unwrap_or(0);
        let peak_mhz = u32::try_from(peak).unwrap_or(u32::MAX).saturating_mul(1000);
        Self {
            peak_mhz: peak_mhz.checked_div(SPECTRUM_SECONDS).unwrap_or(0),
            // A part of the whole: at most 1000.
            permille: u32::try_from(share).unwrap_or(1000),
        }
    }

    /// Focus points 0..=100 from the rhythm alone.
    pub fn focus(&self) -> u8 {
        FOCUS_OF_COHERENCE.at(self.permille)
    }
}

/// The interval, times 16, at each of the 128 instants `now − (127 − i)·512`.
fn instants(series: &Series, now_tick: u64) -> Vec<i64> {
    let beats: Vec<Beat> = series.accepted().collect();
    let ages = (0..POINTS).rev().map(|steps| u64::try_from(steps).unwrap_or(0).saturating_mul(INSTANT_TICKS));
    // Instants before tick 0 fall on it: before the first beat the value is held anyway.
    ages.map(|age| interval_at(&beats, now_tick.saturating_sub(age))).collect()
}

/// Linear between the ends of the beats around `tick`, held outside them; the slope's magnitude is rounded down.
fn interval_at(beats: &[Beat], tick: u64) -> i64 {
    let scaled = |rr: u16| u64::from(rr).saturating_mul(VALUE_SCALE);
    let (before, after) =
        beats.split_at_checked(beats.partition_point(|beat| beat.end_tick <= tick)).unwrap_or_default();
    let value = match (before.last(), after.first()) {
        (Some(left), Some(right)) => {
            let along = tick.saturating_sub(left.end_tick);
            let span = right.end_tick.saturating_sub(left.end_tick);
            let rise = u128::from(scaled(left.rr.abs_diff(right.rr))).saturating_mul(along.into());
            let step = rise.checked_div(span.into()).and_then(|step| u64::try_from(step).ok()).unwrap_or(0);
            if right.rr >= left.rr {
                scaled(left.rr).saturating_add(step)
            } else {
                scaled(left.rr).saturating_sub(step)
            }
        }
        (Some(held), None) | (None, Some(held)) => scaled(held.rr),
        (None, None) => 0,
    };
    i64::try_from(value).unwrap_or(0)
}

/// Mean removed, Hann applied: `(x − Σ//128)·((16384 − cos)//2)`.
// Values are below 2^16 · 2^4 = 2^20, so sums stay below 2^27 and products with the window (0..=2^14) below 2^34.
#[allow(clippy::arithmetic_side_effects)]
fn windowed(values: &[i64]) -> Vec<i64> {
    let mean = values.iter().sum::<i64>() / 128;
    values.iter().zip(COS_Q14).map(|(value, cos)| (value - mean) * ((ONE_Q14 - i64::from(cos)) / 2)).collect()
}

/// `P[0..=26]`, with P[0] left at 0: nothing reads it.
// Windowed values are below 2^34, so 128 products with the cosine stay below 2^34 · 2^14 · 2^7 = 2^55; shifted and
// squared they are below 2^70, and two of them below 2^71. Indices of the table are taken modulo its length.
#[allow(clippy::arithmetic_side_effects)]
fn power_spectrum(windowed: &[i64]) -> Vec<u128> {
    let project = |bin: usize, shift: usize| {
        let cos = |i: usize| COS_Q14.get((bin * i + shift) % POINTS).copied().map_or(0, i64::from);
        let sum: i64 = windowed.iter().enumerate().map(|(i, value)| value * cos(i)).sum();
        u128::from(sum.unsigned_abs() >> POWER_SHIFT)
    };
    let power = |bin| project(bin, 0).pow(2) + project(bin, QUARTER_SHIFT).pow(2);
    std::iter::once(0).chain((POWER_BINS.0..=POWER_BINS.1).map(power)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interpolates_with_floored_slopes_and_holds_the_ends() {
        let beats = [
            Beat { end_tick: 100, rr: 1000 },
            Beat { end_tick: 103, rr: 1001 },
            Beat { end_tick: 106, rr: 1000 },
        ];
        let at = |tick| interval_at(&beats, tick) - 16_000;
        assert_eq!([0, 100, 101, 102, 103, 104, 105, 106, 999].map(at), [0, 0, 5, 10, 16, 11, 6, 0, 0]);
        assert_eq!(interval_at(&[], 5), 0);
    }

    #[test]
    fn a_constant_has_no_power() {
        assert!(power_spectrum(&windowed(&[16_000; 128])).iter().all(|power| *power == 0));
    }
}
