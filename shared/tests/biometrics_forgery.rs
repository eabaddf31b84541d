//! What a forger can do: a regression test that documents a limit, not a defence.
//!
//! Statistics refuse a constant rhythm and pass everything that varies: noise, a sine, shuffled beats of a real
//! person, a simulator. Scores with the tier at 100, from the fixed seeds below:
//!
//! | forgery | authenticity | score |
//! |---|---|---|
//! | constant RR | 45 | refused |
//! | Gaussian noise | 85 to 97 | 5080 to 6790 |
//! | 0.1 Hz sine | 100 | 8170 |
//! | shuffled real beats | 84 to 96 | 5010 to 6070 |
//! | simulator with a bimodal spectrum | 91 to 100 | 6550 to 9130; 8860 at authenticity 100, the best real window has 8260 |

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)] // a panic is a failed test

use std::f64::consts::TAU;

use emotionalchain_shared::biometrics::{
    Beat, DeviceTier, Features, OpenStatement, Recording, References, SourceContext, StatementError, Window,
    tables::SLIDE_TICKS,
};

const GOLDEN: &str = include_str!("../../tests/data/golden_features.csv");
const REAL: &str = include_str!("../../tests/data/rr/plux_ecg_5min.csv");
const TICKS: f64 = 1024.0;

/// SplitMix64 with the distributions that the forgeries need.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// In (0, 1].
    fn unit(&mut self) -> f64 {
        ((self.next() >> 11) + 1) as f64 / (1_u64 << 53) as f64
    }

    fn gaussian(&mut self) -> f64 {
        (-2.0 * self.unit().ln()).sqrt() * (TAU * self.unit()).cos()
    }
}

/// Beats over 150 s, each interval (in seconds) as `rr_at` gives it for the time reached.
fn rhythm(mut rr_at: impl FnMut(f64) -> f64) -> Vec<Beat> {
    let mut seconds = 0.0;
    let intervals = std::iter::from_fn(|| {
        let rr = rr_at(seconds);
        seconds += rr;
        (seconds < 150.0).then_some((rr * TICKS).round() as u16)
    });
    Beat::sequence(intervals).collect()
}

/// A tachogram as ECGSYN makes it (McSharry 2003): two Gaussian peaks of power, at 0.1 Hz (Mayer waves) and 0.25 Hz
/// (breathing), LF/HF 0.5, random phases, mean 60 bpm, standard deviation 1 bpm times `spread`.
fn simulator(seed: u64, spread: f64) -> Vec<Beat> {
    let mut random = Random(seed);
    let step = 1.0 / 256.0;
    let power = |f: f64, centre: f64| (-((f - centre) / 0.01).powi(2) / 2.0).exp();
    let waves: Vec<(f64, f64, f64)> = (1..=128)
        .map(|k| f64::from(k) * step)
        .map(|f| (f, (0.5 * power(f, 0.1) + power(f, 0.25)).sqrt(), TAU * random.unit()))
        .collect();
    let variance: f64 = waves.iter().map(|(_, amplitude, _)| amplitude * amplitude / 2.0).sum();
    rhythm(|t| {
        let sum: f64 =
            waves.iter().map(|(f, amplitude, phase)| amplitude * (TAU * f * t + phase).cos()).sum();
        1.0 + spread / 60.0 * sum / variance.sqrt()
    })
}

fn features(beats: &[Beat]) -> Features {
    let window = Window::ending_at(beats, 4 * SLIDE_TICKS).unwrap();
    let context =
        SourceContext { tier: DeviceTier::ATTESTED, references: References::GRANTED, reactions: None };
    Features::compute(&window, &context).unwrap()
}

/// A forgery that passes every gate.
fn passes(name: &str, beats: &[Beat]) -> Features {
    let features = features(beats);
    println!("{name}: authenticity {}, score {}", features.authenticity, features.score.get());
    assert!(features.is_eligible(), "{name}: {features:?}");
    assert!(OpenStatement::from_features(&features).is_ok(), "{name}");
    features
}

#[test]
fn constant_rhythm_is_refused() {
    let features = features(&rhythm(|_| 0.8));
    assert_eq!(features.authenticity, 45);
    assert!(!features.is_eligible());
    let refused = OpenStatement::from_features(&features);
    assert_eq!(refused, Err(StatementError::Authenticity(45)));
}

#[test]
fn gaussian_noise_passes() {
    for seed in 0..20 {
        let mut random = Random(seed);
        let forged = passes("noise", &rhythm(|_| 0.8 + 0.04 * random.gaussian()));
        assert!((80..=100).contains(&forged.authenticity) && (5_000..=7_500).contains(&forged.score.get()));
    }
}

#[test]
fn sine_passes() {
    let forged = passes("sine", &rhythm(|t| 0.85 + 0.06 * (TAU * 0.1 * t).sin()));
    assert!(forged.authenticity == 100 && forged.score.get() > 8_000);
}

#[test]
fn shuffled_beats_of_a_person_pass() {
    for seed in 0..20 {
        let mut random = Random(seed);
        let mut intervals: Vec<u16> =
            Recording::parse(REAL).unwrap().beats().iter().map(|beat| beat.rr).collect();
        for last in (1..intervals.len()).rev() {
            intervals.swap(last, (random.next() % (last as u64 + 1)) as usize);
        }
        let forged = passes("shuffled", &Beat::sequence(intervals).collect::<Vec<_>>());
        assert!((80..=100).contains(&forged.authenticity) && (5_000..=7_500).contains(&forged.score.get()));
    }
}

#[test]
fn simulator_beats_every_real_recording() {
    let score = |row: &str| row.split(',').nth(17).unwrap().parse::<u16>().unwrap();
    let best_real = GOLDEN.lines().skip(1).map(score).max().unwrap();
    let forged = (0..20).map(|seed| passes("simulator", &simulator(seed, 4.0)));
    let flawless = forged.filter(|features| features.authenticity == 100);
    let best = flawless.max_by_key(|features| features.score).unwrap();
    assert!(best.score.get() > best_real, "{} against {best_real}", best.score.get());
}
