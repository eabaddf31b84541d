//! A recording: a CSV file from anywhere.

#![no_main]

use emotionalchain_shared::biometrics::{
    DeviceTier, Features, OpenStatement, Recording, References, SourceContext,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|csv: &str| {
    let Ok(recording) = Recording::parse(csv) else { return };
    let beats = recording.beats();
    assert!(!beats.is_empty() && beats.len() <= Recording::MAX_ROWS);
    assert!(beats.iter().zip(beats.iter().skip(1)).all(|(one, next)| one.end_tick < next.end_tick));
    // The whole way from a file to a statement.
    let Ok(window) = recording.window_looped(122_880) else { return };
    let context =
        SourceContext { tier: DeviceTier::SIMULATED, references: References::GRANTED, reactions: None };
    let Ok(features) = Features::compute(&window, &context) else { return };
    if let Ok(statement) = OpenStatement::from_features(&features) {
        assert!(statement.check(DeviceTier::SIMULATED.get()).is_ok());
    }
});
