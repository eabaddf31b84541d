//! Integer stand-ins for the real-valued functions of the formulas: piecewise linear maps and log2.

/// A piecewise linear map from a measured value to points, clamped outside its first and last knot.
///
/// Between two knots it is `y0 + (y1−y0)·(x−x0) // (x1−x0)` when rising and `y0 − (y0−y1)·(x−x0) // (x1−x0)` when
/// falling: the *magnitude* of the step is rounded down, so no negative number is ever divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piecewise {
    /// `(x, y)` with strictly rising x.
    knots: &'static [(u32, u8)],
}

impl Piecewise {
    /// A map through knots whose x rise strictly.
    pub const fn new(knots: &'static [(u32, u8)]) -> Self {
        Self { knots }
    }

    /// The knots.
    pub const fn knots(&self) -> &'static [(u32, u8)] {
        self.knots
    }

    /// The points for `x`; 0 for a map without knots.
    pub fn at(&self, x: u32) -> u8 {
        let mut left = None;
        for &right in self.knots {
            if x < right.0 {
                return left.map_or(right.1, |left| interpolate(left, right, x));
            }
            left = Some(right);
        }
        left.map_or(0, |(_, y)| y)
    }
}

/// The value at `x`, where `left.0 ≤ x < right.0`.
fn interpolate(left: (u32, u8), right: (u32, u8), x: u32) -> u8 {
    let ((x0, y0), (x1, y1)) = (left, right);
    let (along, span) = (u64::from(x.saturating_sub(x0)), u64::from(x1.saturating_sub(x0)));
    let step = u64::from(y0.abs_diff(y1)).saturating_mul(along).checked_div(span).unwrap_or(0);
    // At most the difference of two u8, because x lies between the knots.
    let step = u8::try_from(step).unwrap_or(u8::MAX);
    if y1 >= y0 { y0.saturating_add(step) } else { y0.saturating_sub(step) }
}

/// log2(x)·65536, rounded down, by repeated squaring of a Q31 mantissa, one result bit a step; 0 counts as 1.
///
/// The mantissa is cut, not rounded, after each squaring, so the last bit may be one too low: this is part of the
/// definition, and every platform gives the same bits.
// Whole is at most 31, so the shifts stay inside u64; the mantissa is below 2^32, so its square is below 2^64; the
// result is below 32·65536.
#[allow(clippy::arithmetic_side_effects)]
pub fn log2_q16(x: u32) -> u32 {
    let Some(whole) = x.checked_ilog2() else { return 0 };
    let mut mantissa = u64::from(x) << (31 - whole);
    let mut result = whole;
    for _ in 0..16 {
        mantissa = (mantissa * mantissa) >> 31;
        result <<= 1;
        if mantissa >= 1 << 32 {
            mantissa >>= 1;
            result |= 1;
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAP: Piecewise = Piecewise::new(&[(10, 0), (20, 100), (30, 0)]);

    #[test]
    fn piecewise_floors_the_step_on_both_slopes() {
        let points =
            [(0, 0), (10, 0), (11, 10), (19, 90), (20, 100), (21, 90), (29, 10), (30, 0), (u32::MAX, 0)];
        for (x, y) in points {
            assert_eq!(MAP.at(x), y, "{x}");
        }
        let thirds = Piecewise::new(&[(0, 0), (3, 1), (6, 0)]);
        assert_eq!([0, 1, 2, 3, 4, 5, 6].map(|x| thirds.at(x)), [0, 0, 0, 1, 1, 1, 0]);
        assert_eq!(Piecewise::new(&[]).at(5), 0);
    }

    #[test]
    fn log2_agrees_with_the_real_one() {
        assert_eq!((log2_q16(0), log2_q16(1), log2_q16(2)), (0, 0, 65_536));
        assert_eq!((log2_q16(1_000), log2_q16(15_000)), (653_117, 909_159));
        for x in 1..100_000_u32 {
            let below = f64::from(x).log2() * 65_536.0 - f64::from(log2_q16(x));
            assert!((-1e-6..1.001).contains(&below), "{x}: {below}");
        }
        assert_eq!(log2_q16(u32::MAX), 32 * 65_536 - 1);
    }
}
