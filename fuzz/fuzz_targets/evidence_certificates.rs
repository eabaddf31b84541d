//! Evidence and certificates: what convicts and what finalises.

#![no_main]

use emotionalchain_shared::{
    consensus::{CommitCertificate, Evidence, PolkaCertificate, RoundCertificate},
    wire::Wire,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    strict::<Evidence>(bytes);
    strict::<CommitCertificate>(bytes);
    strict::<PolkaCertificate>(bytes);
    strict::<RoundCertificate>(bytes);
});

/// Signed and hashed documents have one encoding: what decodes is what it encodes to.
fn strict<T: Wire>(bytes: &[u8]) {
    if let Ok(value) = T::decode(bytes) {
        assert!(value.encode() == bytes, "{} has two encodings", T::NAME);
    }
}
