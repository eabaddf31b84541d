//! Biometric proofs from devices and emotional votes from validators.

#![no_main]

use emotionalchain_shared::{
    chain::{AuthenticityProof, BiometricProof, EmotionalVote},
    wire::Wire,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    strict::<EmotionalVote>(bytes);
    strict::<BiometricProof>(bytes);
    strict::<AuthenticityProof>(bytes);
});

/// Signed and hashed documents have one encoding: what decodes is what it encodes to.
fn strict<T: Wire>(bytes: &[u8]) {
    if let Ok(value) = T::decode(bytes) {
        assert!(value.encode() == bytes, "{} has two encodings", T::NAME);
    }
}
