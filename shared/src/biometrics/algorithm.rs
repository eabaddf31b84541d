//! The name of the algorithm that a score was computed with.

use super::{fixed::Piecewise, tables::*};
use crate::primitives::{Hash, hash_bytes};

/// First bytes of what is hashed.
const DOMAIN: &[u8] = b"emotionalchain/v1 biometric features";

/// SHA-256 over version, constants and tables as they are compiled in: what every proof carries.
///
/// Hashed is: domain ‖ version (u16) ‖ each constant and each table of [`super::tables`] in their order there, as a
/// count (u16) and that many values (i64), all big endian. A verifier that knows another id refuses the proof.
pub fn algo_id() -> Hash {
    let mut bytes = DOMAIN.to_vec();
    bytes.extend_from_slice(&VERSION.to_be_bytes());
    for values in constants() {
        // Tables have at most 128 entries.
        bytes.extend_from_slice(&u16::try_from(values.len()).unwrap_or(u16::MAX).to_be_bytes());
        for value in values {
            bytes.extend_from_slice(&value.to_be_bytes());
        }
    }
    hash_bytes(&bytes)
}

/// Every constant, in the order of [`super::tables`].
fn constants() -> Vec<Vec<i64>> {
    vec![
        row([TICKS_PER_SECOND, WINDOW_TICKS, SLIDE_TICKS]),
        row([u64::from(MIN_BEATS), MIN_SPAN_TICKS]),
        row([u32::from(MIN_RR), u32::from(MAX_RR), NEIGHBOUR_PARTS, MIN_QUALITY]),
        row([NN50_MILLITICKS]),
        row([BIN.0, BIN.1, SSI_SCALE, u64::from(SSI_CONSTANT)]),
        knots(&STRESS_OF_SSI),
        knots(&STRESS_OF_LOG_RMSSD),
        row([POINTS, QUARTER_SHIFT, PEAK_BINS.0, PEAK_BINS.1, POWER_BINS.0, POWER_BINS.1]),
        row([INSTANT_TICKS, VALUE_SCALE, u64::from(POWER_SHIFT)]),
        row([ONE_Q14]),
        knots(&FOCUS_OF_COHERENCE),
        knots(&POINTS_OF_SPEED),
        row([u32::from(LAPSE_MS), LAPSE_POINTS, u32::from(FALSE_START_MS)]),
        row([RESPONSES.0, RESPONSES.1]),
        knots(&AUTH_OF_QUALITY),
        knots(&AUTH_OF_DISTINCT),
        row([RMSSD_RANGE.0, RMSSD_RANGE.1, u32::from(RMSSD_POINTS)]),
        knots(&AUTH_OF_RATIO),
        row([CLOCK_PERCENT, u64::from(CLOCK_POINTS), HR_PERCENT, u64::from(HR_POINTS)]),
        row(WEIGHTS),
        row([u32::from(MIN_AUTHENTICITY), HR_RANGE_CBPM.0, HR_RANGE_CBPM.1]),
        row(COS_Q14),
    ]
}

/// Constants as i64; each is far inside the range.
fn row<T: TryInto<i64>, const N: usize>(values: [T; N]) -> Vec<i64> {
    values.into_iter().map(|value| value.try_into().unwrap_or(i64::MAX)).collect()
}

fn knots(map: &Piecewise) -> Vec<i64> {
    map.knots().iter().flat_map(|(x, y)| [i64::from(*x), i64::from(*y)]).collect()
}
