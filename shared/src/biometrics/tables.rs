//! Every constant of "biometrics features v1", in one place: the number behind each step and the tables.
//!
//! [`algo_id`](super::algo_id) hashes exactly these values, so a change here is a new algorithm and must raise
//! [`VERSION`].

use super::fixed::Piecewise;

/// Version of formulas and constants.
pub const VERSION: u16 = 1;
/// Ticks in a second: the unit of RR intervals in the Bluetooth heart-rate profile.
pub const TICKS_PER_SECOND: u64 = 1024;
/// Length of a window: 120 s. Two minutes are the least that short-term HRV is commonly read from (Task Force 1996
/// recommends five; a chain that scores a round each 30 s cannot wait for five).
pub const WINDOW_TICKS: u64 = 120 * TICKS_PER_SECOND;
/// Distance between the ends of successive windows: 30 s, the length of an epoch.
pub const SLIDE_TICKS: u64 = 30 * TICKS_PER_SECOND;

/// Step 1: the fewest accepted beats of a window that is scored.
pub const MIN_BEATS: u32 = 40;
/// Step 1: the least time between the ends of the first and last accepted beat, 60 s.
pub const MIN_SPAN_TICKS: u64 = 60 * TICKS_PER_SECOND;
/// Step 1: the shortest plausible interval, 0.3 s (200 bpm).
pub const MIN_RR: u16 = 307;
/// Step 1: the longest plausible interval, 2 s (30 bpm).
pub const MAX_RR: u16 = 2048;
/// Step 1: an inner interval may differ from its neighbours' mean by at most one part in this many (20 %).
pub const NEIGHBOUR_PARTS: u32 = 5;
/// Step 1: the least quality of a proof, ‰ of accepted beats.
pub const MIN_QUALITY: u32 = 800;

/// Step 2: successive differences above this count for NN50, in thousandths of a tick (50 ms).
pub const NN50_MILLITICKS: u32 = 51_200;

/// Step 3: the histogram's bin is `rr · 5 // 256`, 50 ms (Baevsky).
pub const BIN: (u64, u64) = (5, 256);
/// Step 3: `100² · 100 · 1024 · 20`: the square of the factor, per cent, ticks in a second and
/// 1/(2·0.025 s) for Baevsky's `2·mode` with the mode in the middle of a 50 ms bin, so that the root is 100·√SI.
pub const SSI_SCALE: u64 = 20_480_000_000;
/// Step 3: the index of a series without any variation.
pub const SSI_CONSTANT: u32 = 10_000;

/// Step 4: 100·√SI to stress points.
pub const STRESS_OF_SSI: Piecewise =
    Piecewise::new(&[(0, 0), (710, 25), (1220, 50), (2240, 75), (3000, 90), (5000, 100)]);
/// Step 4: log2 (Q16) of RMSSD in 0.01 ms to stress points: 10 ms to 100, 150 ms (to four decimals of log2) to 0.
pub const STRESS_OF_LOG_RMSSD: Piecewise = Piecewise::new(&[(653_117, 100), (909_161, 0)]);

/// Step 5: instants in the spectrum.
pub const POINTS: usize = 128;
/// Step 5: ticks between instants: 0.5 s, so bin k is k/64 Hz.
pub const INSTANT_TICKS: u64 = 512;
/// Step 5: factor of the interpolated values, to keep a fraction.
pub const VALUE_SCALE: u64 = 16;
/// Step 5: the cosine's 1, Q14.
pub const ONE_Q14: i64 = 16_384;
/// Step 5: the sine is the cosine this many points on (three quarters of a turn).
pub const QUARTER_SHIFT: usize = 96;
/// Step 5: bits dropped from a Fourier coefficient's magnitude before squaring.
pub const POWER_SHIFT: u32 = 20;
/// Step 5: bins among which the peak is looked for: 0.047 to 0.25 Hz.
pub const PEAK_BINS: (usize, usize) = (3, 16);
/// Step 5: bins of the whole power: 0.016 to 0.41 Hz.
pub const POWER_BINS: (usize, usize) = (1, 26);
/// Step 5: coherence in ‰ to focus points.
pub const FOCUS_OF_COHERENCE: Piecewise = Piecewise::new(&[(250, 0), (900, 100)]);

/// Step 5: response speed in mHz (1/RT) to points: 0.5 s to 0, 0.2 s to 100.
pub const POINTS_OF_SPEED: Piecewise = Piecewise::new(&[(2_000, 0), (5_000, 100)]);
/// Step 5: a response slower than this is a lapse (brief PVT), ms.
pub const LAPSE_MS: u16 = 355;
/// Step 5: points that a lapse costs.
pub const LAPSE_POINTS: u32 = 5;
/// Step 5: a response faster than this is a false start (PVT) and is left out, ms.
pub const FALSE_START_MS: u16 = 100;

/// Step 5: the fewest valid responses of a task (below it one lucky press decides the mean) and the most responses
/// (one a second, the task's shortest interval between stimuli, for 120 s).
pub const RESPONSES: (usize, usize) = (10, 120);

/// Step 6: quality ‰ to points.
pub const AUTH_OF_QUALITY: Piecewise = Piecewise::new(&[(800, 0), (980, 20)]);
/// Step 6: distinct values ‰ to points.
pub const AUTH_OF_DISTINCT: Piecewise = Piecewise::new(&[(100, 0), (350, 20)]);
/// Step 6: RMSSD of living rhythms, 0.01 ms, both ends included.
pub const RMSSD_RANGE: (u32, u32) = (500, 30_000);
/// Step 6: points for an RMSSD in [`RMSSD_RANGE`].
pub const RMSSD_POINTS: u8 = 20;
/// Step 6: SDNN/RMSSD ‰ to points.
pub const AUTH_OF_RATIO: Piecewise = Piecewise::new(&[(700, 0), (800, 15)]);
/// Step 6: how far ΣRR may stray from the wall clock, percent.
pub const CLOCK_PERCENT: u64 = 2;
/// Step 6: points for agreeing with the wall clock.
pub const CLOCK_POINTS: u8 = 15;
/// Step 6: how far the device's heart rate may stray from the intervals', percent.
pub const HR_PERCENT: u64 = 5;
/// Step 6: points for that agreement.
pub const HR_POINTS: u8 = 10;

/// Step 7: weights of authenticity, focus and calm (100 − stress), basis points a point.
pub const WEIGHTS: [u16; 3] = [40, 30, 30];
/// Step 7: the least authenticity of a proof.
pub const MIN_AUTHENTICITY: u8 = 70;
/// Step 7: heart rates of a proof, hundredths of a beat a minute, both ends included.
pub const HR_RANGE_CBPM: (u32, u32) = (3_000, 22_000);

/// `round(16384·cos(2πk/128))`.
#[rustfmt::skip]
pub const COS_Q14: [i16; POINTS] = [
    16384, 16364, 16305, 16207, 16069, 15893, 15679, 15426,
    15137, 14811, 14449, 14053, 13623, 13160, 12665, 12140,
    11585, 11003, 10394, 9760, 9102, 8423, 7723, 7005,
    6270, 5520, 4756, 3981, 3196, 2404, 1606, 804,
    0, -804, -1606, -2404, -3196, -3981, -4756, -5520,
    -6270, -7005, -7723, -8423, -9102, -9760, -10394, -11003,
    -11585, -12140, -12665, -13160, -13623, -14053, -14449, -14811,
    -15137, -15426, -15679, -15893, -16069, -16207, -16305, -16364,
    -16384, -16364, -16305, -16207, -16069, -15893, -15679, -15426,
    -15137, -14811, -14449, -14053, -13623, -13160, -12665, -12140,
    -11585, -11003, -10394, -9760, -9102, -8423, -7723, -7005,
    -6270, -5520, -4756, -3981, -3196, -2404, -1606, -804,
    0, 804, 1606, 2404, 3196, 3981, 4756, 5520,
    6270, 7005, 7723, 8423, 9102, 9760, 10394, 11003,
    11585, 12140, 12665, 13160, 13623, 14053, 14449, 14811,
    15137, 15426, 15679, 15893, 16069, 16207, 16305, 16364,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cosine_table_is_the_rounded_cosine() {
        for (k, value) in COS_Q14.iter().enumerate() {
            let angle = std::f64::consts::TAU * k as f64 / POINTS as f64;
            assert_eq!(f64::from(*value), (16_384.0 * angle.cos()).round() + 0.0, "{k}");
        }
    }

    #[test]
    fn knots_rise_strictly() {
        let maps = [
            STRESS_OF_SSI,
            STRESS_OF_LOG_RMSSD,
            FOCUS_OF_COHERENCE,
            POINTS_OF_SPEED,
            AUTH_OF_QUALITY,
            AUTH_OF_DISTINCT,
            AUTH_OF_RATIO,
        ];
        for map in maps {
            assert!(map.knots().windows(2).all(|pair| pair[0].0 < pair[1].0), "{map:?}");
        }
    }
}
