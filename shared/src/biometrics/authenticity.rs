//! Signal plausibility: "biometrics features v1", step 6.
//!
//! Authenticity tells whether the numbers look like those of a working sensor, nothing more: noise, a sine or a
//! simulator pass (`shared/tests/biometrics_forgery.rs`). It is the sum of points for quality, distinct values, an
//! RMSSD in the living range, SDNN over RMSSD, agreement with the wall clock and with the device's own heart rate,
//! and at most what the device's enrolment is worth.

use super::{
    hrv::Hrv,
    tables::{
        AUTH_OF_DISTINCT, AUTH_OF_QUALITY, AUTH_OF_RATIO, CLOCK_PERCENT, CLOCK_POINTS, HR_PERCENT, HR_POINTS,
        RMSSD_POINTS, RMSSD_RANGE,
    },
};

/// The most authenticity that a device's enrolment allows, 0..=100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceTier(u8);

impl DeviceTier {
    /// A bare key.
    pub const BARE_KEY: Self = Self(70);
    /// A key with a self-made attestation (WebAuthn `none` or packed self).
    pub const SELF_ATTESTED: Self = Self(80);
    /// A replayed recording, on development chains only.
    pub const SIMULATED: Self = Self(80);
    /// Attested by a known authenticator: reserved, it needs certificate chains in consensus.
    pub const ATTESTED: Self = Self(100);

    /// Checks the range.
    pub const fn new(points: u8) -> Option<Self> {
        if points <= 100 { Some(Self(points)) } else { None }
    }

    /// The points.
    pub const fn get(self) -> u8 {
        self.0
    }
}

/// Something to hold the intervals against.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reference<T> {
    /// The source has none: no points.
    #[default]
    Absent,
    /// Granted, because the source is a recording, which carries neither a clock nor a device's heart rate.
    Granted,
    /// Measured beside the intervals.
    Measured(T),
}

/// What is held against the intervals of a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct References {
    /// The host's clock from the start of the window's first interval to the end of its last, ticks of 1/1024 s.
    pub wall_clock_ticks: Reference<u64>,
    /// The device's own heart-rate field averaged over the window, hundredths of a beat a minute.
    pub device_hr_cbpm: Reference<u32>,
}

impl References {
    /// Those of a recording: both granted.
    pub const GRANTED: Self =
        Self { wall_clock_ticks: Reference::Granted, device_hr_cbpm: Reference::Granted };
}

/// Authenticity points 0..=100 of a series with `quality` ‰ whose intervals add up to `total_ticks`, accepted or not.
pub fn authenticity(
    quality: u32,
    hrv: &Hrv,
    total_ticks: u64,
    references: &References,
    tier: DeviceTier,
) -> u8 {
    let rmssd_lives = (RMSSD_RANGE.0..=RMSSD_RANGE.1).contains(&hrv.rmssd_cms);
    let on_time = agrees(references.wall_clock_ticks, total_ticks, CLOCK_PERCENT);
    let hr_agrees = agrees(references.device_hr_cbpm, hrv.hr_cbpm.into(), HR_PERCENT);
    [
        AUTH_OF_QUALITY.at(quality),
        AUTH_OF_DISTINCT.at(hrv.distinct_permille),
        if rmssd_lives { RMSSD_POINTS } else { 0 },
        AUTH_OF_RATIO.at(hrv.ratio_permille()),
        if on_time { CLOCK_POINTS } else { 0 },
        if hr_agrees { HR_POINTS } else { 0 },
    ]
    .into_iter()
    .fold(0, u8::saturating_add)
    .min(tier.get())
}

/// Whether `value` lies within `percent` of its reference.
fn agrees<T: Into<u64>>(reference: Reference<T>, value: u64, percent: u64) -> bool {
    match reference {
        Reference::Absent => false,
        Reference::Granted => true,
        Reference::Measured(expected) => {
            let expected = u128::from(expected.into());
            let apart = u128::from(value).abs_diff(expected);
            // Two u64 times at most 100: no saturation.
            apart.saturating_mul(100) <= expected.saturating_mul(percent.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIVING: Hrv = Hrv {
        count: 120,
        hr_cbpm: 6_000,
        rmssd_cms: 3_000,
        sdnn_cms: 4_000,
        nn50: 1,
        pairs: 119,
        distinct_permille: 600,
    };

    #[test]
    fn every_part_has_its_points() {
        let of = |quality, hrv: &Hrv, references: &References| {
            authenticity(quality, hrv, 122_880, references, DeviceTier::ATTESTED)
        };
        assert_eq!(of(1000, &LIVING, &References::GRANTED), 100);
        assert_eq!(of(1000, &LIVING, &References::default()), 75);
        assert_eq!(of(800, &LIVING, &References::GRANTED), 80);
        assert_eq!(of(1000, &Hrv { distinct_permille: 100, ..LIVING }, &References::GRANTED), 80);
        assert_eq!(of(1000, &Hrv { rmssd_cms: 499, sdnn_cms: 499, ..LIVING }, &References::GRANTED), 80);
        assert_eq!(of(1000, &Hrv { sdnn_cms: 2_100, ..LIVING }, &References::GRANTED), 85);
        let clock =
            |ticks| References { wall_clock_ticks: Reference::Measured(ticks), ..References::GRANTED };
        // 122,880 is within 2 % of 120,471 to 125,387.
        for (ticks, points) in [(120_470, 85), (120_471, 100), (125_387, 100), (125_388, 85), (0, 85)] {
            assert_eq!(of(1000, &LIVING, &clock(ticks)), points, "{ticks}");
        }
        let hr = |cbpm| References { device_hr_cbpm: Reference::Measured(cbpm), ..References::GRANTED };
        assert_eq!((of(1000, &LIVING, &hr(6_300)), of(1000, &LIVING, &hr(6_400))), (100, 90));
    }

    #[test]
    fn never_above_the_tier() {
        for tier in [DeviceTier::BARE_KEY, DeviceTier::SELF_ATTESTED, DeviceTier::ATTESTED] {
            assert_eq!(authenticity(1000, &LIVING, 1, &References::GRANTED, tier), tier.get());
        }
        assert_eq!(DeviceTier::new(101), None);
    }
}
