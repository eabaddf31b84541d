//! The heart-rate payload of a Bluetooth strap: bytes from a device that nobody vouches for.

#![no_main]

use emotionalchain_shared::biometrics::HeartRateMeasurement;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|payload: &[u8]| {
    if let Ok(measurement) = HeartRateMeasurement::parse(payload) {
        // Every interval takes two bytes: more of them than that were made up.
        assert!(measurement.rr.len() <= payload.len() / 2);
        assert!(measurement.rr.iter().all(|ticks| *ticks != 0));
        let _ = measurement.is_plausible();
    }
});
