//! A synthetic recording: at first below the gate, then far above. It stands in for nobody.

use std::io::Write;

use emotionalchain_shared::biometrics::{
    DeviceTier, Features, Recording, References, SourceContext, tables::SLIDE_TICKS,
};
use tempfile::NamedTempFile;

/// Windows end every 30 s; the first four that are judged lie in the low part.
const LOW_S: u64 = 420;
const HIGH_S: u64 = 3_600;

/// Writes the recording and makes sure that it is what the test needs.
pub fn low_then_high() -> NamedTempFile {
    let csv = generate();
    let recording = Recording::parse(&csv).unwrap();
    let context =
        SourceContext { tier: DeviceTier::SIMULATED, references: References::GRANTED, reactions: None };
    let score = |slide: u64| {
        let features =
            Features::compute(&recording.window_looped(slide * SLIDE_TICKS).unwrap(), &context).unwrap();
        assert!(features.is_eligible(), "window {slide}: {features:?}");
        features.score.get()
    };
    for slide in 4..14 {
        assert!(score(slide) < 4_200, "window {slide} scores {}", score(slide));
    }
    for slide in 20..100 {
        assert!(score(slide) > 5_400, "window {slide} scores {}", score(slide));
    }
    let mut file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
    file.write_all(csv.as_bytes()).unwrap();
    file
}

fn generate() -> String {
    let mut csv = String::from("i,rr_1024\n");
    let (mut ticks, mut index, mut state) = (0_u64, 0_u64, 1_u64);
    let mut noise = |amplitude: i64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as i64 % (2 * amplitude + 1) - amplitude
    };
    while ticks < (LOW_S + HIGH_S) * 1024 {
        let seconds = ticks as f64 / 1024.0;
        let wave = |hertz: f64| (seconds * hertz * std::f64::consts::TAU).sin();
        let rr = if ticks < LOW_S * 1024 {
            // Fast, hardly varying, without rhythm: stress high, focus none.
            500 + (wave(0.005) * 12.0) as i64 + noise(9)
        } else {
            // Slow breathing at 0.1 Hz: a strong rhythm.
            880 + (wave(0.1) * 90.0) as i64 + noise(6)
        };
        csv.push_str(&format!("{index},{rr}\n"));
        ticks += rr.unsigned_abs();
        index += 1;
    }
    csv
}
